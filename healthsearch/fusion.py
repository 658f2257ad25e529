"""Fusion: one score from what a passage means and the words it shares with the question.

A weighted sum of two absolute measures, not of ranks, so that it keeps how much better the first passage is
than the second (after Bruch, Gai & Ingber, "An analysis of fusion functions for hybrid retrieval", ACM TOIS
42(1), 2023). They scale words by the best score found; we scale by the best score that any passage could
have, so that a list in which nothing fits well does not count as much as one in which something does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

# Both chosen by benchmarks/fusion.py on the development sets; the curve is flat around them.
SENTENCE_SHARE = 0.5
WORD_WEIGHT = 0.6


def fuse(
    passage: Scores,
    sentence: Scores,
    words: Scores,
    sentence_share: float = SENTENCE_SHARE,
    word_weight: float = WORD_WEIGHT,
) -> Scores:
    """Scores up to 1 of n passages, for ordering, higher is better.

    ``passage`` are their cosines with the question, ``sentence`` the cosines of their best sentences, ``words``
    their word scores as a share of the best possible.

    >>> fuse(np.float32([1, 0]), np.float32([1, 0]), np.float32([0, 1]), word_weight=1).tolist()
    [0.5, 0.5]
    """
    meaning = (1 - sentence_share) * passage + sentence_share * sentence
    return np.asarray((meaning + word_weight * words) / (1 + word_weight), dtype=np.float32)
