"""The words of every sentence, against sets worked out one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.coverage import Coverage, runs

VOCABULARY = {word: number for number, word in enumerate("massage disc rest pain walk heat".split())}
PIECES = st.lists(st.lists(st.sampled_from(sorted(VOCABULARY)), max_size=6), max_size=8)
NUMBERS = st.lists(st.integers(0, 9), unique=True, max_size=7)


@given(PIECES, NUMBERS, st.data())
def test_a_word_is_held_where_it_stands(pieces: list[list[str]], numbers: list[int], data: st.DataObject) -> None:
    coverage = Coverage.of(pieces, VOCABULARY)
    assert len(coverage) == len(pieces)
    places = st.integers(0, max(len(pieces) - 1, 0))
    rows = data.draw(st.lists(places, max_size=6)) if pieces else []
    held = coverage.held(np.array(rows, dtype=np.int64), numbers)
    assert held.shape == (len(rows), len(numbers))
    expected = [[number in {VOCABULARY[word] for word in pieces[row]} for number in numbers] for row in rows]
    assert held.tolist() == expected


@given(PIECES, NUMBERS)
def test_what_was_saved_holds_the_same(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[list[str]], numbers: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("coverage")
    made = Coverage.of(pieces, VOCABULARY)
    made.save(folder)
    rows = np.arange(len(pieces))
    assert Coverage.load(folder).held(rows, numbers).tolist() == made.held(rows, numbers).tolist()


def test_words_that_do_not_fill_the_pieces_are_refused(tmp_path: Path) -> None:
    Coverage.of([["massage", "disc"], ["rest"]], VOCABULARY).save(tmp_path)
    np.save(tmp_path / "words.npy", np.array([0, 1], dtype=np.int32))
    with pytest.raises(ValueError, match="cut off"):
        Coverage.load(tmp_path)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=8))
def test_runs_are_ranges_one_after_the_other(pairs: list[tuple[int, int]]) -> None:
    starts, counts = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    assert runs(starts, counts).tolist() == [at for start, count in pairs for at in range(start, start + count)]
