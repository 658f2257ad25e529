"""A flat map of vectors: near by meaning is near on the map, as far as two dimensions allow.

Two principal components of a few hundred dimensions are one blob, so the map is t-SNE (van der Maaten & Hinton 2008,
by scikit-learn) over a few hundred landmarks, begun from those components; every other vector is put among the
landmarks that it is nearest to. Deterministic. Directions and distances between far groups mean nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from healthsearch.vectors import Matrix, Rows

# Of more passages an even sample is drawn; a browser is slow with more points, and nobody sees them.
MOST_DRAWN = 20_000
# A point's place is told in steps of this side of a square.
SIDE = 10_000

Places = npt.NDArray[np.int32]
_Float = npt.NDArray[np.float64]

# The time of a map grows with these.
_LANDMARKS = 500
# How many landmarks a vector is put among, and how much more the nearer of two counts.
AMONG = 4
_SHARPNESS = 15.0
# How many neighbours a landmark tries to keep.
_PERPLEXITY = 15.0
_STEPS = 400


def drawn(count: int) -> Rows:
    """Which of ``count`` vectors are drawn: all, or an even sample."""
    return _even(count, MOST_DRAWN)


def project(vectors: Matrix) -> Places:
    """For each of n unit vectors its place on the map, (n, 2), from 0 to ``SIDE``."""
    if not len(vectors):
        return np.empty((0, 2), np.int32)
    chosen = _even(len(vectors), _LANDMARKS)
    landmarks = vectors[chosen]
    places = _spread(landmarks.astype(np.float64))
    found = np.empty((len(vectors), 2))
    for row, vector in enumerate(vectors):
        cosines = landmarks @ vector
        nearest = np.argsort(-cosines, kind="stable")[:AMONG]
        found[row] = between(cosines[nearest], places[nearest])
    found[chosen] = places
    return np.asarray(np.rint(_to_square(found)), dtype=np.int32)


def between(cosines: Matrix, places: npt.NDArray[Any]) -> _Float:
    """The place, (2,), of a vector among its nearest, from its cosines with them, the best first, and their places."""
    weights = np.round(np.exp(_SHARPNESS * (cosines - cosines[0]).astype(np.float64)), 6)
    return np.asarray(weights @ places / weights.sum())


def _even(count: int, most: int) -> Rows:
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _to_square(places: _Float) -> _Float:
    """The same places in the middle of a square, its sides as long as the wider of the two directions."""
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray((places - (low + high) / 2) / max((high - low).max(), 1e-12) * SIDE + SIDE / 2)


def _spread(points: _Float) -> _Float:
    """The places, (n, 2), of n points by t-SNE, begun from their principal components."""
    if len(np.unique(points, axis=0)) < 2:
        return np.zeros((len(points), 2))
    # They take a second to import, and only the keeper's page needs them.
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
    # With more threads sums are added up in another order, and what differs in the last bit grows.
    with threadpool_limits(1):
        method = TSNE(perplexity=perplexity, init="pca", max_iter=_STEPS, random_state=0, n_jobs=1)
        return np.asarray(method.fit_transform(points), np.float64)
