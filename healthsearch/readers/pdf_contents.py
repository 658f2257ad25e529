"""Leaves out the entries of a contents page: a title, a leader of dots, and a page number. Independent of the library.

A table of doses can look the same, so the titles must also be lines elsewhere in the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from healthsearch.readers.pdf_layout import Line

_NUMBER = re.compile(r"(?:\d{1,4}|[ivxlc]{1,6})$")
# The dots of a leader may stand apart, and be cells of their own beside title and number.
_LEADER = " .|…"
_FEWEST_DOTS = 5
# Of the entries in a column so many at least, and this share of them, are lines elsewhere.
_FEWEST, _SHARE = 2, 0.5


def without_contents(columns: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The lines of each column of a document, without the entries of contents pages."""
    entries = [[_title(line) for line in column] for column in columns]
    elsewhere = {
        _letters(line.text)
        for column, titles in zip(columns, entries, strict=True)
        for line, title in zip(column, titles, strict=True)
        if not title
    }
    return [
        [line for line, title in zip(column, titles, strict=True) if not title]
        if _are_contents(titles, elsewhere)
        else [*column]
        for column, titles in zip(columns, entries, strict=True)
    ]


def _are_contents(titles: Sequence[str], elsewhere: set[str]) -> bool:
    found = [title in elsewhere for title in titles if title]
    return sum(found) >= max(_FEWEST, _SHARE * len(found))


def _title(line: Line) -> str:
    """The letters of the title of an entry; nothing for any other line."""
    number = _NUMBER.search(line.text)
    if number is None:
        return ""
    before = line.text[: number.start()]
    title = before.rstrip(_LEADER)
    leader = before[len(title) :]
    return _letters(title) if leader.count(".") + 3 * leader.count("…") >= _FEWEST_DOTS else ""


def _letters(text: str) -> str:
    """The text without its number, its spaces and its punctuation."""
    return "".join(character for character in text.casefold() if character.isalpha())
