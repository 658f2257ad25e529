"""The words of every sentence, against sets worked out one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.coverage import Coverage, CoverageWriter, Vocabulary, runs

VOCABULARY = "massage disc rest pain walk heat".split()
PIECES = st.lists(st.lists(st.sampled_from(VOCABULARY), max_size=6), max_size=8)
NUMBERS = st.lists(st.integers(0, 9), unique=True, max_size=7)


def written(folder: Path, *batches: list[list[str]]) -> tuple[Coverage, dict[str, int]]:
    """What is read back of pieces that were written in batches, and their vocabulary."""
    writer = CoverageWriter(folder, Vocabulary())
    for pieces in batches:
        writer.add(pieces)
    writer.close()
    return Coverage(folder), writer.vocabulary


@given(PIECES, PIECES, NUMBERS, st.data())
def test_a_word_is_held_where_it_stands(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[list[str]],
    second: list[list[str]],
    numbers: list[int],
    data: st.DataObject,
) -> None:
    pieces = first + second
    coverage, vocabulary = written(tmp_path_factory.mktemp("coverage") / "c", first, second)
    assert len(coverage) == len(pieces)
    places = st.integers(0, max(len(pieces) - 1, 0))
    rows = data.draw(st.lists(places, max_size=6)) if pieces else []
    held = coverage.held(np.array(rows, dtype=np.int64), numbers)
    assert held.shape == (len(rows), len(numbers))
    expected = [[number in {vocabulary[word] for word in pieces[row]} for number in numbers] for row in rows]
    assert held.tolist() == expected


@given(PIECES, st.data())
def test_the_words_of_some_pieces_come_in_order(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[list[str]], data: st.DataObject
) -> None:
    coverage, vocabulary = written(tmp_path_factory.mktemp("coverage") / "c", pieces)
    assert list(vocabulary.values()) == list(range(len(vocabulary)))
    first = data.draw(st.integers(0, len(pieces)))
    last = data.draw(st.integers(first, len(pieces)))
    words, lengths = coverage.words(first, last)
    assert lengths.tolist() == [len(piece) for piece in pieces[first:last]]
    assert words.tolist() == [vocabulary[word] for piece in pieces[first:last] for word in piece]


def test_words_that_do_not_fill_the_pieces_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "c", [["massage", "disc"], ["rest"]])
    np.save(tmp_path / "c" / "words.npy", np.array([0, 1], dtype=np.int32))
    with pytest.raises(ValueError, match="cut off"):
        Coverage(tmp_path / "c")


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=8))
def test_runs_are_ranges_one_after_the_other(pairs: list[tuple[int, int]]) -> None:
    starts, counts = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    assert runs(starts, counts).tolist() == [at for start, count in pairs for at in range(start, start + count)]
