"""Two passages stand side by side where one denies or limits what the other says, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from healthsearch.build import build
from healthsearch.cautions import is_caution
from healthsearch.contrast import AnsweringSentence, Contrast, contrast
from healthsearch.search import Searcher
from tests.fakes import KeywordModel
from tests.folders import put

YES = "Massage eases the pain of a disc."
LIMIT = "Do not have a massage of the disc with a fever."
NO = "Massage of the disc is not safe."
# The weights of "is massage safe for a disc".
QUESTION = {"massag": 2.0, "safe": 1.0, "disc": 1.5}


def said(*sentences: str, opposite: tuple[int, ...] = ()) -> list[AnsweringSentence]:
    return [AnsweringSentence(rank, text, rank in opposite) for rank, text in enumerate(sentences, start=1)]


def test_what_denies_comes_before_what_limits() -> None:
    assert contrast(QUESTION, said(YES, LIMIT, NO, opposite=(3,))) == Contrast(1, 3, "opposite")
    assert contrast(QUESTION, said(LIMIT, "Rest.", YES)) == Contrast(3, 1, "limit")


def test_the_best_ranked_two_are_taken() -> None:
    assert contrast(QUESTION, reversed(said(YES, YES, LIMIT, LIMIT))) == Contrast(1, 3, "limit")


def test_without_two_sides_or_without_the_same_thing_there_is_none() -> None:
    for told in (said(YES, YES), said(LIMIT, LIMIT), said(NO, opposite=(1,)), said("", LIMIT), []):
        assert contrast(QUESTION, told) is None
    assert contrast(QUESTION, said(YES, "Do not have a massage of the disc if:")) is None, "its list is not shown"
    assert contrast(QUESTION, said("Heat eases a disc.", LIMIT)) is None, "the question is about massage"
    slight = QUESTION | {"herniat": 20.0}
    assert contrast(slight, said(YES, LIMIT)) is None, "they meet on a word beside the point"


def test_what_is_asked_of_a_thing_is_not_the_thing_however_rare_the_word() -> None:
    assert contrast(QUESTION | {"eas": 3.0}, said(YES, LIMIT)) == Contrast(1, 2, "limit")


@pytest.mark.parametrize(
    "along",
    [
        "A massage of the disc takes an hour.",
        "Massage of the disc helps little.",
        "Massage of the disc may ease pain, but harms nerves.",
        "Do massage and exercise help the disc?",
    ],
)
def test_only_what_speaks_for_something_is_limited(along: str) -> None:
    assert contrast(QUESTION, said(along, LIMIT)) is None


@pytest.mark.parametrize(
    ("against", "limited"),
    [
        ("Do not have a massage with a fever.", True),
        ("In pregnancy, massage should be avoided.", True),
        ("Do not stop a blood thinner for a massage.", False),
        ("Oils should not be used in massage.", False),
        ("Some choose it when massage is not safe.", False),
        ("Do not treat a fever with massage.", True),
        ("Do not treat massage burns with ice.", False),
    ],
)
def test_the_warning_must_forbid_what_is_asked(against: str, limited: bool) -> None:
    assert (contrast(QUESTION, said(YES, against)) is not None) == limited


@pytest.mark.parametrize(
    "against",
    [
        "Call your local emergency number if the disc numbs both legs after a massage.",
        "See a doctor the same day if a massage makes the disc worse.",
        "If the disc hurts more after a massage, see a doctor.",
    ],
)
def test_signs_of_an_emergency_do_not_limit_other_signs_of_it(against: str) -> None:
    signs = "Numb legs after massage of a disc are signs of pressure on the nerves."
    assert is_caution(against) and not is_caution(signs)
    assert contrast(QUESTION, said(signs, against)) is None


def test_an_answer_tells_of_it_and_passages_that_may_not_answer_do_not(tmp_path: Path) -> None:
    put(tmp_path / "corpus", "yes.md", YES)
    put(tmp_path / "corpus", "limit.md", LIMIT)
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    searcher = Searcher.open(tmp_path / "index", KeywordModel().load())
    answer = searcher.search("massage disc")
    assert answer.verdict == "answered" and answer.contrast is not None
    assert answer.sides is not None
    kind, *sides = answer.sides
    assert (kind, [shown.article.id for shown in sides]) == ("limit", ["yes", "limit"])
    assert answer.as_json()["contrast"] == {
        "along": answer.contrast.along,
        "against": answer.contrast.against,
        "kind": "limit",
    }
    searcher.calibration = replace(searcher.calibration, answered=1.0, related=0.0)
    answer = searcher.search("massage disc")
    assert (answer.verdict, answer.contrast) == ("related", None)
