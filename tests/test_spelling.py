"""Typing slips: what is mended, and above all what is left alone."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.spelling import Correction, Speller, spellings

CORPUS = {
    "gout": 9,
    "massage": 5,
    "spinach": 2,
    "patch": 2,
    "each": 50,
    "hypertension": 3,
    "amitriptyline": 4,
    "prednisone": 4,
    "back": 30,
    "articular": 1,
}
SPELLER = Speller(CORPUS)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("is spinich bad for gowt?", "is spinach bad for gout?"),
        ("Masage, please", "massage, please"),
        ("bakc", "back"),
        ("amitryptiline", "amitriptyline"),
        ("lidocaine pach", "lidocaine patch"),
    ],
)
def test_a_slip_is_read_as_the_nearest_word_of_the_corpus(typed: str, read: str) -> None:
    assert SPELLER.correct(typed)[0] == read


@pytest.mark.parametrize(
    "question",
    [
        "hypotension",
        "prednisolone",
        "intra-articula",
        "10 mg of xyzal",
        "GOUTS",
        "cushion",
        "neighbour's",
        "l5 s1",
        "痛风",
        "",
    ],
)
def test_other_words_numbers_names_and_opposites_are_left_alone(question: str) -> None:
    assert SPELLER.correct(question) == (question, ())


def test_each_correction_is_told() -> None:
    assert SPELLER.correct("gowt and Masage and gowt")[1] == (
        Correction("gowt", "gout"),
        Correction("Masage", "massage"),
    )


@given(st.text())
def test_only_what_is_told_is_changed(question: str) -> None:
    read, corrections = SPELLER.correct(question)
    if not corrections:
        assert read == question
    assert {one.read_as for one in corrections} <= set(CORPUS)


@given(st.lists(st.sampled_from(sorted(CORPUS)), max_size=6).map(" ".join))
def test_words_of_the_corpus_are_never_changed(question: str) -> None:
    assert SPELLER.correct(question) == (question, ())


def test_a_word_that_the_articles_write_with_a_hyphen_is_known_without_it_too() -> None:
    spelt = Counter(spellings("An X-ray is a picture made with rays."))
    assert spelt["xray"] == spelt["ray"] == 1
    assert Speller(spelt).correct("what does an xray show")[1] == ()
