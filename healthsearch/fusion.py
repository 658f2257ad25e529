"""Rank fusion: one score from the meanings' list and the words' list.

A convex sum of both scores, each brought to 0..1 by its least possible and its greatest found value
(Bruch, Gai & Ingber, "An analysis of fusion functions for hybrid retrieval", ACM TOIS 42(1), 2023), which
keeps what rank-only fusion throws away: how much better the first is than the second.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

# The share of meaning against words, chosen by benchmarks/fusion.py on three development sets.
DENSE_WEIGHT = 0.7


def fuse(dense: Scores, lexical: Scores, weight: float = DENSE_WEIGHT) -> Scores:
    """Fused scores in 0..1 of the same n passages, from their cosines and their BM25 scores.

    >>> fuse(np.float32([1, 0]), np.float32([0, 5]), weight=0.5).tolist()
    [0.5, 0.75]
    """
    if not len(dense):
        return np.empty(0, np.float32)
    meaning = (dense + 1) / (dense.max() + 1) if dense.max() > -1 else np.zeros_like(dense)
    words = lexical / lexical.max() if lexical.max() > 0 else np.zeros_like(lexical)
    return np.asarray(weight * meaning + (1 - weight) * words, dtype=np.float32)
