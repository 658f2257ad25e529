"""A note that one form of an answer tells, every form tells; and every form counts hits in the same order."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest

from healthsearch import markup, reading, wording
from healthsearch.answer import Answer
from healthsearch.build import build
from healthsearch.export import answer_markdown
from healthsearch.notes import of_article
from healthsearch.search import Searcher
from healthsearch.terminal import answer_text
from tests.fakes import KeywordModel, an_article
from tests.folders import put

TODAY = date(2026, 11, 22)
QUESTION = "can I sleep in a chair"
WARNING = "See a doctor if the pain stays."


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """One whose hits carry every note, and in which an article has the first hit and a later one."""
    home = tmp_path_factory.mktemp("notes")
    fill = " ".join(["Many people like it so."] * 20)
    long = f"Sleep in a chair is good.\n\n{fill}\n\n{WARNING}"
    details = {"title": "Sleep in a chair", "language": "en"}
    put(home / "corpus", "a.md", "Sleep.", long, published="2019-05-01", **details)
    put(home / "corpus", "copies/b.md", "Sleep.", long, published="2019-05-01", **details)
    put(home / "corpus", "newer.md", "Do not sleep in a chair.", "Sleep.", published="2024", **details)
    put(home / "corpus", "vaccine.md", "The vaccine is safe.", "walking")
    build(home / "corpus", home / "index", KeywordModel())
    found = Searcher.open(home / "index", KeywordModel().load()).search(QUESTION, k=6, today=TODAY)
    kinds = [{note.kind for note in shown.notes} for shown in found.numbered]
    assert {"opposite"} in kinds and {"caution", "old", "superseded", "copies"} in kinds and set() in kinds
    ranks = [shown.hit.rank for shown in found.numbered]
    assert ranks != sorted(ranks) and found.contrast is not None
    return found


def plain(drawn: str) -> str:
    """HTML or Markdown as it is read, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>|(?<!\\)[*#>]|\\", "", drawn)).split())


def told(answer: Answer, number: int) -> set[str]:
    """The sentences that must stand beside the hit of this number."""
    notes = answer.numbered[number - 1].notes
    return {f"{wording.note(note, TODAY)} {note.quote}".strip() for note in notes}


def on_page(answer: Answer) -> list[str]:
    return [plain(markup.head(shown.result, TODAY) + markup.passage(answer, shown, TODAY)) for shown in answer.numbered]


def in_markdown(answer: Answer) -> list[str]:
    return [plain(part) for part in re.split(r"^## ", answer_markdown(answer, TODAY), flags=re.MULTILINE)[1:]]


def in_terminal(answer: Answer) -> list[str]:
    parts = re.split(r"^(?=\d\. )", answer_text(answer, TODAY, styled=False), flags=re.MULTILINE)[1:]
    return [" ".join(re.sub(r"^ +! ", "", part, flags=re.MULTILINE).split()) for part in parts]


@pytest.mark.parametrize("form", [on_page, in_markdown, in_terminal])
def test_every_form_tells_the_notes_of_a_hit_and_no_others(answer: Answer, form: object) -> None:
    assert callable(form)
    drawn = form(answer)
    everything = set().union(*(told(answer, shown.number) for shown in answer.numbered))
    assert len(drawn) == len(answer.numbered)
    for shown, text in zip(answer.numbered, drawn, strict=True):
        assert {sentence for sentence in everything if sentence in text} == told(answer, shown.number)


def test_json_tells_them_in_its_fields(answer: Answer) -> None:
    by_rank = {shown.hit.rank: shown for shown in answer.numbered}
    for hit in answer.as_json()["hits"]:
        kinds = [note.kind for note in by_rank[hit["rank"]].notes]
        assert hit["notes"] == [kind for kind in kinds if kind in ("opposite", "old", "superseded")]
        assert [caution["text"] for caution in hit["cautions"]] == ([WARNING] if "caution" in kinds else [])
        assert hit["also_at"] == (["copies/b.md"] if "copies" in kinds else [])
        newer = {"article_id": "newer", "title": "Sleep in a chair", "path": "newer.md", "published": "2024"}
        assert hit["superseded_by"] == (newer | {"reviewed": None} if "superseded" in kinds else None)


def test_an_opened_article_tells_the_notes_of_the_article(answer: Answer) -> None:
    for shown in answer.numbered:
        view = reading.of_hit(answer, shown, TODAY)
        assert set(view.notes) == {wording.note(note, TODAY) for note in shown.result.notes}


def test_hits_have_the_same_numbers_in_every_form(answer: Answer) -> None:
    assert [shown.number for shown in answer.numbered] == list(range(1, len(answer.numbered) + 1))
    forms = zip(on_page(answer), in_markdown(answer), in_terminal(answer), strict=True)
    for shown, (page, markdown, terminal) in zip(answer.numbered, forms, strict=True):
        first_words = " ".join(shown.hit.passage.text.split()[:3])
        assert f"{shown.number} {wording.position(shown.hit.passage.headings, None)}" in page
        assert markdown.startswith(f"{shown.number}. ") and terminal.startswith(f"{shown.number}. ")
        assert all(first_words in text.replace("»", "") for text in (page, markdown, terminal))


def test_two_that_contradict_each_other_are_named_by_these_numbers(answer: Answer) -> None:
    assert answer.sides is not None
    kind, along, against = answer.sides
    sentence = wording.contrast(kind, along.number, against.number)
    assert (along.number, against.number) != (along.hit.rank, against.hit.rank), "else ranks would do as well"
    assert sentence in plain(answer_markdown(answer, TODAY))
    assert sentence in " ".join(answer_text(answer, TODAY, styled=False).split())
    for side in (along, against):
        assert f'<a href="#hs-hit-{side.number}">Passage {side.number}, from' in markup.contrast(answer)


def test_every_note_is_a_sentence_about_its_article() -> None:
    old = an_article("text", published="2019-05-01")
    newer = an_article("other", title="Newer", published="2026")
    assert [wording.note(note, TODAY) for note in of_article(old, newer, TODAY)] == [
        "The publication is more than three years old, and advice may have changed since.",
        "A newer article in this collection covers the same subject: “Newer” (published 2026).",
    ]
    assert of_article(newer, None, TODAY) == ()
