"""Why a passage was found: the words that it shares with the question, and its ranks by meaning and by words.

Only describes the search; ranks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from healthsearch.arrays import Rows
from healthsearch.words import words

# What stands around a word as it is typed: marks, but no letter and no digit.
_EDGES = re.compile(r"^\W+|\W+$")


@dataclass(frozen=True, slots=True)
class Lists:
    """The two lists that a question is answered from, as rows, best first: by meaning, and by words."""

    nearest: Rows
    matching: Rows

    def ranks(self, row: int) -> tuple[int | None, int | None]:
        """The row's rank in each list, from 1; None if it is not in the list."""
        return _rank(self.nearest, row), _rank(self.matching, row)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why one passage was found.

    ``shared``, ``missing``: the question's words, as read, that the passage or its names have in any form, and those
    that they have not. ``named``: those of the shared that stand in the title, the headings or the other names.
    ``by_meaning``, ``by_words``: the passage's rank in each list, from 1; None when it is too far down to be in it.
    ``searched``: how many passages there were to choose from.
    """

    shared: tuple[str, ...]
    named: tuple[str, ...]
    missing: tuple[str, ...]
    by_meaning: int | None
    by_words: int | None
    searched: int


def reasons(question: str, names: str, text: str, ranks: tuple[int | None, int | None], searched: int) -> Reasons:
    """Why the passage with this text and these names was found by a question."""
    in_names = set(words(names))
    in_all = in_names | set(words(text))
    asked = list(_telling(question))
    return Reasons(
        shared=tuple(word for word, forms in asked if forms & in_all),
        named=tuple(word for word, forms in asked if forms & in_names),
        missing=tuple(word for word, forms in asked if not forms & in_all),
        by_meaning=ranks[0],
        by_words=ranks[1],
        searched=searched,
    )


def _telling(question: str) -> Iterator[tuple[str, set[str]]]:
    """The question's distinct searchable words as typed, each with its index words."""
    seen: set[str] = set()
    for typed in question.split():
        forms = set(words(typed))
        if forms - seen:
            seen |= forms
            yield _EDGES.sub("", typed), forms


def _rank(rows: Rows, row: int) -> int | None:
    positions = np.flatnonzero(rows == row)
    return int(positions[0]) + 1 if len(positions) else None
