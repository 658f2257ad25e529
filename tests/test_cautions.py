"""Which sentences warn; and how often a warning is one, on sentences labelled by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from healthsearch.answer import Hit
from healthsearch.build import build
from healthsearch.cautions import is_caution
from healthsearch.corpus import articles
from healthsearch.polarity import says_no
from healthsearch.search import Searcher
from tests.fakes import KeywordModel
from tests.folders import CORPUS, put

LABELLED = Path(__file__).parent / "sentences" / "own.jsonl"
# Of the sentences called so, this share must be: a wrong warning costs trust.
PRECISION = 0.9


@pytest.mark.parametrize(
    "sentence",
    [
        "Do not drive.",
        "Don’t drive.",
        "- Do not lift heavy things.",
        "If it bleeds, do not press on it.",
        "You should not lift.",
        "Children under 16 must not take aspirin.",
        "Never take more than the label says.",
        "Avoid strong pressure on the spine.",
        "Alcohol is best avoided.",
        "Massage is not safe over a broken bone.",
        "It is not recommended in pregnancy.",
        "See a doctor if the pain lasts.",
        "See a doctor within a day or two for pain after a fall.",
        "Call your local emergency number, or go to an emergency department.",
        "Use it only after a diagnosis.",
        "Ask your pharmacist first.",
        "Before you start, talk to your midwife or doctor.",
        "Stop the exercise if it hurts.",
        "Do\nnot drive.",
        "See a doctor\nif the pain lasts.",
        "◦ Do not drive.",
        "Strong pressure is dangerous for brittle bones.",
    ],
)
def test_cautions(sentence: str) -> None:
    assert is_caution(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Massage relaxes the muscles.",
        "The doctor examined twelve people.",
        "Most people get better within six weeks.",
        "Most people see a doctor within a week.",
        "Symptoms that do not resolve are rare.",
        "You do not need to rest.",
        "Doctors do not know exactly what causes it.",
        "People who never smoked get it, too.",
        "Blood thinners don't cure it.",
        "Notice how it feels.",
        "Nevertheless it helps.",
        "",
    ],
)
def test_what_is_no_caution(sentence: str) -> None:
    assert not is_caution(sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("may I drive after the injection", "Do not drive for 24 hours."),
        ("Can I take ibuprofen while pregnant?", "Ibuprofen should not be taken in pregnancy."),
        ("can my baby have honey", "Never give honey to a baby."),
        ("my back hurts, can I lift boxes", "Avoid lifting heavy boxes."),
        ("may I drive", "Do\nnot drive."),
        ("is heat safe on numb skin", "Heat is not safe on skin that is numb."),
    ],
)
def test_a_sentence_that_says_no(question: str, sentence: str) -> None:
    assert says_no(question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("should I avoid driving", "Do not drive for 24 hours."),
        ("is it bad to drive", "Do not drive for 24 hours."),
        ("when may I drive again", "Do not drive for 24 hours."),
        ("may I drive after the injection", "You may drive the next day."),
        ("may I drive after the injection", "Do not eat for six hours."),
        ("does rest help", "Rest helps people who do not sleep well."),
        ("can I walk", "You may not need to rest."),
        ("can I eat honey", "Do not give honey to babies under one."),
        ("can I take paracetamol with ibuprofen", "Never take more paracetamol than the label says."),
        ("is paracetamol safe in pregnancy", "Paracetamol should not be taken with other medicines that hold it."),
        ("can I swim with a plaster cast", "Do not swim alone."),
        ("should I have new bladder trouble looked at", "Do not explain new bladder trouble away."),
        ("does massage cure a slipped disc", "Massage does not move the disc back."),
        ("driving after the injection", "Do not drive for 24 hours."),
        ("", ""),
    ],
)
def test_a_sentence_that_does_not(question: str, sentence: str) -> None:
    assert not says_no(question, sentence)


class TestLabelled:
    """A hundred and ten sentences of our own articles, each with a question; labelled without sight of the rules."""

    lines = tuple(json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines())

    def test_every_sentence_still_stands_in_its_article(self) -> None:
        texts = {article.id: article.text for article in articles(CORPUS)}
        gone = [line["sentence"] for line in self.lines if line["sentence"] not in texts[line["article"]]]
        assert not gone, "label other sentences in place of these, without looking at what the rules say of them"

    def test_cautions_are_cautions(self) -> None:
        called = [line["caution"] for line in self.lines if is_caution(line["sentence"])]
        assert len(called) >= 30
        assert sum(called) / len(called) >= PRECISION

    def test_contradictions_are_contradictions(self) -> None:
        called = [line["opposite"] for line in self.lines if says_no(line["question"], line["sentence"])]
        assert len(called) >= 3
        assert sum(called) / len(called) >= PRECISION


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    fill = " ".join(["Walking eases the pain of a stiff back."] * 12)
    put(
        tmp_path / "corpus",
        "massage.md",
        f"Massage eases pain.\n\n{fill}\n\nHeat helps.\n\n{fill}\n\nDo not massage a fresh wound.",
        "Vaccine facts.",
    )
    put(tmp_path / "corpus", "sleep.md", "Do not sleep in a chair.", "Rest.")
    model = KeywordModel()
    build(tmp_path / "corpus", tmp_path / "index", model)
    return Searcher.open(tmp_path / "index", model.load())


def quotes(hit: Hit) -> list[str]:
    """The warnings from outside of the passage that come with it."""
    return [note.quote for note in hit.notes if note.kind == "caution"]


def test_a_caution_elsewhere_in_the_section_comes_with_the_hit(searcher: Searcher) -> None:
    hits = {hit.passage.text[:12]: (hit, article) for hit, article in searcher.search("massage", k=20).hits}
    hit, article = hits["Massage ease"]
    assert quotes(hit) == ["Do not massage a fresh wound."]
    assert "Do not massage" not in hit.passage.text
    as_json = next(
        found
        for found in searcher.search("massage", k=20).as_json()["hits"]
        if found["text"].startswith("Massage ease")
    )
    [caution] = as_json["cautions"]
    assert caution["text"] == article.text[caution["start"] : caution["end"]] == "Do not massage a fresh wound."


def test_a_caution_of_another_section_or_article_does_not(searcher: Searcher) -> None:
    hits = {hit.passage.text: hit for hit, _ in searcher.search("vaccine rest", k=20).hits}
    assert quotes(hits["Vaccine facts."]) == []
    assert quotes(hits["Rest."]) == []


def test_where_question_and_answer_point_opposite_ways_the_hit_says_so(searcher: Searcher) -> None:
    def kinds(question: str) -> list[str]:
        hits = {hit.passage.text: hit for hit, _ in searcher.search(question, k=20).hits}
        return [note.kind for note in hits["Do not sleep in a chair."].notes]

    assert kinds("can I sleep in a chair") == ["opposite"]
    assert kinds("should I avoid sleep in a chair") == []


def test_a_caution_far_away_in_a_long_section_does_not(tmp_path: Path) -> None:
    fill = "\n\n".join(" ".join(["Walking eases the pain of a stiff back."] * 12) for _ in range(9))
    put(tmp_path / "corpus", "long.md", f"Massage eases pain.\n\n{fill}\n\nDo not massage a fresh wound.")
    model = KeywordModel()
    build(tmp_path / "corpus", tmp_path / "index", model)
    searcher = Searcher.open(tmp_path / "index", model.load())
    first = next(hit for hit, _ in searcher.search("massage", k=20).hits if hit.passage.text.startswith("Massage"))
    assert quotes(first) == []
