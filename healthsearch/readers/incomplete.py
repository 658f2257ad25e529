"""Empty files and files without their end, as a failed download leaves them: the same cause and remedy in all formats.

For formats that a program writes. Text that a person types may be empty, and ends anywhere.
"""

from __future__ import annotations

from healthsearch.errors import UnreadableArticle


def refuse_empty(data: bytes, path: str) -> None:
    """Raise UnreadableArticle for a file of no bytes."""
    if not data:
        raise UnreadableArticle(path, "the file is empty", "Save or download it again.")


def without_end(path: str) -> UnreadableArticle:
    """The error for a file that stops before its end."""
    return UnreadableArticle(path, "the end of the file is missing", "It may be incomplete: save or download it again.")


def pdf_has_no_end(data: bytes) -> bool:
    """Whether a PDF goes on with objects after its last end marker, or has none.

    A marker can also stand near the beginning, if the file was made for reading while it loads.

    >>> pdf_has_no_end(b"%PDF-1.7 1 0 obj ... endobj ... %%EOF"), pdf_has_no_end(b"%PDF-1.7 1 0 obj ...")
    (False, True)
    """
    return b" obj" in data.rpartition(b"%%EOF")[2]


def zip_has_no_end(data: bytes) -> bool:
    r"""Whether data begins as zip and lacks the record of 22 bytes at its end, or a part of it.

    >>> zip_has_no_end(b"PK\x03\x04..."), zip_has_no_end(b"Just text.")
    (True, False)
    """
    return data.startswith(b"PK\x03\x04") and b"PK\x05\x06" not in data[:-18]
