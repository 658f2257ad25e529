"""A page of a PDF as runs of characters with positions and type sizes.

Independent of lines, columns and articles (``pdf_layout``). Coordinates are points along the text's own direction and
upwards from it, so that rotated pages and tables are read like any other.
"""

from __future__ import annotations

import ctypes
import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pypdfium2
from pypdfium2 import raw

from healthsearch.readers.blocks import raised

# What PDFium gives where a word is broken at the end of a line.
_BROKEN_WORD = {0x02, 0xFFFE}
_BOLD = re.compile(r"bold|black|heavy|semibd", re.IGNORECASE)
_BOLD_WEIGHT = 600
# A super- or subscript is smaller than this share of its line's type, and is drawn within so many runs after its line.
_SMALL = 0.85
_REMEMBERED = 20
# No page is larger, in points; what is not a number is not smaller either.
_FARTHEST = 100_000


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive characters on one baseline with no gap wider than a word space."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class _Shown:
    """The text of one drawing command, or a part of it between spaces or line ends."""

    text: str
    space_before: bool
    turned: int
    left: float
    right: float
    baseline: float
    size: float
    bold: bool


def runs(page: pypdfium2.PdfPage) -> list[list[Run]]:
    """The page's runs in the order in which they are drawn; text turned by a quarter, half or three stands apart.

    The text that is upright on the screen comes first.
    """
    groups: list[list[_Shown]] = []
    for shown in _shown(page):
        if groups and _continues(groups[-1][-1], shown):
            groups[-1].append(shown)
        elif not (groups and _put_in_its_gap(groups[-_REMEMBERED:], shown)):
            groups.append([shown])
    found: dict[int, list[Run]] = {0: []}
    for pieces in groups:
        found.setdefault(pieces[0].turned, []).append(_run(pieces))
    return [found[turned] for turned in sorted(found)]


def _continues(last: _Shown, shown: _Shown) -> bool:
    size = max(last.size, shown.size)
    level = abs(shown.baseline - last.baseline) < size * 0.5
    return last.turned == shown.turned and level and -size < shown.left - last.right < size


def _put_in_its_gap(groups: list[list[_Shown]], shown: _Shown) -> bool:
    """Put a super- or subscript into the gap that its line has for it; some programs draw it after the line.

    Returns whether there is such a line.
    """
    for pieces in reversed(groups):
        main = pieces[0]
        small = shown.size < _SMALL * main.size and abs(shown.baseline - main.baseline) < 0.5 * main.size
        if main.turned != shown.turned or not small or not main.left < shown.left < pieces[-1].left:
            continue
        place = bisect_left(pieces, shown.left, key=lambda piece: piece.left)
        before, after = pieces[place - 1], pieces[place]
        give = 0.1 * main.size
        if before.right > shown.left + give or shown.right > after.left + give:
            continue
        space = 0.12 * main.size
        pieces[place] = replace(after, space_before=after.left - shown.right > space)
        pieces.insert(place, replace(shown, space_before=shown.left - before.right > space))
        return True
    return False


def _run(pieces: list[_Shown]) -> Run:
    sizes = Counter[float]()
    for piece in pieces:
        sizes[piece.size] += len(piece.text)
    size = max(sizes, key=lambda size: sizes[size])
    return Run(
        text=_joined(pieces),
        left=pieces[0].left,
        right=max(piece.right for piece in pieces),
        baseline=next(piece.baseline for piece in pieces if piece.size == size),
        size=size,
        bold=all(piece.bold for piece in pieces),
    )


def _joined(pieces: list[_Shown]) -> str:
    """The text of a run; raised figures that are drawn one by one are one number."""
    text = lifted = ""
    main = pieces[0]
    right: float | None = None
    for piece in pieces:
        # Beside a raised figure PDFium may see a space where there is none.
        touching = right is not None and piece.left - right < 0.1 * piece.size and piece.text[0] in ".,;:!?)"
        space = " " * (piece.space_before and not touching)
        is_up = stands_raised(main.baseline, main.size, piece.baseline, piece.size)
        if lifted and (space or not is_up):
            text += raised(text.rstrip(), lifted)
            lifted = ""
        text += space
        if is_up:
            lifted += piece.text
        else:
            main = piece
            text += piece.text
        right = piece.right
    return (text + raised(text.rstrip(), lifted)).strip()


def stands_raised(baseline: float, size: float, other_baseline: float, other_size: float) -> bool:
    """Whether the other is a superscript beside type with this baseline and size."""
    return other_size < _SMALL * size and other_baseline > baseline + 0.15 * size


def _shown(page: pypdfium2.PdfPage) -> Iterator[_Shown]:
    textpage = page.get_textpage()
    rotation = page.get_rotation() // 90
    try:
        for first, last, text, space_before in _commands(textpage):
            size, bold, turned = _type(textpage, first, rotation)
            left, _, baseline = _place(textpage, first, turned + rotation)
            _, right, _ = _place(textpage, last, turned + rotation)
            if all(abs(place) < _FARTHEST for place in (left, right, baseline, size)):
                yield _Shown(text, space_before, turned, left, right, baseline, size, bold)
    finally:
        textpage.close()


def _commands(textpage: pypdfium2.PdfTextPage) -> Iterator[tuple[int, int, str, bool]]:
    """For each drawing command: first and last character, text, and whether white space precedes it."""
    characters: list[str] = []
    first = last = owner = 0
    space = space_before = False
    for index in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(textpage, index)
        if (code <= 0x20 and code not in _BROKEN_WORD) or code == 0xA0:
            space = True
            continue
        pointer = raw.FPDFText_GetTextObject(textpage, index)
        drawn_by = ctypes.addressof(pointer.contents) if pointer else 0
        if characters and drawn_by == owner:
            characters.append(" " if space else "")
        else:
            if characters:
                yield first, last, "".join(characters), space_before
            characters, first, owner, space_before = [], index, drawn_by, space
        characters.append("-" if code in _BROKEN_WORD else _character(code))
        last, space = index, False
    if characters:
        yield first, last, "".join(characters), space_before


def _character(code: int) -> str:
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


def _type(textpage: pypdfium2.PdfTextPage, index: int, rotation: int) -> tuple[float, bool, int]:
    """Size in points, whether bold, and the rotation on screen in quarter turns."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(textpage, index, matrix)
    size = raw.FPDFText_GetFontSize(textpage, index) * (math.hypot(matrix.c, matrix.d) or 1.0)
    quarters = round(math.atan2(matrix.b, matrix.a) / (math.pi / 2))
    name = ctypes.create_string_buffer(256)
    raw.FPDFText_GetFontInfo(textpage, index, name, 256, ctypes.c_int())
    heavy = raw.FPDFText_GetFontWeight(textpage, index) >= _BOLD_WEIGHT
    return (
        max(round(size, 1), 0.1),
        heavy or bool(_BOLD.search(name.value.decode("utf-8", "replace"))),
        (quarters - rotation) % 4,
    )


def _place(textpage: pypdfium2.PdfTextPage, index: int, quarters: int) -> tuple[float, float, float]:
    """A character's left, right and baseline along the text's direction, for a rotation in quarter turns."""
    box = raw.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetLooseCharBox(textpage, index, box)
    raw.FPDFText_GetCharOrigin(textpage, index, x, y)
    match quarters % 4:
        case 0:
            return box.left, box.right, y.value
        case 1:
            return box.bottom, box.top, -x.value
        case 2:
            return -box.right, -box.left, -y.value
        case _:
            return -box.top, -box.bottom, x.value
