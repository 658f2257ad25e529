"""A forward index: the index words of every piece of text, in order, to find how much of a question a sentence covers.

The reverse of ``words``: from a passage to its words. A search reads only its candidates, so the cost does not grow
with the corpus. A build makes the word indexes from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from healthsearch.arrays import Held, Numbers, Rows
from healthsearch.rows import RowWriter, mapped

_WORDS, _ENDS = "words.npy", "ends.npy"


class Vocabulary(dict[str, int]):
    """Numbers words from 0, in the order of their first use."""

    def __missing__(self, word: str) -> int:
        self[word] = len(self)
        return self[word]


class ArticleWords(NamedTuple):
    """The words of articles that stand one after the other in a generation, as it numbers them.

    ``passages``: how many each article has; ``pieces``: how many pieces each passage has, its names before its
    sentences. ``words`` and ``titles`` are as from ``Coverage.words``: of every piece, and of every article's title.
    """

    passages: Rows
    pieces: Rows
    words: tuple[Numbers, Rows]
    titles: tuple[Numbers, Rows]


class CoverageWriter:
    """Writes the words of each piece into a new folder, numbering words in the order of their first use."""

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        """``vocabulary`` learns the words that it does not know yet."""
        folder.mkdir()
        self.vocabulary = vocabulary
        self._words = RowWriter(folder / _WORDS, np.int32)
        self._ends = RowWriter(folder / _ENDS, np.int64)
        self._end = 0

    def add(self, pieces: Sequence[Sequence[str]]) -> None:
        """Append a row for each piece, given its index words."""
        numbers = [self.vocabulary[word] for piece in pieces for word in piece]
        self.add_numbers(np.array(numbers, dtype=np.int32), np.array([len(piece) for piece in pieces], dtype=np.int64))

    def add_numbers(self, words: Numbers, lengths: Rows) -> None:
        """Append pieces given as concatenated word numbers, and the number of words in each piece."""
        self._words.add(words)
        self._ends.add(self._end + np.cumsum(lengths))
        self._end += len(words)

    def close(self) -> None:
        """Make the files whole; closing twice is harmless."""
        self._words.close()
        self._ends.close()


class Coverage:
    """n rows, each with the words of one piece of text as numbers of a vocabulary."""

    def __init__(self, folder: Path) -> None:
        """Open the folder of a ``CoverageWriter``; words are read from disk when a question needs them."""
        self._words: Numbers = mapped(folder / _WORDS)
        self._ends: Rows = mapped(folder / _ENDS)
        if self._ends[-1:].sum() != len(self._words):
            raise ValueError("the words of the pieces are cut off")

    def __len__(self) -> int:
        return len(self._ends)

    def words(self, first: int, last: int) -> tuple[Numbers, Rows]:
        """The concatenated words of the pieces ``first`` to ``last - 1``, and the number of words in each."""
        ends = self._ends[first:last]
        start = int(self._ends[first - 1]) if first else 0
        return self._words[start : int(ends[-1]) if len(ends) else start], np.diff(ends, prepend=start)

    def held(self, rows: Rows, numbers: Sequence[int]) -> Held:
        """Which of the words each row contains, as a (rows, numbers) mask."""
        mask = np.zeros((len(rows), len(numbers)), dtype=np.bool_)
        if not numbers:
            return mask
        starts = np.where(rows > 0, self._ends[rows - 1], 0)
        counts = self._ends[rows] - starts
        words = self._words[runs(starts, counts)]
        order = np.argsort(numbers)
        ordered = np.asarray(numbers)[order]
        places = np.minimum(np.searchsorted(ordered, words), len(numbers) - 1)
        same = ordered[places] == words
        mask[np.repeat(np.arange(len(rows)), counts)[same], order[places[same]]] = True
        return mask


def runs(starts: Rows, counts: Rows) -> Rows:
    """Concatenated runs: for each start, as many consecutive numbers as its count.

    >>> runs(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - counts), counts), dtype=np.int64)
