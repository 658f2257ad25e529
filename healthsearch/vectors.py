"""Nearest vectors: the only import of FAISS, and the place where its traps end.

The vectors are a flat index, in a file of FAISS's own that is mapped and never loaded. All cosines are exact; FAISS
computes each by itself, so that equal vectors have equal cosines wherever they stand, and which rows are best is
decided here. In large collections a sketch of a bit a dimension chooses the rows whose cosines are worth computing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import cast

import faiss
import numpy as np
import numpy.typing as npt

from healthsearch.arrays import Mask, Matrix, Rows
from healthsearch.rows import RowWriter

# One question is too little work to share out: threads would wait for each other longer than it takes.
faiss.omp_set_num_threads(1)

# Up to so many vectors all cosines are computed, which takes no longer than a question may; see ARCHITECTURE.md.
EXACT_UP_TO = 50_000
# How many times the rows wanted are taken from the sketch: benchmarks/scale.py prints what fewer and more would find.
OVERSAMPLING = 10
# Where a filter lets through a smaller share, or most of the rows are wanted, all cosines are no slower.
_LEAST_SHARE = 0.2
_LARGEST_SHARE = 0.05
# Vectors that are sketched at once.
_BLOCK = 50_000
FLAT, SKETCH = "vectors.faiss", "sketch.faiss"


class Sketch:
    """n unit vectors by the signs of their differences from the mean, and two numbers each: RaBitQ.

    Gao & Long, "RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound", SIGMOD 2024. Nothing in it
    is left to chance or to the order of adding: the same vectors give the same bytes.
    """

    def __init__(self, index: faiss.IndexRaBitQFastScan) -> None:
        self._index = index

    @classmethod
    def of(cls, matrix: Matrix) -> Sketch:
        """Sketch the rows of an (n, dimension) matrix."""
        index = faiss.IndexRaBitQFastScan(matrix.shape[1], faiss.METRIC_INNER_PRODUCT)
        index.train(matrix)
        for start in range(0, len(matrix), _BLOCK):
            index.add(matrix[start : start + _BLOCK])
        return cls(index)

    @classmethod
    def from_bytes(cls, data: npt.NDArray[np.uint8]) -> Sketch:
        """The reverse of ``to_bytes``; ValueError when the bytes are no sketch."""
        try:
            index = faiss.deserialize_index(data)
        except RuntimeError as error:
            raise ValueError("the bytes are not a FAISS index") from error
        if not isinstance(index, faiss.IndexRaBitQFastScan):
            raise ValueError(f"expected a sketch, got {type(index).__name__}")
        return cls(index)

    def to_bytes(self) -> npt.NDArray[np.uint8]:
        """The sketch in FAISS's own format, for a file written by us: its file functions fail on some paths."""
        return np.asarray(faiss.serialize_index(self._index), dtype=np.uint8)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def nearest(self, query: Matrix, k: int) -> Rows:
        """About the ``k`` rows nearest to one (dimension,) query, ascending."""
        _, rows = self._index.search(query[None, :], k)
        # FAISS pads with -1.
        return np.asarray(np.sort(rows[0][rows[0] >= 0]), dtype=np.int64)


def writer(folder: Path, dimension: int) -> RowWriter:
    """Writes a flat FAISS index, vector after vector, so that no more of it is in memory than is given at a time."""
    return RowWriter(folder / FLAT, np.float32, (dimension,), _flat_header(dimension))


def _flat_header(dimension: int) -> Callable[[int], bytes]:
    """What FAISS writes before the vectors of a flat index of inner products, by how many vectors there are."""
    empty = faiss.serialize_index(faiss.IndexFlatIP(dimension)).tobytes()

    def header(count: int) -> bytes:
        # Its kind and the dimension, four bytes each; the number of vectors; other facts; the number of numbers.
        return empty[:8] + count.to_bytes(8, "little") + empty[16:-8] + (count * dimension).to_bytes(8, "little")

    return header


