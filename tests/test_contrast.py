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
QUESTION = "is massage safe for a disc"


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
    assert contrast(QUESTION, said("A disc is soft.", "Do not have a massage with a fever.")) is None
    assert contrast(QUESTION, said("A massage eases pain.", LIMIT)) is None, "one word is not enough for a warning"


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
