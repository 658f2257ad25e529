"""Which index words every sentence has: for telling how much of a question a sentence says by itself.

The reverse of ``words``: from a passage to its words. Only the passages that a question may be answered from are
looked at, so the cost does not grow with the corpus.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]

_WORDS, _ENDS = "words.npy", "ends.npy"


class Coverage:
    """n rows, each the distinct words of one piece of text, as numbers of a vocabulary."""

    def __init__(self, words: npt.NDArray[np.int32], ends: npt.NDArray[np.int64]) -> None:
        if ends[-1:].sum() != len(words):
            raise ValueError("the words of the pieces are cut off")
        self._words = words
        self._ends = ends

    @classmethod
    def of(cls, pieces: Iterable[Sequence[str]], vocabulary: Mapping[str, int]) -> Coverage:
        """The index words of each piece, all of which the vocabulary must know."""
        rows = [sorted({vocabulary[word] for word in piece}) for piece in pieces]
        ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
        return cls(np.array([number for row in rows for number in row], dtype=np.int32), ends)

    @classmethod
    def load(cls, folder: Path) -> Coverage:
        """Open what ``save`` wrote; the words stay on disk until a question needs them."""
        return cls(np.load(folder / _WORDS, mmap_mode="r"), np.load(folder / _ENDS))

    def save(self, folder: Path) -> None:
        """Write two arrays into an existing folder."""
        np.save(folder / _WORDS, self._words)
        np.save(folder / _ENDS, self._ends)

    def __len__(self) -> int:
        return len(self._ends)

    def held(self, rows: Rows, numbers: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Which of the numbered words each of the rows has, as (rows, numbers)."""
        found = np.zeros((len(rows), len(numbers)), dtype=np.bool_)
        if not numbers:
            return found
        starts = np.where(rows > 0, self._ends[rows - 1], 0)
        counts = self._ends[rows] - starts
        words = self._words[runs(starts, counts)]
        order = np.argsort(numbers)
        ordered = np.asarray(numbers)[order]
        places = np.minimum(np.searchsorted(ordered, words), len(numbers) - 1)
        same = ordered[places] == words
        found[np.repeat(np.arange(len(rows)), counts)[same], order[places[same]]] = True
        return found


def runs(starts: Rows, counts: Rows) -> Rows:
    """The numbers from each start on, as many as its count, one run after the other.

    >>> runs(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - counts), counts), dtype=np.int64)
