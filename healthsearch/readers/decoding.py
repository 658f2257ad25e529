"""Decodes bytes strictly: a wrong guess would change the words that are quoted.

In this order: a byte-order mark; UTF-8; UTF-16, recognised by its zero bytes; Windows-1252 or GB18030 if certain
(``guessing``); otherwise the file is refused.
"""

from __future__ import annotations

import codecs

from healthsearch.errors import UnreadableArticle
from healthsearch.readers.guessing import guess

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Of text in UTF-16 without a mark at least so many characters are ASCII, or nobody can tell it from binary data.
_ASCII_SHARE = 0.6
_PIECE = 1_000_000


def decode(data: bytes, path: str) -> str:
    """The file's text, unchanged but without a byte-order mark.

    Raises UnreadableArticle for binary data and for text in an unknown encoding.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, path)
    if b"\0" in data:
        return _strict(data, _utf_16(data) or "utf-8", path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        encoding = "utf-8" if _is_damaged_utf_8(data) else guess(data) or "utf-8"
        return _strict(data, encoding, path)


def as_utf_8(data: bytes, path: str) -> bytes:
    """The file's text as UTF-8 bytes, for readers of large files. Raises like ``decode``."""
    reader = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _PIECE):
            reader.decode(data[start : start + _PIECE])
        reader.decode(b"", final=True)
    except UnicodeDecodeError:
        return decode(data, path).encode()
    return decode(data, path).encode() if b"\0" in data else data.removeprefix(codecs.BOM_UTF8)


def _strict(data: bytes, encoding: str, path: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise _binary(path) from None
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableArticle(
            path,
            f"line {line} is not valid {encoding.upper()}",
            "Save the file in UTF-8 (in most editors: Save as, encoding UTF-8).",
        ) from None
    if "\0" in text:
        raise _binary(path)
    return text


def _utf_16(data: bytes) -> str | None:
    """The kind of UTF-16 without a mark: ASCII characters have their zero byte second or first."""
    units = len(data) // 2
    for encoding, zeros in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
        if zeros.count(0) >= _ASCII_SHARE * units and data.count(0) == zeros.count(0):
            return encoding
    return None


def _is_damaged_utf_8(data: bytes) -> bool:
    """Whether most bytes above ASCII are valid UTF-8, so that the text is damaged UTF-8."""
    read = data.decode("utf-8", "replace")
    broken = read.count("\ufffd")
    return sum(not char.isascii() for char in read) - broken >= broken


def _binary(path: str) -> UnreadableArticle:
    return UnreadableArticle(
        path, "the file holds binary data, not text", "Move it out of the corpus, or give it its right suffix."
    )
