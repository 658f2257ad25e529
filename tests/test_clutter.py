"""Ten of our articles inside the clutter of real sites: none of it is indexed, and no sentence is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from healthsearch.article import Article
from healthsearch.readers import markdown, web_page
from healthsearch.sentences import split_sentences, without_list_marker

HERE = Path(__file__).parent
CLUTTER: dict[str, list[str]] = json.loads((HERE / "clutter" / "clutter.json").read_text(encoding="utf-8"))
# So long a line is clutter wherever it stands; a shorter one may be words of the article too.
LONG = 4

each_page = pytest.mark.parametrize("name", CLUTTER)


def as_page(name: str) -> Article:
    [article] = web_page.read((HERE / "clutter" / f"{name}.html").read_bytes(), f"{name}.html")
    return article


def as_written(name: str) -> Article:
    [article] = markdown.read((HERE.parent / "corpus" / f"{name}.md").read_bytes(), f"{name}.md")
    assert isinstance(article, Article)
    return article


def sentences(article: Article) -> list[str]:
    text = article.text
    found = split_sentences(text, 0, len(text))
    return [text[without_list_marker(text, one.start, one.end) : one.end] for one in found]


def test_there_are_ten_pages_and_much_clutter() -> None:
    assert len(CLUTTER) == 10
    assert min(map(len, CLUTTER.values())) >= 9


@each_page
def test_no_line_of_clutter_is_indexed(name: str) -> None:
    article = as_page(name)
    lines = {line.strip().removeprefix("- ") for line in article.text.split("\n")}
    assert [line for line in CLUTTER[name] if line in lines] == []
    assert [line for line in CLUTTER[name] if len(line.split()) >= LONG and line in article.text] == []


@each_page
def test_no_sentence_is_lost_and_none_is_added(name: str) -> None:
    assert sentences(as_page(name)) == sentences(as_written(name))


@each_page
def test_headings_and_title_are_the_article_s_own(name: str) -> None:
    page, written = as_page(name), as_written(name)
    assert (page.title, page.language) == (written.title, "en")
    assert [(heading.level, heading.title) for heading in page.headings] == [
        (heading.level, heading.title) for heading in written.headings
    ]
