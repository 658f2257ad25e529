"""Exact nearest vectors: the only import of FAISS, and the place where its traps end.

FAISS pads short results with row -1, leaves ties in any order and answers a wrong dimension with an
empty AssertionError; its own file functions fail on some Windows paths. None of that leaves here.
"""

from __future__ import annotations

import faiss
import numpy as np
import numpy.typing as npt

# One question is too little work to share out: threads would wait for each other longer than it takes.
faiss.omp_set_num_threads(1)

Matrix = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Vectors:
    """n unit vectors, numbered from 0 in the order given; scores are cosines."""

    def __init__(self, index: faiss.IndexFlatIP) -> None:
        self._index = index
        self._matrix: Matrix = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(-1, index.d)

    @classmethod
    def of(cls, matrix: Matrix) -> Vectors:
        """Index the rows of an (n, dimension) matrix."""
        index = faiss.IndexFlatIP(matrix.shape[1])
        index.add(np.ascontiguousarray(matrix, dtype=np.float32))
        return cls(index)

    @classmethod
    def from_bytes(cls, data: npt.NDArray[np.uint8]) -> Vectors:
        """The reverse of ``to_bytes``; ValueError when the bytes are not a flat index."""
        try:
            index = faiss.deserialize_index(data)
        except RuntimeError as error:
            raise ValueError("the bytes are not a FAISS index") from error
        if not isinstance(index, faiss.IndexFlatIP):
            raise ValueError(f"expected a flat inner-product index, got {type(index).__name__}")
        return cls(index)

    def to_bytes(self) -> npt.NDArray[np.uint8]:
        """The index in FAISS's own format, for a file written by us."""
        return np.asarray(faiss.serialize_index(self._index), dtype=np.uint8)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Columns of the matrix."""
        return int(self._index.d)

    def search(self, query: Matrix, k: int, among: Mask | None = None) -> tuple[Rows, Matrix]:
        """The ``k`` rows nearest to one (dimension,) query and their cosines, best first, ties by row.

        ``among``: which of the n rows there are to choose from; all of them by default.
        """
        self._check(query)
        count = len(self) if among is None else int(among.sum())
        k = min(k, count)
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows, scores = self._with_ties(query, k, count, among)
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

    def _with_ties(self, query: Matrix, k: int, count: int, among: Mask | None) -> tuple[Rows, Matrix]:
        """The ``k`` nearest and every other row that is as near as the last, since FAISS keeps any of those."""
        chosen = None
        if among is not None:
            # FAISS reads the bitmap for as long as it searches; the name keeps it alive.
            bits = np.packbits(among, bitorder="little")
            selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]  # its types are those of C++
            chosen = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        most = k
        while True:
            most = min(2 * most, count)
            scores, rows = self._index.search(np.ascontiguousarray(query[None, :]), most, params=chosen)
            if most == count or scores[0, -1] < scores[0, k - 1]:
                return rows[0], scores[0]

    def scores(self, query: Matrix, rows: Rows) -> Matrix:
        """The cosines of the named rows with one (dimension,) query."""
        self._check(query)
        return np.asarray(self._matrix[rows] @ query, dtype=np.float32)

    def means(self, groups: Rows, count: int) -> Matrix:
        """For each of ``count`` groups the unit mean of its vectors; ``groups`` holds every row's, in ascending order.

        A group without vectors has a row of zeros.
        """
        means = np.zeros((count, self.dimension), np.float32)
        present, starts = np.unique(groups, return_index=True)
        if len(present):
            means[present] = np.add.reduceat(self._matrix, starts, axis=0)
        norms = np.linalg.norm(means, axis=1, keepdims=True)
        return np.asarray(means / np.where(norms > 0, norms, 1), dtype=np.float32)

    def rows(self, start: int, end: int) -> Matrix:
        """A copy of the vectors numbered ``start`` to ``end - 1``."""
        return self._matrix[start:end].copy()

    def _check(self, query: Matrix) -> None:
        if query.shape != (self.dimension,):
            raise ValueError(f"a query of shape {query.shape} against vectors of {self.dimension} dimensions")
