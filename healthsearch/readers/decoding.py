"""Bytes to text, strictly: a wrong guess would change the words that we promise to quote."""

from __future__ import annotations

import codecs

from healthsearch.errors import UnreadableArticle

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data: bytes, path: str) -> str:
    """The file's text as it stands, without a byte-order mark.

    Raises UnreadableArticle for binary data and for text that is not UTF-8 and has no UTF-16 mark.
    """
    encoding = "utf-8"
    for mark, name in _MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
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


def _binary(path: str) -> UnreadableArticle:
    return UnreadableArticle(
        path, "the file holds binary data, not text", "Move it out of the corpus, or give it its right suffix."
    )