class Vectors:
    """n unit vectors, numbered from 0 in the order given; scores are cosines."""

    def __init__(
        self, index: faiss.IndexFlatIP, sketch: Sketch | None = None, oversampling: int = OVERSAMPLING
    ) -> None:
        """Without a sketch all is exact; ValueError when it is of others than the ``index``."""
        if sketch is not None and len(sketch) != index.ntotal:
            raise ValueError(f"a sketch of {len(sketch)} vectors for {index.ntotal}")
        self._index = index
        self._sketch = sketch
        self._oversampling = oversampling
        self._data: npt.NDArray[np.uint8] | None = None

    @classmethod
    def of(cls, matrix: Matrix, sketch: Sketch | None = None) -> Vectors:
        """Index the rows of an (n, dimension) matrix."""
        index = faiss.IndexFlatIP(matrix.shape[1])
        index.add(matrix)
        return cls(index, sketch)

    @classmethod
    def open(cls, folder: Path, dimension: int, *, sketched: bool, oversampling: int = OVERSAMPLING) -> Vectors:
        """Map what ``writer`` left in the folder, with the sketch beside it; ValueError for anything else."""
        data = np.memmap(folder / FLAT, np.uint8, "r")
        header = _flat_header(dimension)
        before = len(header(0))
        count, rest = divmod(len(data) - before, 4 * dimension)
        # FAISS believes what it reads, so it is given no header but the one that belongs there.
        if count < 0 or rest or data[:before].tobytes() != header(count):
            raise ValueError(f"{FLAT} is no flat index of {dimension} dimensions")
        sketch = Sketch.from_bytes(np.fromfile(folder / SKETCH, dtype=np.uint8)) if sketched else None
        reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(data), data.nbytes)  # type: ignore[attr-defined]
        opened = cls(cast("faiss.IndexFlatIP", faiss.read_index(reader)), sketch, oversampling)
        # The index looks into the mapped file for as long as it is used.
        opened._data = data
        return opened

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Columns of the matrix."""
        return int(self._index.d)

    @property
    def matrix(self) -> Matrix:
        """All of them, (n, dimension): a view, for as long as this lives; what is not looked at stays on disk."""
        every: Matrix = faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self.dimension)
        return every.reshape(-1, self.dimension)

    def search(self, query: Matrix, k: int, among: Mask | None = None) -> tuple[Rows, Matrix]:
        """The ``k`` rows nearest to one (dimension,) query and their cosines, best first, ties by row.

        ``among``: which of the n rows there are to choose from; all of them by default. With a sketch a row may be
        missed; the cosines are exact.
        """
        self._check(query)
        rows = self._worth_looking_at(query, k, among)
        scores = self.scores(query, rows)
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if k < len(rows):
            # Among equals at the end of the list the rows decide, so all of them stay until they are sorted.
            near = np.flatnonzero(scores >= np.partition(scores, len(rows) - k)[len(rows) - k])
            rows, scores = rows[near], scores[near]
        order = np.argsort(-scores, kind="stable")[:k]
        return rows[order], scores[order]

    def scores(self, query: Matrix, rows: Rows) -> Matrix:
        """The cosines of the named rows with one (dimension,) query."""
        self._check(query)
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(self):
            raise IndexError(f"rows from {rows.min()} to {rows.max()}, of {len(self)}")
        scores = np.empty(len(rows), np.float32)
        query, rows = np.ascontiguousarray(query, np.float32), np.ascontiguousarray(rows, np.int64)
        into, of, at = (faiss.swig_ptr(array) for array in (scores, query, rows))
        faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]
            into, of, self._index.get_xb(), at, self.dimension, 1, len(rows)
        )
        return scores

    def rows(self, start: int, end: int) -> Matrix:
        """A copy of the vectors numbered ``start`` to ``end - 1``."""
        return self.matrix[start:end].copy()

    def _worth_looking_at(self, query: Matrix, k: int, among: Mask | None) -> Rows:
        """The rows whose cosines are computed, ascending: all that may be found, or several times ``k`` of them."""
        share = 1.0 if among is None else float(among.sum()) / max(len(self), 1)
        if self._sketch is not None and share >= _LEAST_SHARE:
            wanted = math.ceil(self._oversampling * k / share)
            if 0 < wanted <= _LARGEST_SHARE * len(self):
                rows = self._sketch.nearest(query, wanted)
                if among is None:
                    return rows
                rows = rows[among[rows]]
                # A filter on what the question is about may leave few of the nearest, or next to all of them.
                if len(rows) >= self._oversampling * k / 2:
                    return rows
        return np.arange(len(self)) if among is None else np.flatnonzero(among)

    def _check(self, query: Matrix) -> None:
        if query.shape != (self.dimension,):
            raise ValueError(f"a query of shape {query.shape} against vectors of {self.dimension} dimensions")


def mean(vectors: Matrix) -> Matrix:
    """The unit mean, (dimension,), of (n, dimension) vectors; zeros where there are none."""
    total = vectors.sum(axis=0)
    norm = np.linalg.norm(total)
    return np.asarray(total / norm if norm > 0 else total, dtype=np.float32)
