"""What is near by meaning is near on the map, and the same vectors always give the same map."""

from __future__ import annotations

import numpy as np
import pytest

from healthsearch.arrays import Matrix
from healthsearch.projection import MOST_DRAWN, SIDE, Places, between, drawn, project
from tests.alone import alone

GROUPS, OF_EACH, DIMENSION = 12, 60, 48


def groups(seed: int = 0) -> Matrix:
    """Unit vectors in groups, group after group."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(GROUPS, DIMENSION))
    found = np.repeat(centres, OF_EACH, axis=0) + 0.6 * random.normal(size=(GROUPS * OF_EACH, DIMENSION))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def kept(vectors: Matrix, places: Places) -> float:
    """The share of the points whose nearest neighbour on the map is of their own group."""
    apart = np.linalg.norm(places[:, None, :].astype(float) - places[None, :, :], axis=2)
    np.fill_diagonal(apart, np.inf)
    numbers = np.arange(len(vectors)) // OF_EACH
    return float((numbers[apart.argmin(axis=1)] == numbers).mean())


def test_neighbours_stay_neighbours_landmarks_and_the_others() -> None:
    vectors = groups()
    places = project(vectors)
    assert len(vectors) > 500, "some are put among the landmarks"
    assert places.min() >= 0 and places.max() <= SIDE
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    flat = (centred @ directions[:2].T * SIDE).astype(np.int32)
    assert kept(vectors, places) > 0.97 > 0.8 > kept(vectors, flat)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 30])
def test_few_vectors_and_equal_ones_have_places_too(count: int) -> None:
    for vectors in (groups()[:count], np.repeat(groups()[:1], count, axis=0)):
        places = project(vectors)
        assert places.shape == (count, 2)
        assert ((places >= 0) & (places <= SIDE)).all()


def test_the_map_does_not_depend_on_the_process_or_its_threads() -> None:
    code = (
        "from tests.test_projection import groups, project\nimport hashlib\n"
        "found = hashlib.sha256(project(groups()).tobytes()).hexdigest()"
    )
    one, _, _ = alone(f"import os\nos.environ['OMP_NUM_THREADS'] = '1'\n{code}")
    two, _, _ = alone(f"import os\nos.environ['OMP_NUM_THREADS'] = '2'\n{code}")
    assert one == two


def test_all_are_drawn_or_an_even_sample() -> None:
    assert drawn(5).tolist() == [0, 1, 2, 3, 4]
    many = drawn(10 * MOST_DRAWN)
    assert len(many) == MOST_DRAWN and many[0] == 0 and many[-1] == 10 * MOST_DRAWN - 1
    assert set(np.diff(many)) == {10, 11} or set(np.diff(many)) == {10}


def test_a_vector_stands_between_its_nearest_closer_to_the_nearer() -> None:
    places = np.array([[0, 0], [100, 0]])
    assert between(np.array([0.5, 0.5], np.float32), places).tolist() == [50, 0]
    across, _ = between(np.array([0.6, 0.5], np.float32), places)
    assert 0 < across < 50
