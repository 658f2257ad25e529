"""Writes a word index: inverts the words of every document into the documents of every word, with BM25 scores.

Works in blocks of documents, so that memory is bounded by the size of a block; the files are written in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from healthsearch.arrays import Rows
from healthsearch.words import DOCUMENTS, K1, SCORES, STARTS, B, weight

# Of some documents, for every word in them the document's number, and the word's. A block holds whole documents, and
# the next one's numbers are higher.
Block = tuple[Rows, Rows]


def write_postings(folder: Path, blocks: Callable[[], Iterable[Block]], documents: int, words: int) -> None:
    """Write the index of so many documents and distinct words into a new folder; ``blocks`` is called twice."""
    folder.mkdir()
    lengths, holding = np.zeros(documents, np.int64), np.zeros(words, np.int64)
    for document, word, count in _counted(blocks(), documents):
        lengths += np.bincount(document, count, documents).astype(np.int64)
        holding += np.bincount(word, minlength=words)
    starts = np.concatenate([[0], np.cumsum(holding)])
    np.save(folder / STARTS, starts)
    weights = np.array([weight(int(count), documents) for count in holding], np.float32)
    # The shorter the document, the faster a word's score approaches its weight.
    slowness = K1 * (1 - B + B * lengths / max(lengths.sum() / max(documents, 1), 1e-9))
    of_documents, of_scores = (
        np.lib.format.open_memmap(folder / name, "w+", dtype, (int(starts[-1]),))
        for name, dtype in ((DOCUMENTS, np.int32), (SCORES, np.float32))
    )
    free = starts[:-1].copy()
    for document, word, count in _counted(blocks(), documents):
        present, firsts, postings = np.unique(word, return_index=True, return_counts=True)
        places = np.arange(len(word)) + np.repeat(free[present] - firsts, postings)
        of_documents[places] = document
        of_scores[places] = weights[word] * (count / (slowness[document] + count))
        free[present] += postings
    of_documents.flush()
    of_scores.flush()


def _counted(blocks: Iterable[Block], documents: int) -> Iterator[tuple[Rows, Rows, Rows]]:
    """Of every block the distinct pairs of document and word, by word and then document, and how often each comes."""
    for document, word in blocks:
        pairs = np.sort(word * documents + document)
        firsts = np.flatnonzero(np.diff(pairs, prepend=-1))
        distinct_words, distinct_documents = np.divmod(pairs[firsts], documents)
        yield distinct_documents, distinct_words, np.diff(firsts, append=len(pairs))
