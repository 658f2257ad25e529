"""A kept answer says all that the page says, and shows article text letter for letter."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from healthsearch import wording
from healthsearch.build import build
from healthsearch.citing import reference
from healthsearch.encoder import Encoder
from healthsearch.export import answer_markdown, escaped
from healthsearch.search import Searcher
from healthsearch.urgent import read_signs
from tests.pages import NO_ANSWER, PAYLOAD, PAYLOAD_QUESTION, PAYLOAD_TITLE, QUESTION, URGENT_QUESTION, small_corpus
from tests.ready_model import ReadyModel
from tests.texts import ANYTHING

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory, default_encoder: Encoder, default_model: ReadyModel) -> Searcher:
    home = tmp_path_factory.mktemp("export")
    build(small_corpus(home / "corpus"), home / "index", default_model)
    return Searcher.open(home / "index", default_encoder)


def shown(markdown: str) -> str:
    """What a person sees of the rendered document, on one line."""
    drawn = MarkdownIt("commonmark").render(markdown)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", drawn)).split())


@given(ANYTHING)
def test_any_text_is_shown_letter_for_letter(text: str) -> None:
    visible = text.replace("\0", "\ufffd")
    assert "".join(shown(f"x{escaped(visible)}x").split()) == "".join(f"x{visible}x".split())


def test_an_answer_is_kept_with_its_sources_marks_and_fingerprint(searcher: Searcher) -> None:
    answer = searcher.search(QUESTION)
    told = shown(answer_markdown(answer, TODAY))
    assert told.startswith(f"{QUESTION} {wording.VERDICTS['answered']}.")
    assert wording.fingerprint(answer.generation, TODAY) in told and wording.ADVICE in told
    for hit, article in answer.hits:
        for part in (article.title, " ".join(hit.passage.text.split()), reference(hit.passage)):
            assert part in told
        for mark in answer.marks(hit):
            quoted = " ".join(hit.passage.text[mark.start : mark.end].split())
            assert f"{wording.MARKS[mark.kind]}: {quoted}" in told


def test_article_text_in_a_kept_answer_is_no_markdown_and_no_html(searcher: Searcher) -> None:
    markdown = answer_markdown(searcher.search(PAYLOAD_QUESTION), TODAY)
    told = shown(markdown)
    assert PAYLOAD in told and PAYLOAD_TITLE in told
    drawn = MarkdownIt("commonmark").render(markdown)
    assert not re.search(r"<(?:script|img|a|code|b)\b", drawn)
    assert not re.search(r"(?<!\\)[$`|:]red|(?<!\\)\$5", markdown)


def test_urgent_notices_and_what_does_not_answer_are_told(searcher: Searcher, tmp_path: Path) -> None:
    signs = read_signs(small_corpus(tmp_path / "corpus"))
    told = shown(answer_markdown(searcher.search(URGENT_QUESTION, signs=signs), TODAY))
    assert told.index("Possible heart attack.") < min(told.find(v) for v in wording.VERDICTS.values() if v in told)
    nothing = shown(answer_markdown(searcher.search(NO_ANSWER), TODAY))
    assert wording.VERDICTS["nothing"] in nothing and f"{wording.MARKS['answer']}:" not in nothing
