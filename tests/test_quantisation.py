"""Vectors of sentences in a byte a dimension: what is kept of them, and the cosines that come of it."""

from __future__ import annotations

import numpy as np
import pytest

from healthsearch.arrays import Matrix
from healthsearch.quantisation import cosines, dequantised, quantised


@pytest.fixture
def vectors() -> Matrix:
    """Unit vectors, and one of zeros among them."""
    made = np.random.default_rng(7).normal(size=(40, 24))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    made[3] = 0
    return np.asarray(made, dtype=np.float32)


def test_every_vector_uses_all_of_a_byte() -> None:
    # The second is a hundred times the first, and both are kept as finely.
    rows = quantised(np.array([[0.01, -0.005, 0], [1, 0.5, -1]], dtype=np.float32))
    assert rows.dtype == np.int8
    assert rows.tolist() == [[127, -64, 0], [127, 64, -127]]


def test_they_come_back_as_unit_vectors_that_point_the_same_way(vectors: Matrix) -> None:
    back = dequantised(quantised(vectors))
    assert back.dtype == np.float32
    others = np.arange(len(vectors)) != 3
    assert np.linalg.norm(back[others], axis=1) == pytest.approx(1, abs=1e-6)
    assert (back * vectors).sum(axis=1)[others].min() > 0.9999
    assert not back[3].any()


def test_cosines_are_those_of_what_is_kept(vectors: Matrix) -> None:
    rows, query = quantised(vectors), vectors[0]
    kept = rows.astype(np.float64)
    lengths = np.where(kept.any(axis=1), np.linalg.norm(kept, axis=1), 1)
    found = cosines(rows, query)
    assert found.dtype == np.float32
    assert found == pytest.approx(kept @ query / lengths, abs=1e-6)
    assert found[3] == 0 and np.isfinite(found).all()
