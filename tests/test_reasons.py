"""Why a passage was found: told from the question, the passage and the two lists, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from healthsearch.encoder import Encoder
from healthsearch.reasons import Lists, Reasons, reasons
from healthsearch.search import CANDIDATES, Searcher
from healthsearch.words import words

NAMES = "Does massage relieve a herniated lumbar disc?\nWhen massage is dangerous"
TEXT = "Massaging may injure nerves. X-rays are not needed."


def told(question: str) -> Reasons:
    return reasons(question, NAMES, TEXT, (1, None), 7)


def test_words_are_told_as_typed_and_matched_in_any_form() -> None:
    found = told("Is massage safe for the nerve, “injured” discs or leeches?")
    assert found.shared == ("massage", "nerve", "injured", "discs")
    assert found.named == ("massage", "discs")
    assert found.missing == ("safe", "leeches")
    assert (found.by_meaning, found.by_words, found.searched) == (1, None, 7)


@pytest.mark.parametrize("question", ["massage, massages, massaging!", "Massage MASSAGE"])
def test_a_word_in_two_forms_is_told_once(question: str) -> None:
    assert told(question).shared == ("massage",) or told(question).shared == ("Massage",)


def test_a_hyphened_word_counts_by_any_part() -> None:
    assert told("xray").shared == ("xray",)
    assert told("x-ray").shared == ("x-ray",)


def test_a_question_of_stop_words_shares_and_misses_nothing() -> None:
    found = told("What is it?")
    assert (found.shared, found.named, found.missing) == ((), (), ())


def test_a_place_is_counted_from_one_and_none_when_the_row_is_not_in_the_list() -> None:
    lists = Lists(np.array([4, 7, 9]), np.array([9, 2]))
    assert [lists.ranks(row) for row in (4, 9, 2, 1)] == [(1, None), (3, 1), (None, 2), (None, None)]


@pytest.mark.parametrize("question", ["is massage safe with a slipped disc", "burnt my hand on the kettle", "big toe"])
def test_a_hit_tells_the_places_that_it_had(few_index: Path, default_encoder: Encoder, question: str) -> None:
    searcher = Searcher.open(few_index, default_encoder)
    generation, query = searcher.generation, default_encoder.encode_query([question])[0]
    everything = np.arange(len(generation.vectors))
    cosines = generation.vectors.scores(query, everything)
    shares = generation.words.scores(words(question))
    assert len(everything) <= CANDIDATES, "so that every place can be worked out"
    for hit, article in searcher.search(question, k=20, as_typed=True).hits:
        [row] = [
            row
            for row in map(int, everything)
            if generation.article_store.passage(row).passage == hit.passage and hit.passage.article_id == article.id
        ]
        assert hit.reasons.by_meaning == 1 + int((cosines > cosines[row]).sum())
        assert hit.reasons.by_words == (1 + int((shares > shares[row]).sum()) if shares[row] else None)
        assert hit.reasons.searched == len(everything)
