"""Test questions asked of the index in use, with ranks and verdicts that can be worked out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from healthsearch.build import build
from healthsearch.errors import HealthSearchError
from healthsearch.judged_questions import Outcome, ask_all, verdicts
from healthsearch.places import default_questions
from healthsearch.search import Searcher
from tests.fakes import KeywordModel
from tests.folders import ROOT, put


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    put(tmp_path / "corpus", "massage.md", "massage disc", "rest walking")
    put(tmp_path / "corpus", "sleep.md", "sleep heat")
    put(tmp_path / "corpus", "vaccine.md", "vaccine")
    put(tmp_path / "corpus", "unasked.md", "something else")
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    return Searcher.open(tmp_path / "index", KeywordModel().load())


def questions(folder: Path, judged: dict[str, str], unanswerable: tuple[str, ...] = ()) -> Path:
    """A BEIR folder: each question with the one document that answers it."""
    (folder / "qrels").mkdir(parents=True)
    asked = [{"_id": f"q{number}", "text": text} for number, text in enumerate(judged)]
    (folder / "queries.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in asked), encoding="utf-8")
    lines = "".join(f"q{number}\t{document}\t1\n" for number, document in enumerate(judged.values()))
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{lines}", encoding="utf-8")
    if unanswerable:
        hopeless = [{"_id": f"u{number}", "text": text} for number, text in enumerate(unanswerable)]
        (folder / "unanswerable.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in hopeless))
    return folder


def test_ranks_are_those_of_the_judged_article_or_section(searcher: Searcher, tmp_path: Path) -> None:
    judged = {
        "massage disc": "massage",
        "rest walking": "massage#2",
        "walking rest": "massage#1",
        "vaccine": "sleep",
        "heat": "gone",
        "pain": "massage#9",
    }
    told: list[float] = []
    outcomes = ask_all(searcher, questions(tmp_path / "q", judged, ("pain",)), told.append)
    ranks = {one.question: one.rank for one in outcomes.answerable}
    assert ranks.keys() == {"massage disc", "rest walking", "walking rest", "vaccine"}
    assert outcomes.left_out == (("q4", "this index has no “gone”"), ("q5", "this index has no “massage#9”"))
    assert (ranks["massage disc"], ranks["rest walking"]) == (1, 1)
    assert ranks["walking rest"] not in (None, 1), "the right article, but another section"
    assert outcomes.success(1) == 0.5
    assert [one.question for one in outcomes.unanswerable] == ["pain"] and outcomes.unanswerable[0].rank is None
    assert told == sorted(told) and told[-1] == 1
    assert outcomes.unfound == ("unasked",)


def test_a_folder_about_other_articles_or_without_judgements_is_refused(searcher: Searcher, tmp_path: Path) -> None:
    with pytest.raises(HealthSearchError, match="none of its questions is about an article of this index"):
        ask_all(searcher, questions(tmp_path / "q", {"massage": "gone#1"}))
    (tmp_path / "q" / "qrels" / "test.tsv").unlink()
    with pytest.raises(HealthSearchError, match="no judgements"):
        ask_all(searcher, tmp_path / "q")


def test_a_question_that_cannot_be_asked_is_named_and_the_others_are_asked(searcher: Searcher, tmp_path: Path) -> None:
    judged = {"???": "massage", "massage disc": "massage", "rest " * 100: "sleep"}
    told: list[float] = []
    outcomes = ask_all(searcher, questions(tmp_path / "q", judged, ("", "pain")), told.append)
    assert [one.question for one in outcomes.answerable] == ["massage disc"] and outcomes.success(1) == 1.0
    assert [one.question for one in outcomes.unanswerable] == ["pain"] and told[-1] == 1
    assert outcomes.left_out == (
        ("q0", "it holds no words"),
        ("q2", "it is too long (499 characters)"),
        ("u0", "it is empty"),
    )
    outcomes = ask_all(searcher, questions(tmp_path / "none", {"???": "massage"}))
    assert (outcomes.answerable, outcomes.success(1)) == ((), 0.0)


def test_why_a_question_is_left_out_names_a_few_of_its_articles(searcher: Searcher, tmp_path: Path) -> None:
    folder = questions(tmp_path / "q", {"massage disc": "massage", "heat": "gone", "pain": "away"})
    with (folder / "qrels" / "test.tsv").open("a", encoding="utf-8") as more:
        more.write("".join(f"q1\tgone{number}\t1\n" for number in range(4)) + "q2\taway\t0\nq7\tmassage\t1\n")
    assert ask_all(searcher, folder).left_out == (
        ("q1", "this index has no “gone”, “gone0”, “gone1” and 2 more"),
        ("q2", "no article is given as its answer"),
        ("q7", "queries.jsonl has no such question"),
    )


def test_verdicts_follow_the_steps() -> None:
    outcomes = [Outcome("q", None, confidence, ()) for confidence in (0.1, 0.3, 0.5, 0.9)]
    assert verdicts(outcomes, 0.3, 0.9) == {"answered": 1, "related": 2, "nothing": 1}
    assert verdicts(outcomes, 0.0, 0.0) == {"answered": 4, "related": 0, "nothing": 0}


def test_the_questions_that_come_along_belong_to_the_articles_that_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("HEALTHSEARCH_CORPUS", raising=False)
    assert default_questions() == Path("tests/relevance")
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", "mine")
    assert default_questions() is None
    monkeypatch.setenv("HEALTHSEARCH_QUESTIONS", "questions")
    assert default_questions() == Path("questions")
