"""Fusion: what must hold whatever its weights are, and sums worked out by hand."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.build import build
from healthsearch.fusion import WEIGHTS, Measures, fuse, measure, measure_words
from healthsearch.generation import Generation
from healthsearch.in_use import open_generation
from healthsearch.words import words
from tests.fakes import KeywordModel
from tests.folders import put

NAMES = [field.name for field in fields(Measures)]
ROWS = st.lists(st.tuples(*[st.integers(-100, 100).map(lambda number: number / 100)] * len(NAMES)), max_size=12)


def measures(rows: list[tuple[float, ...]]) -> Measures:
    columns = np.array(rows, np.float32).reshape(-1, len(NAMES)).T
    return Measures(**dict(zip(NAMES, columns, strict=True)))


def test_every_measure_has_a_weight() -> None:
    assert sorted(WEIGHTS) == sorted(NAMES)
    assert all(weight > 0 for weight in WEIGHTS.values())


def test_the_sum_worked_out_by_hand() -> None:
    found = measures([(0.8, 0.2, 0, 0, 0.6, 0)])
    assert fuse(found, {"sentence": 3, "passage": 1}).tolist() == pytest.approx([(3 * 0.8 + 0.2) / 4])
    assert fuse(found, {"article_words": 0.5}).tolist() == pytest.approx([0.6])


@given(ROWS)
def test_one_score_a_passage_of_at_most_1(rows: list[tuple[float, ...]]) -> None:
    fused = fuse(measures(rows))
    assert (fused.shape, fused.dtype) == ((len(rows),), np.float32)
    assert (fused <= 1 + 1e-6).all()


def test_the_best_possible_passage_scores_1() -> None:
    assert fuse(measures([(1.0,) * len(NAMES)])).tolist() == pytest.approx([1.0])


@given(ROWS.filter(bool), st.sampled_from(NAMES), st.data())
def test_more_of_anything_never_ranks_a_passage_lower(
    rows: list[tuple[float, ...]], which: str, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(rows) - 1))
    before = measures(rows)
    column = getattr(before, which).copy()
    column[row] += 0.1
    assert fuse(replace(before, **{which: column}))[row] > fuse(before)[row]


@given(ROWS, st.randoms(use_true_random=False))
def test_a_score_does_not_depend_on_the_other_passages_or_their_order(rows: list, random: Random) -> None:
    order = random.sample(range(len(rows)), len(rows))
    together = fuse(measures(rows))
    assert fuse(measures([rows[place] for place in order])).tolist() == together[order].tolist()
    assert [fuse(measures([row]))[0] for row in rows] == together.tolist()


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Every passage speaks of rest, one of massage too, and one has that in its title."""
    home = tmp_path_factory.mktemp("fusion")
    put(home / "corpus", "a.md", "Rest after a massage. Walking.", "Pain. Rest.", title="Other")
    put(home / "corpus", "b.md", "Sleep and rest.", title="Massage")
    build(home / "corpus", home / "index", KeywordModel())
    return open_generation(home / "index")[0]


def test_shares_of_the_question_s_words_are_of_all_of_them_however_common(generation: Generation) -> None:
    rows, terms = np.arange(3), words("massage or rest")
    found = measure_words(generation, rows, terms)
    massage, rest = generation.words.weights(terms).values()
    assert found.sentences.tolist() == pytest.approx([1, 0, 0, rest / (massage + rest), rest / (massage + rest)])
    assert found.firsts.tolist() == [0, 2, 4]
    assert found.passage_words.tolist() == pytest.approx([1, rest / (massage + rest), 1])
    assert found.name_words.tolist() == pytest.approx([0, 0, massage / (massage + rest)])


def test_a_question_without_index_words_shares_none(generation: Generation) -> None:
    with np.errstate(all="raise"):
        found = measure_words(generation, np.arange(3), words("what is it?"))
    assert {name: asdict(found)[name].tolist() for name in ("passage_words", "article_words", "name_words")} == {
        "passage_words": [0, 0, 0],
        "article_words": [0, 0, 0],
        "name_words": [0, 0, 0],
    }


def test_measures_take_four_bytes_a_number(generation: Generation) -> None:
    query = KeywordModel().load().vector("massage")
    found = measure(generation, np.arange(3), query, words("massage"))
    assert {name: column.dtype for name, column in asdict(found).items()} == dict.fromkeys(NAMES, np.dtype(np.float32))
