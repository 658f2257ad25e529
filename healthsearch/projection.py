"""A two-dimensional map (t-SNE) of passage vectors.

Two principal components of a few hundred dimensions do not separate groups, so the map is t-SNE (van der Maaten &
Hinton 2008, from scikit-learn) over a few hundred landmarks, starting from those components; every other vector is
placed among its nearest landmarks. Deterministic. Directions and large distances have no meaning.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from healthsearch.arrays import Matrix, Rows

# Of more passages an even sample is drawn: more points are slow in a browser and not distinguishable.
MOST_DRAWN = 20_000
# Coordinates are whole steps in a square with this side.
SIDE = 10_000

Places = npt.NDArray[np.int32]
_Float = npt.NDArray[np.float64]

# The time to compute a map grows with these.
_LANDMARKS = 500
# The number of landmarks that place a vector, and the extra weight of nearer ones.
AMONG = 4
_SHARPNESS = 15.0
# The number of neighbours that a landmark tries to keep (perplexity).
_PERPLEXITY = 15.0
_STEPS = 400


def drawn(count: int) -> Rows:
    """The rows to draw of ``count`` vectors: all, or an even sample."""
    return _even(count, MOST_DRAWN)


def project(vectors: Matrix) -> Places:
    """The coordinates of n unit vectors on the map, (n, 2), from 0 to ``SIDE``."""
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
    """The coordinates, (2,), of a vector from its cosines with its nearest neighbours, best first, and theirs."""
    weights = np.round(np.exp(_SHARPNESS * (cosines - cosines[0]).astype(np.float64)), 6)
    return np.asarray(weights @ places / weights.sum())


def _even(count: int, most: int) -> Rows:
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _to_square(places: _Float) -> _Float:
    """The coordinates centred in a square whose side is the larger of the two extents."""
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray((places - (low + high) / 2) / max((high - low).max(), 1e-12) * SIDE + SIDE / 2)


def _spread(points: _Float) -> _Float:
    """The coordinates, (n, 2), of n points by t-SNE, starting from their principal components."""
    if len(np.unique(points, axis=0)) < 2:
        return np.zeros((len(points), 2))
    # Importing takes a second, and only the collection page needs it.
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
    # More threads add sums in another order, and t-SNE amplifies differences in the last bit.
    with threadpool_limits(1):
        method = TSNE(perplexity=perplexity, init="pca", max_iter=_STEPS, random_state=0, n_jobs=1)
        return np.asarray(method.fit_transform(points), np.float64)
