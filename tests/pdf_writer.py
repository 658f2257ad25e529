"""PDF files for tests, written by hand: text at places, an outline, and anything a hostile file may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 595, 842


@dataclass(frozen=True)
class Text:
    """A line of text: where its baseline begins, its size in points, and whether it is bold."""

    text: str
    x: float
    y: float
    size: float = 10
    bold: bool = False


Page = Sequence[Text]
# A grey picture on the whole sheet, as a scanner makes it, and one of the size of a logo.
SCAN = f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q\n"
LOGO = f"q 60 0 0 30 72 {HEIGHT - 50} cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q\n"


def pdf(
    pages: Sequence[Page],
    outline: Sequence[tuple[str, int]] = (),
    rotate: int = 0,
    matrix: str = "1 0 0 1",
    drawn: Mapping[int, str] | None = None,
    **info: str,
) -> bytes:
    """A PDF file with these pages; ``outline`` gives titles with their pages from 0, ``drawn`` what is behind text."""
    objects = {1: "<< /Type /Catalog /Pages 2 0 R /Lang (en-GB)" + (" /Outlines 6 0 R" if outline else "") + " >>"}
    first = 10
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    objects[2] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"
    for number, font in ((3, "Helvetica"), (4, "Helvetica-Bold")):
        objects[number] = f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>"
    objects[5] = "<< " + " ".join(f"/{name} ({_escaped(value)})" for name, value in info.items()) + " >>"
    for number, page in enumerate(pages):
        content = (drawn or {}).get(number, "") + "".join(
            f"BT /F{int(line.bold)} {line.size} Tf {matrix} {line.x} {line.y} Tm ({_escaped(line.text)}) Tj ET\n"
            for line in page
        )
        objects[first + 2 * number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Rotate {rotate} "
            f"/Resources << /Font << /F0 3 0 R /F1 4 0 R >> >> /Contents {first + 2 * number + 1} 0 R >>"
        )
        objects[first + 2 * number + 1] = f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"
    if outline:
        entries = [1000 + place for place in range(len(outline))]
        objects[6] = f"<< /First {entries[0]} 0 R /Last {entries[-1]} 0 R /Count {len(entries)} >>"
        for place, (title, page_number) in enumerate(outline):
            following = f" /Next {entries[place + 1]} 0 R" if place + 1 < len(entries) else ""
            objects[entries[place]] = (
                f"<< /Title ({_escaped(title)}) /Parent 6 0 R{following} /Dest [{first + 2 * page_number} 0 R /Fit] >>"
            )
    return assembled(objects)


def assembled(objects: dict[int, str], trailer: str = "") -> bytes:
    """A file of these objects, with its table of where they are."""
    parts = [b"%PDF-1.7\n"]
    places = {}
    for number, body in objects.items():
        places[number] = sum(map(len, parts))
        parts.append(f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252"))
    start = sum(map(len, parts))
    parts.append(b"xref\n0 1\n0000000000 65535 f \n")
    for number, place in places.items():
        parts.append(f"{number} 1\n{place:010} 00000 n \n".encode())
    size = max(objects) + 1
    parts.append(f"trailer << /Size {size} /Root 1 0 R /Info 5 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode())
    return b"".join(parts)


def column(lines: Sequence[str], x: float, y: float, size: float = 10, pitch: float = 12) -> list[Text]:
    """Lines one below the other, the first at the height ``y``."""
    return [Text(line, x, y - pitch * number, size) for number, line in enumerate(lines)]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
