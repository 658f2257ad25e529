"""Files made to do harm, in the formats of documents: each is refused or survived with a clear line.

Each is read in a process of its own, which is given 10 seconds of the processor and 500 MB.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.alone import alone
from tests.formats import make
from tests.pdf_writer import Text, assembled, pdf

MOST_SECONDS, MOST_MEGABYTES = 10, 500
READ = """
from healthsearch.readers import outcomes
file = Path(sys.argv[1])
found = [str(outcome) if isinstance(outcome, Exception) else {"text": outcome.text[:2000]}
         for outcome in outcomes(file.read_bytes(), file.name)]
"""
BOMB = "<!DOCTYPE a [<!ENTITY l0 'lol'>" + "".join(
    f"<!ENTITY l{n + 1} '{f'&l{n};' * 10}'>" for n in range(10)
)  # fmt: skip


def changed(parts: dict[str, str], **others: str | None) -> bytes:
    """The package with one part changed, by the last bit of its name without its suffix, or left out."""
    kept = dict(parts)
    for wanted, text in others.items():
        [name] = [name for name in parts if Path(name).stem == wanted]
        del kept[name]
        if text is not None:
            kept[name] = text
    return make.package(kept)


def zipped(parts: dict[str, str], name: str, size: int) -> bytes:
    """The package with a part of this many bytes of white space before its end."""
    written = io.BytesIO(make.package({key: text for key, text in parts.items() if key != name}))
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as part:
        for _ in range(size // 1_000_000):
            part.write(b" " * 1_000_000)
        part.write(parts[name].encode())
    return written.getvalue()


def locked(data: bytes) -> bytes:
    """The zip file with every entry said to be encrypted."""
    changed = bytearray(data)
    for sign, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.find(sign)
        while at >= 0:
            changed[at + offset] |= 1
            at = data.find(sign, at + 4)
    return bytes(changed)


def looped_pdf(claimed: int) -> bytes:
    """Pages within pages within the first pages, and so on."""
    return assembled(
        {
            1: "<< /Type /Catalog /Pages 2 0 R >>",
            2: f"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count {claimed} >>",
            3: f"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 2 0 R] /Count {claimed} >>",
            5: "<< >>",
        }
    )


def encrypted_pdf() -> bytes:
    """A file that needs a password; its keys are made up."""
    key = "(" + "x" * 32 + ")"
    return assembled(
        {
            1: "<< /Type /Catalog /Pages 2 0 R >>",
            2: "<< /Type /Pages /Kids [] /Count 0 >>",
            5: "<< >>",
            7: f"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O {key} /U {key} >>",
        },
        trailer=f"/Encrypt 7 0 R /ID [{key} {key}]",
    )


def swelling_pdf() -> bytes:
    """A page whose content unpacks to 400 MB."""
    packer = zlib.compressobj(9)
    content = b"".join([packer.compress(b"q Q " * 250_000) for _ in range(400)] + [packer.flush()])
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 11 0 R >>"
    head = assembled(
        {
            1: "<< /Type /Catalog /Pages 2 0 R >>",
            2: "<< /Type /Pages /Kids [10 0 R] /Count 1 >>",
            5: "<< >>",
            10: page,
        }
    )
    stream = b"11 0 obj\n<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(content)
    return head.replace(b"xref\n", stream + content + b"\nendstream\nendobj\nxref\n", 1)


DOCX, ODT, EPUB = make.docx_parts(), make.odt_parts(), make.epub_parts()
JATS = make.jats()
OPENED = "the file is encrypted. Save a copy of it without a password."
AMPLIFIED = "the XML cannot be read (Maximum entity amplification factor exceeded"
EMPTY = "the file is empty. Save or download it again."
CUT = "the end of the file is missing. It may be incomplete: save or download it again."
OLD = "it is a document with a password, or of an old Word"
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "loop.pdf": (lambda: looped_pdf(20_000), "the PDF has no text; its pages are pictures."),
    "claims.pdf": (lambda: looped_pdf(1_000_000), "the PDF has more than 20,000 pages."),
    "encrypted.pdf": (encrypted_pdf, "the PDF needs a password. Save a copy of it without one."),
    "cut.pdf": (lambda: pdf([[Text("a", 9, 9)]])[:150], CUT),
    "swelling.pdf": (swelling_pdf, "the PDF unpacks to more than 30 MB."),
    "nonsense.pdf": (lambda: b"%PDF-1.7 nothing", "the file is not a PDF that can be opened."),
    "empty.pdf": (lambda: b"", EMPTY),
    "empty.docx": (lambda: b"", EMPTY),
    "empty.epub": (lambda: b"", EMPTY),
    "empty.zip": (lambda: b"", EMPTY),
    "empty.md.gz": (lambda: b"", EMPTY),
    "empty.html": (lambda: b"", EMPTY),
    "cut.zip": (lambda: make.package({"a.md": "Text."})[:-9], CUT),
    "cut.md.gz": (lambda: gzip.compress(b"Text that goes on.")[:-12], CUT),
    "macros.docx": (lambda: make.package({**DOCX, "word/vbaProject.bin": "Shell(1)"}), make.LAST),
    "part.docx": (lambda: changed(DOCX, document=None), "its part 'word/document.xml' is missing."),
    "styles.docx": (lambda: changed(DOCX, styles=None), "its part 'word/styles.xml' is missing."),
    "bomb.docx": (
        lambda: zipped(DOCX, "word/document.xml", 200_000_000),
        "its part 'word/document.xml' unpacks to more than 10 MB.",
    ),
    "bomb.odt": (
        lambda: zipped(ODT, "content.xml", 200_000_000),
        "its part 'content.xml' unpacks to more than 10 MB.",
    ),
    "bomb.epub": (
        lambda: zipped(EPUB, "OEBPS/text/first.xhtml", 200_000_000),
        "its part 'OEBPS/text/first.xhtml' unpacks to more than 10 MB.",
    ),
    "wide.docx": (
        lambda: changed(DOCX, document=DOCX["word/document.xml"].replace("<w:body>", "<w:body>" + "<a/>" * 2_400_000)),
        make.LAST,
    ),
    "locked.docx": (lambda: locked(make.docx()), OPENED),
    "locked.odt": (
        lambda: make.package({**ODT, "META-INF/manifest.xml": "<m><file-entry><encryption-data/></file-entry></m>"}),
        OPENED,
    ),
    "locked.epub": (
        lambda: make.package({**EPUB, "META-INF/encryption.xml": "<e><EncryptionMethod Algorithm='aes'/></e>"}),
        OPENED,
    ),
    "old.docx": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9,
        "it is a document with a password, or of an old Word",
    ),
    "text.docx": (lambda: b"Just text.", "the file is not DOCX."),
    "cut.docx": (lambda: make.docx()[: len(make.docx()) // 2], CUT),
    "broken.docx": (lambda: changed(DOCX, document="<w:document"), "the XML in 'word/document.xml' cannot be read ("),
    "nested.docx": (lambda: changed(DOCX, document="<p>" * 100_000), "the XML in 'word/document.xml' cannot be read ("),
    "traversal.epub": (
        lambda: changed(EPUB, book=EPUB["OEBPS/book.opf"].replace("text/first", "../../../etc/passwd")),
        "it refers to a file outside itself (../../../etc/passwd.xhtml).",
    ),
    "encoded.epub": (
        lambda: changed(EPUB, book=EPUB["OEBPS/book.opf"].replace("text/first", "%2e%2e/%2E./../first")),
        "it refers to a file outside itself",
    ),
    "entity.docx": (
        lambda: changed(DOCX, document=f"{BOMB}]><a>&l9;</a>"),
        "the XML in 'word/document.xml' cannot be read (Maximum entity amplification",
    ),
    "bomb.nxml": (lambda: f"{BOMB}]><article>&l9;</article>".encode(), AMPLIFIED),
    "attribute.xml": (lambda: f"{BOMB}]><article lang='&l9;'/>".encode(), AMPLIFIED),
    "outside.nxml": (
        lambda: (
            JATS.replace('"JATS.dtd">', '"JATS.dtd" [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
            .replace(make.LAST, "&x;")
            .encode()
        ),
        "the XML means an entity of its own (&x;), which could be anything.",
    ),
    "parameter.nxml": (
        lambda: JATS.replace('"JATS.dtd">', '"JATS.dtd" [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>').encode(),
        make.LAST,
    ),
    "include.nxml": (
        lambda: JATS.replace(
            make.LAST, '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>Seen.'
        ).encode(),
        "Seen.",
    ),
    "named.nxml": (lambda: JATS.replace(make.LAST, "caf&eacute;").encode(), "café"),
    "deep.nxml": (lambda: b"<article>" * 100_000, "the XML cannot be read (Excessive depth"),
    "wide.xml": (
        lambda: b"<health-topics>" + b"<a/>" * 12_000_000 + b"</health-topics>",
        "its XML has more than 1,000,000 elements.",
    ),
    "large.xml": (lambda: b"<article>" + b"<a/>" * 12_000_000 + b"</article>", "the file is larger than 10 MB."),
    "nothing.xml": (lambda: b"", EMPTY),
    "deep.rtf": (lambda: b"{\\rtf1 " + b"{" * 4_000_000, "its groups are nested more than 1,000 deep."),
    "binary.rtf": (lambda: b"{\\rtf1 seen\\bin999999999 hidden}", "seen"),
    "numbers.rtf": (lambda: b"{\\rtf1\\u-99999999999999999999?\\outlinelevel999999999 seen\\par}", "seen"),
    "tables.rtf": (lambda: b"{\\rtf1 seen " + b"\\cell\\row" * 500_000 + b"}", "seen"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_or_survived(name: str, tmp_path: Path) -> None:
    make_it, expected = FILES[name]
    file = tmp_path / name
    file.write_bytes(make_it())
    [told], seconds, megabytes = alone(READ, file)
    if isinstance(told, dict):
        assert expected in told["text"]
        assert "root:" not in told["text"]
    else:
        assert told.startswith(f"{name}: {expected}"), told
    assert seconds < MOST_SECONDS
    assert megabytes < MOST_MEGABYTES
