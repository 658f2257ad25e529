"""Rank fusion: what must hold whatever its weights are, and sums worked out by hand."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.fusion import fuse

COSINES = st.integers(-100, 100).map(lambda number: number / 100)
SHARES = st.integers(0, 100).map(lambda number: number / 100)
ROWS = st.lists(st.tuples(COSINES, COSINES, SHARES), max_size=12)


def columns(rows: list[tuple[float, float, float]]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 3).T


def test_the_sum_worked_out_by_hand() -> None:
    passage, sentence, words = np.float32([0.8, 0.2]), np.float32([0.4, 0.6]), np.float32([0.0, 0.9])
    fused = fuse(passage, sentence, words, sentence_share=0.25, word_weight=0.5)
    # (0.75 x 0.8 + 0.25 x 0.4 + 0.5 x 0.0) / 1.5 and (0.75 x 0.2 + 0.25 x 0.6 + 0.5 x 0.9) / 1.5
    assert fused.tolist() == pytest.approx([0.7 / 1.5, 0.75 / 1.5])


@given(ROWS)
def test_one_score_a_passage_of_at_most_1(rows: list[tuple[float, float, float]]) -> None:
    fused = fuse(*columns(rows))
    assert (fused.shape, fused.dtype) == ((len(rows),), np.float32)
    assert (fused <= 1 + 1e-6).all()


def test_the_best_possible_passage_scores_1() -> None:
    assert fuse(*np.ones((3, 1), np.float32)).tolist() == pytest.approx([1.0])


@given(ROWS.filter(bool), st.integers(0, 2), st.data())
def test_more_of_anything_never_ranks_a_passage_lower(
    rows: list[tuple[float, float, float]], which: int, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(rows) - 1))
    before = columns(rows)
    after = before.copy()
    after[which, row] += 0.1
    assert fuse(*after)[row] > fuse(*before)[row]


@given(ROWS, st.randoms(use_true_random=False))
def test_a_score_does_not_depend_on_the_other_passages_or_their_order(rows: list, random: Random) -> None:
    order = random.sample(range(len(rows)), len(rows))
    together = fuse(*columns(rows))
    assert fuse(*columns([rows[place] for place in order])).tolist() == together[order].tolist()
    assert [fuse(*columns([row]))[0] for row in rows] == together.tolist()


@given(ROWS)
def test_without_weight_the_words_and_the_sentences_are_ignored(rows: list[tuple[float, float, float]]) -> None:
    passage, sentence, words = columns(rows)
    assert fuse(passage, sentence, words, sentence_share=0, word_weight=0).tolist() == passage.tolist()
    assert fuse(passage, sentence, words, sentence_share=1, word_weight=0).tolist() == sentence.tolist()
