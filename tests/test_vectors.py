"""Exact search, against NumPy by brute force. Whole numbers make every order of summing give the same bits."""

from __future__ import annotations

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.vectors import Matrix, Rows, Vectors


@st.composite
def searches(draw: st.DrawFn) -> tuple[Matrix, Matrix, int]:
    """A matrix of small whole numbers, so that ties are common; a query; and how many to find."""
    rows, columns = draw(st.integers(1, 40)), draw(st.integers(1, 5))
    number = st.integers(-2, 2)
    matrix = draw(st.lists(st.lists(number, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    query = draw(st.lists(number, min_size=columns, max_size=columns))
    return np.array(matrix, np.float32), np.array(query, np.float32), draw(st.integers(0, rows + 3))


def by_brute_force(matrix: Matrix, query: Matrix, k: int) -> tuple[Rows, Matrix]:
    scores = matrix @ query
    order = np.lexsort((np.arange(len(matrix)), -scores))[:k]
    return order, scores[order]


def unit_rows(count: int, dimension: int, seed: int = 0) -> Matrix:
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@given(searches())
def test_the_nearest_are_those_of_brute_force_and_ties_go_by_row(case: tuple[Matrix, Matrix, int]) -> None:
    matrix, query, k = case
    rows, scores = Vectors.of(matrix).search(query, k)
    expected_rows, expected_scores = by_brute_force(matrix, query, k)
    assert rows.tolist() == expected_rows.tolist()
    assert scores.tolist() == expected_scores.tolist()


@given(searches(), st.data())
def test_among_chosen_rows_the_nearest_are_those_of_brute_force(
    case: tuple[Matrix, Matrix, int], data: st.DataObject
) -> None:
    matrix, query, k = case
    among = np.array(data.draw(st.lists(st.booleans(), min_size=len(matrix), max_size=len(matrix))))
    rows, scores = Vectors.of(matrix).search(query, k, among)
    of_chosen, expected_scores = by_brute_force(matrix[among], query, k)
    assert rows.tolist() == np.flatnonzero(among)[of_chosen].tolist()
    assert scores.tolist() == expected_scores.tolist()


def test_real_vectors_are_ranked_as_by_brute_force() -> None:
    matrix, queries = unit_rows(3_000, 384), unit_rows(20, 384, seed=1)
    vectors = Vectors.of(matrix)
    for query in queries:
        rows, scores = vectors.search(query, 50)
        expected_rows, expected_scores = by_brute_force(matrix, query, 50)
        np.testing.assert_array_equal(rows, expected_rows)
        np.testing.assert_allclose(scores, expected_scores, atol=1e-6)


def test_the_same_vector_has_the_same_score_wherever_it_stands() -> None:
    matrix = unit_rows(1_001, 384)
    twice = np.concatenate([matrix, matrix[::-1]])
    rows, scores = Vectors.of(twice).search(matrix[7], len(twice))
    by_row = dict(zip(rows.tolist(), scores.tolist(), strict=True))
    assert all(by_row[row] == by_row[2_001 - row] for row in range(1_001))
    assert rows[:2].tolist() == [7, 1_994]


def test_any_number_of_ties_goes_by_row() -> None:
    matrix = np.float32([[0.5, 0.5]] * 500 + [[1, 0]] + [[0.5, 0.5]] * 500 + [[1, 0]])
    assert Vectors.of(matrix).search(np.float32([1, 0]), 5)[0].tolist() == [500, 1_001, 0, 1, 2]


def test_more_than_there_are_gives_all_without_padding() -> None:
    rows, scores = Vectors.of(np.eye(3, dtype=np.float32)).search(np.float32([0, 1, 0]), 10)
    assert (rows.tolist(), scores.tolist()) == ([1, 0, 2], [1.0, 0.0, 0.0])


@pytest.mark.parametrize("k", [0, -1])
def test_none_wanted_none_found(k: int) -> None:
    rows, scores = Vectors.of(np.eye(3, dtype=np.float32)).search(np.float32([0, 1, 0]), k)
    assert (rows.tolist(), scores.tolist()) == ([], [])


def test_an_empty_index_finds_nothing() -> None:
    vectors = Vectors.of(np.empty((0, 3), np.float32))
    again = Vectors.from_bytes(vectors.to_bytes())
    for one in (vectors, again):
        assert (len(one), one.dimension) == (0, 3)
        assert one.search(np.float32([0, 1, 0]), 5)[0].tolist() == []


@pytest.mark.parametrize("shape", [(2,), (4,), (1, 3), (3, 1), (0,), ()])
def test_a_query_of_another_shape_is_refused_with_the_numbers(shape: tuple[int, ...]) -> None:
    vectors = Vectors.of(np.eye(3, dtype=np.float32))
    query = np.zeros(shape, np.float32)
    with pytest.raises(ValueError, match="against vectors of 3 dimensions"):
        vectors.search(query, 1)
    with pytest.raises(ValueError, match="against vectors of 3 dimensions"):
        vectors.scores(query, np.array([0]))


@given(searches())
def test_the_scores_of_named_rows(case: tuple[Matrix, Matrix, int]) -> None:
    matrix, query, k = case
    rows = np.arange(len(matrix))[::-1][:k]
    assert Vectors.of(matrix).scores(query, rows).tolist() == (matrix @ query)[rows].tolist()


@given(searches())
def test_bytes_round_trip(case: tuple[Matrix, Matrix, int]) -> None:
    matrix, query, k = case
    vectors = Vectors.of(matrix)
    data = vectors.to_bytes()
    again = Vectors.from_bytes(np.frombuffer(data.tobytes(), np.uint8))
    assert again.to_bytes().tobytes() == data.tobytes() == Vectors.of(matrix).to_bytes().tobytes()
    assert again.rows(0, len(again)).tolist() == matrix.tolist()
    assert again.search(query, k)[0].tolist() == vectors.search(query, k)[0].tolist()


def test_rows_are_a_copy() -> None:
    vectors = Vectors.of(np.eye(3, dtype=np.float32))
    copied = vectors.rows(1, 3)
    assert copied.tolist() == [[0, 1, 0], [0, 0, 1]]
    copied[:] = 7
    assert vectors.rows(1, 3).tolist() == [[0, 1, 0], [0, 0, 1]]


def test_the_index_keeps_its_own_copy_of_the_matrix() -> None:
    matrix = np.eye(3, dtype=np.float32)
    vectors = Vectors.of(matrix)
    matrix[:] = 7
    assert vectors.rows(0, 3).tolist() == np.eye(3).tolist()


def test_rows_in_any_memory_order_are_taken() -> None:
    matrix = np.asfortranarray(unit_rows(50, 8))
    assert Vectors.of(matrix).rows(0, 50).tolist() == matrix.tolist()


def test_cut_bytes_are_refused() -> None:
    data = Vectors.of(np.eye(3, dtype=np.float32)).to_bytes()
    for end in range(len(data)):
        with pytest.raises(ValueError, match="not a FAISS index"):
            Vectors.from_bytes(data[:end].copy())


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a FAISS index"):
        Vectors.from_bytes(np.frombuffer(data, np.uint8))


@pytest.mark.parametrize("index", [faiss.IndexFlatL2(3), faiss.IndexHNSWFlat(3, 4)])
def test_an_index_of_another_kind_is_refused(index: faiss.Index) -> None:
    with pytest.raises(ValueError, match="expected a flat inner-product index"):
        Vectors.from_bytes(faiss.serialize_index(index))
