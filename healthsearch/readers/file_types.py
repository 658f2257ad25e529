"""Detects the type of a file from its first bytes, independently of its name.

Only unmistakable types are detected; otherwise the name is trusted.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileType:
    """A file type: its name in words, its suffixes, and whether they all mean one format."""

    name: str
    suffixes: tuple[str, ...]
    certain: bool = True


FILE_TYPES = {
    "pdf": FileType("a PDF", (".pdf",)),
    "rtf": FileType("rich text (RTF)", (".rtf",)),
    "zip": FileType("a zip archive or an office document", (".docx", ".odt", ".epub", ".zip"), certain=False),
    "gzip": FileType("a gzip archive", (".gz",)),
    "old office": FileType("a document with a password, or of an old Word or Excel", (".doc", ".xls"), certain=False),
    "html": FileType("a web page", (".html", ".htm", ".xhtml")),
}
_SIGNATURES = {
    b"%PDF-": "pdf",
    b"{\\rtf": "rtf",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b\x08": "gzip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "old office",
}
# A page as a whole: Markdown may begin with a piece of HTML, but not with one of these.
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL
)
# Enough of a file to know its type by.
START = 4_096


def file_type(data: bytes) -> str | None:
    """The key in ``FILE_TYPES`` of the certain type of the bytes, else None.

    >>> file_type(b"%PDF-1.7 ..."), file_type(b"# Back pain")
    ('pdf', None)
    """
    for signature, kind in _SIGNATURES.items():
        if data.startswith(signature):
            return kind
    start = data[:START].removeprefix(codecs.BOM_UTF8)
    return "html" if _PAGE.match(start) else None
