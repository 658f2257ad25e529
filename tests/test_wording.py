"""What the page says, word for word."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch import source_wording, wording
from healthsearch.errors import HealthSearchError
from tests.fakes import an_article

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("2026-11-22", "22 November 2026"),
        ("2026-01-05", "5 January 2026"),
        ("2024-05", "May 2024"),
        ("2024", "2024"),
        ("2024-13-01", "2024-13-01"),
        ("spring 2024", "spring 2024"),
    ],
)
def test_a_date_is_said_as_precisely_as_it_is_given(iso: str, words: str) -> None:
    assert source_wording.day(iso) == words


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (date(2026, 11, 22), "today"),
        (date(2026, 11, 21), "yesterday"),
        (date(2026, 11, 9), "13 days ago"),
        (date(2026, 11, 8), "2 weeks ago"),
        (date(2026, 9, 23), "8 weeks ago"),
        (date(2026, 9, 22), "2 months ago"),
        (date(2026, 3, 23), "7 months ago"),
        (date(2026, 3, 22), "8 months ago"),
        (date(2024, 11, 23), "23 months ago"),
        (date(2024, 11, 22), "2 years ago"),
        (date(2023, 11, 23), "2 years ago"),
        (date(2016, 2, 29), "10 years ago"),
    ],
)
def test_a_time_is_told_rounded_down(then: date, words: str) -> None:
    assert source_wording.ago(then, TODAY) == words


@given(st.integers(0, 20_000))
def test_a_number_in_a_time_is_never_one_or_none(days: int) -> None:
    said = source_wording.ago(TODAY - timedelta(days=days), TODAY)
    assert said in ("today", "yesterday") or int(said.split()[0]) >= 2


@pytest.mark.parametrize(
    ("reviewed", "words"),
    [
        (None, "Not yet reviewed by a clinician"),
        ("2026-03-22", "Reviewed 8 months ago"),
        ("2026-03", "Reviewed March 2026"),
        ("2027-01-01", "Reviewed 1 January 2027"),
        ("last week", "Reviewed last week"),
    ],
)
def test_the_state_of_review(reviewed: str | None, words: str) -> None:
    article = an_article("Text.", **({"reviewed": reviewed} if reviewed else {}))
    assert source_wording.reviewed(article, TODAY) == words


@pytest.mark.parametrize(("field", "what"), [("reviewed", "last review"), ("published", "publication")])
def test_an_old_article_is_said_to_be_old_by_its_review_or_its_publication(field: str, what: str) -> None:
    told = source_wording.old(an_article("Text.", **{field: "2020-01-01"}))
    assert told.startswith(f"The {what} is more than three years old")


def test_publisher_and_date_are_never_left_open() -> None:
    article = an_article("Text.")
    assert source_wording.publisher(article) == "Publisher not named"
    assert source_wording.published(article) == "Date of publication not given"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_match_is_never_stronger_than_the_best_nor_than_the_confidence(
    score: float, best: float, sure: float
) -> None:
    order = [words for _, words in wording.STRENGTHS]
    said = wording.strength(min(score, best), best, sure)
    assert order.index(said) >= order.index(wording.strength(best, best, sure))
    assert order.index(said) >= order.index(wording.strength(min(score, best), best, 1.0))


@pytest.mark.parametrize(("confidence", "words"), [(1.0, "Strong"), (0.6, "Good"), (0.3, "Partial"), (0.1, "Weak")])
def test_the_best_match_is_as_strong_as_the_confidence(confidence: float, words: str) -> None:
    assert wording.strength(0.8, 0.8, confidence) == f"{words} match"


def test_no_match_has_a_number_in_it() -> None:
    assert not any(letter.isdigit() for _, words in wording.STRENGTHS for letter in words)


def test_what_a_screen_reader_hears() -> None:
    assert wording.announcement("related", 5, 3) == "Possibly related. 5 passages from 3 articles."
    assert wording.announcement("nothing", 5, 3).startswith("Nothing in these articles answers this. 5 close passages")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (None, "3 of 40 files"),
        (59.0, "less than a minute left"),
        (61.0, "about 1 minute left"),
        (600.0, "10 minutes"),
    ],
)
def test_progress_is_told(left: float | None, words: str) -> None:
    assert words in wording.progress(3, 40, left)
    assert wording.progress(40, 40, left) == "40 of 40 files"


def test_a_problem_names_its_place_cause_and_remedy_unless_it_is_the_question() -> None:
    assert wording.problem(HealthSearchError("corpus", "it is gone", "Bring it back.")) == (
        "The search is not available",
        "corpus: it is gone. Bring it back.",
    )
    assert "question:" not in wording.problem(HealthSearchError("question", "it is empty", "Type."))[1]


def test_a_verdict_that_was_fitted_to_another_encoder_is_called_approximate() -> None:
    assert wording.verdict_note("related", calibrated=True) == wording.VERDICT_NOTES["related"]
    assert "only approximate" in wording.verdict_note("related", calibrated=False)
