"""A flat map of vectors: near by meaning is near on the map, as far as two dimensions allow.

Two principal components of a few hundred dimensions are one blob, so the map is t-SNE (van der Maaten & Hinton 2008),
exact, over a few hundred landmarks, begun from those components; every other vector is put among the landmarks that it
is nearest to. Deterministic: no chance anywhere, and what is multiplied in threads is rounded before it can grow.
Directions and distances between far groups mean nothing.
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

# The time of a map grows with the square of these.
_LANDMARKS = 500
# How many landmarks a vector is put among, and how much more the nearer of two counts.
AMONG = 4
_SHARPNESS = 15.0
# How many neighbours a landmark tries to keep.
_PERPLEXITY = 15.0
# The schedule of the method's authors, shortened: neighbours are first drawn together, then let go.
_STEPS, _DRAWN_TOGETHER, _TOGETHER = 400, 120, 12.0


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
    """The places, (n, 2), of n points by t-SNE."""
    places = _principal(points)
    if len(points) < 4:
        return places
    wanted = _neighbourhood(points)
    moved, gains = np.zeros_like(places), np.ones_like(places)
    rate = max(len(points) / _TOGETHER, 50.0)
    for step in range(_STEPS):
        together = step < _DRAWN_TOGETHER
        across, down = (column[:, None] - column[None, :] for column in places.T)
        near = 1 / (1 + across**2 + down**2)
        np.fill_diagonal(near, 0)
        pull = ((_TOGETHER if together else 1.0) * wanted - near / near.sum()) * near
        force = 4 * np.stack([np.einsum("ij,ij->i", pull, way) for way in (across, down)], axis=1)
        gains = np.maximum(np.where((force > 0) == (moved > 0), gains * 0.8, gains + 0.2), 0.01)
        moved = (0.5 if together else 0.8) * moved - rate * gains * force
        places = places + moved
    return np.asarray(places)


def _principal(points: _Float) -> _Float:
    """The two directions in which the points differ most, small, and the same whatever the sign of an eigenvector."""
    centred = points - points.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    found = centred @ directions[:, : -min(3, points.shape[1] + 1) : -1]
    found = np.pad(found, ((0, 0), (0, 2 - found.shape[1])))
    largest = np.abs(found).argmax(axis=0)
    signs = np.sign(found[largest, [0, 1]])
    return np.asarray(np.round(found * np.where(signs == 0, 1, signs) / max(float(found.std()), 1e-9), 6) * 1e-2)


def _neighbourhood(points: _Float) -> _Float:
    """How much each two of n points want to be neighbours, (n, n), summing to 1."""
    distances = np.round(np.maximum(2 - 2 * points @ points.T, 0), 7)
    np.fill_diagonal(distances, np.inf)
    wanted = np.log(min(_PERPLEXITY, (len(points) - 1) / 3))
    low, high = np.full(len(points), 1e-2), np.full(len(points), 1e5)
    for _ in range(40):
        narrowness = np.sqrt(low * high)
        shares = np.exp((distances.min(axis=1, keepdims=True) - distances) * narrowness[:, None])
        shares /= shares.sum(axis=1, keepdims=True)
        entropy = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=1)
        low, high = np.where(entropy > wanted, narrowness, low), np.where(entropy > wanted, high, narrowness)
    return np.asarray((shares + shares.T) / (2 * len(points)))
