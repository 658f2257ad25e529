"""Sentence vectors as they are kept: whole numbers, a byte a dimension, and back from these to unit vectors."""

from __future__ import annotations

import numpy as np

from healthsearch.arrays import Matrix, SentenceVectors, Vector

# The largest entry of a vector is brought to this, so that each uses all of a byte.
_LARGEST = 127


def quantised(vectors: Matrix) -> SentenceVectors:
    """The (n, dimension) vectors of sentences as they are kept."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return np.asarray(np.rint(vectors / largest * _LARGEST), dtype=np.int8)


def dequantised(rows: SentenceVectors) -> Matrix:
    """The unit vectors of sentences that are kept so; zeros stay zeros."""
    scaled = rows.astype(np.float32)
    return np.asarray(scaled / _lengths(scaled)[:, None], dtype=np.float32)


def cosines(rows: SentenceVectors, query: Vector) -> Vector:
    """The cosine of a unit query with each sentence; 0 for zeros."""
    scaled = rows.astype(np.float32)
    # One division a sentence, not one a dimension.
    return np.asarray((scaled @ query) / _lengths(scaled), dtype=np.float32)


def _lengths(scaled: Matrix) -> Vector:
    """The length of every row; 1 for a row of zeros, which stays one."""
    return np.asarray(np.maximum(np.sqrt(np.einsum("ij,ij->i", scaled, scaled)), 1.0), dtype=np.float32)
