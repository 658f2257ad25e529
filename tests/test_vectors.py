"""Nearest vectors, against NumPy by brute force. Whole numbers make every order of summing give the same bits."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.arrays import Matrix, Rows
from healthsearch.vectors import FLAT, SKETCH, Sketch, Vectors, mean, writer


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
    assert (len(vectors), vectors.dimension) == (0, 3)
    assert vectors.search(np.float32([0, 1, 0]), 5)[0].tolist() == []


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
def test_numbers_of_any_width_and_layout_are_taken_and_the_same_come_back(case: tuple[Matrix, Matrix, int]) -> None:
    matrix, query, k = case
    vectors = Vectors.of(np.asfortranarray(matrix, np.float64))
    rows = np.arange(2 * len(matrix), dtype=np.int32)[::2] // 2
    assert vectors.scores(np.repeat(query.astype(np.float64), 2)[::2], rows).tolist() == (matrix @ query).tolist()
    for found, scores in (vectors.search(query, k), vectors.search(query, k, np.ones(len(matrix), np.bool_))):
        assert (found.dtype, scores.dtype) == (np.int64, np.float32)
        assert found.tolist() == by_brute_force(matrix, query, k)[0].tolist()


@pytest.mark.parametrize("row", [-1, 3])
def test_a_row_that_there_is_not_is_refused(row: int) -> None:
    with pytest.raises(IndexError, match="of 3"):
        Vectors.of(np.eye(3, dtype=np.float32)).scores(np.float32([0, 1, 0]), np.array([0, row]))


def test_rows_are_a_copy() -> None:
    vectors = Vectors.of(np.eye(3, dtype=np.float32))
    copied = vectors.rows(1, 3)
    assert copied.tolist() == [[0, 1, 0], [0, 0, 1]]
    copied[:] = 7
    assert vectors.rows(1, 3).tolist() == [[0, 1, 0], [0, 0, 1]]


@given(searches())
def test_what_is_written_bit_by_bit_is_faiss_s_own_file(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[Matrix, Matrix, int]
) -> None:
    matrix, query, k = case
    folder = tmp_path_factory.mktemp("vectors")
    write(folder, matrix)
    index = faiss.IndexFlatIP(matrix.shape[1])
    index.add(matrix)
    assert (folder / FLAT).read_bytes() == faiss.serialize_index(index).tobytes()
    opened = Vectors.open(folder, matrix.shape[1], sketched=False)
    assert opened.matrix.tolist() == matrix.tolist()
    assert [part.tolist() for part in opened.search(query, k)] == [
        part.tolist() for part in Vectors.of(matrix).search(query, k)
    ]


def write(folder: Path, matrix: Matrix) -> None:
    """Each vector by itself."""
    written = writer(folder, matrix.shape[1])
    for row in range(len(matrix)):
        written.add(matrix[row : row + 1])
    written.close()


def test_an_empty_file_of_vectors_finds_nothing(tmp_path: Path) -> None:
    write(tmp_path, np.empty((0, 3), np.float32))
    opened = Vectors.open(tmp_path, 3, sketched=False)
    assert (len(opened), opened.dimension, opened.matrix.shape) == (0, 3, (0, 3))


@pytest.mark.parametrize("other", [faiss.IndexFlatL2(3), faiss.IndexFlatIP(4), faiss.IndexHNSWFlat(3, 4)])
def test_another_index_is_refused_before_faiss_reads_it(tmp_path: Path, other: faiss.Index) -> None:
    other.add(np.ones((5, other.d), np.float32))
    (tmp_path / FLAT).write_bytes(faiss.serialize_index(other).tobytes())
    with pytest.raises(ValueError, match="no flat index of 3 dimensions"):
        Vectors.open(tmp_path, 3, sketched=False)


def test_a_file_of_vectors_of_another_length_is_refused(tmp_path: Path) -> None:
    write(tmp_path, np.eye(3, dtype=np.float32))
    whole = (tmp_path / FLAT).read_bytes()
    for data in (*(whole[:end] for end in range(len(whole))), whole + b"\0", whole + bytes(12)):
        (tmp_path / FLAT).write_bytes(data)
        with pytest.raises(ValueError, match=r"no flat index of 3 dimensions|empty"):
            Vectors.open(tmp_path, 3, sketched=False)


def test_the_mean_has_length_1_and_of_nothing_is_0() -> None:
    np.testing.assert_allclose(mean(np.float32([[1, 0], [0, 1]])), [0.5**0.5] * 2, rtol=1e-6)
    assert mean(np.float32([[1, 0], [-1, 0]])).tolist() == [0, 0]
    assert mean(np.empty((0, 2), np.float32)).tolist() == [0, 0]
    assert mean(np.float64([[2, 0]])).dtype == np.float32


# With a sketch

SUBJECTS, OF_EACH, DIMENSION = 200, 30, 128


def around_subjects(count: int, seed: int) -> Matrix:
    """Vectors in groups, whose members are spread over the rows."""
    subjects = unit_rows(SUBJECTS, DIMENSION, seed=2)
    vectors = subjects[np.arange(count) % SUBJECTS] + 0.7 * unit_rows(count, DIMENSION, seed)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def clustered() -> Matrix:
    return around_subjects(SUBJECTS * OF_EACH, seed=3)


@pytest.fixture(scope="module")
def sketched(clustered: Matrix) -> Vectors:
    return Vectors.of(clustered, Sketch.of(clustered))


def test_the_sketch_misses_hardly_any_of_the_nearest(clustered: Matrix, sketched: Vectors) -> None:
    found = []
    for query in around_subjects(100, seed=4):
        rows, scores = sketched.search(query, 20)
        expected, _ = by_brute_force(clustered, query, 20)
        found.append(len(np.intersect1d(rows, expected)) / 20)
        assert scores.tolist() == sketched.scores(query, rows).tolist(), "cosines are exact"
        assert (np.diff(scores) <= 0).all()
    assert np.mean(found) >= 0.98


def test_what_is_asked_for_is_there_and_comes_first(clustered: Matrix, sketched: Vectors) -> None:
    for row in range(0, len(clustered), 500):
        assert sketched.search(clustered[row], 5)[0][0] == row


def test_many_are_looked_for_among_all(clustered: Matrix, sketched: Vectors) -> None:
    query = unit_rows(1, DIMENSION, seed=5)[0]
    for k in (1_000, len(clustered)):
        assert sketched.search(query, k)[0].tolist() == Vectors.of(clustered).search(query, k)[0].tolist()


def test_a_wide_filter_lets_only_its_rows_through(clustered: Matrix, sketched: Vectors) -> None:
    among = np.random.default_rng(6).random(len(clustered)) < 0.5
    found = []
    for query in around_subjects(50, seed=7):
        rows, _ = sketched.search(query, 10, among)
        assert among[rows].all()
        found.append(len(np.intersect1d(rows, Vectors.of(clustered).search(query, 10, among)[0])) / 10)
    assert np.mean(found) >= 0.98


@pytest.mark.parametrize("share", [0.001, 0.02, 0.15])
def test_a_narrow_filter_is_exact(clustered: Matrix, sketched: Vectors, share: float) -> None:
    among = np.random.default_rng(8).random(len(clustered)) < share
    for query in unit_rows(20, DIMENSION, seed=9):
        expected = Vectors.of(clustered).search(query, 10, among)
        assert [part.tolist() for part in sketched.search(query, 10, among)] == [part.tolist() for part in expected]


def test_a_wide_filter_on_what_is_asked_for_is_exact(clustered: Matrix, sketched: Vectors) -> None:
    query = clustered[0]
    among = np.ones(len(clustered), np.bool_)
    among[Vectors.of(clustered).search(query, 500)[0]] = False
    expected = Vectors.of(clustered).search(query, 10, among)
    assert [part.tolist() for part in sketched.search(query, 10, among)] == [part.tolist() for part in expected]


def test_the_same_vectors_give_the_same_sketch_and_it_survives_its_bytes(clustered: Matrix, sketched: Vectors) -> None:
    data = Sketch.of(clustered).to_bytes()
    again = Sketch.from_bytes(np.frombuffer(data.tobytes(), np.uint8))
    assert again.to_bytes().tobytes() == data.tobytes() == Sketch.of(clustered.copy()).to_bytes().tobytes()
    query = unit_rows(1, DIMENSION, seed=10)[0]
    assert Vectors.of(clustered, again).search(query, 20)[0].tolist() == sketched.search(query, 20)[0].tolist()


def test_a_sketch_of_other_vectors_is_refused(clustered: Matrix) -> None:
    with pytest.raises(ValueError, match="a sketch of 5999 vectors for 6000"):
        Vectors.of(clustered, Sketch.of(clustered[1:]))


def test_cut_bytes_are_no_sketch() -> None:
    data = Sketch.of(unit_rows(40, 8)).to_bytes()
    for end in range(0, len(data), 7):
        with pytest.raises(ValueError, match=r"^the bytes are not a FAISS index$"):
            Sketch.from_bytes(data[:end].copy())


@given(st.binary(max_size=200))
def test_other_bytes_are_no_sketch(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a FAISS index"):
        Sketch.from_bytes(np.frombuffer(data, np.uint8))


@pytest.mark.parametrize(
    ("index", "name"), [(faiss.IndexFlatIP(3), "IndexFlatIP"), (faiss.IndexHNSWFlat(3, 4), "IndexHNSWFlat")]
)
def test_an_index_of_another_kind_is_no_sketch(index: faiss.Index, name: str) -> None:
    with pytest.raises(ValueError, match=f"^expected a sketch, got {name}$"):
        Sketch.from_bytes(faiss.serialize_index(index))


def test_a_sketch_names_each_row_once_in_order_and_no_more_than_there_are() -> None:
    rows = Sketch.of(unit_rows(40, 8)).nearest(unit_rows(1, 8, seed=1)[0], 100)
    assert (rows.tolist(), rows.dtype) == (list(range(40)), np.int64)


def test_more_rows_from_the_sketch_miss_fewer_of_the_nearest(clustered: Matrix, tmp_path: Path) -> None:
    write(tmp_path, clustered)
    (tmp_path / SKETCH).write_bytes(Sketch.of(clustered).to_bytes().tobytes())
    found = []
    for oversampling in (1, 3):
        vectors = Vectors.open(tmp_path, DIMENSION, sketched=True, oversampling=oversampling)
        shared = [
            np.intersect1d(vectors.search(query, 20)[0], by_brute_force(clustered, query, 20)[0])
            for query in around_subjects(50, seed=11)
        ]
        found.append(sum(map(len, shared)) / (50 * 20))
    assert found[0] < 0.85 < 0.95 < found[1]
