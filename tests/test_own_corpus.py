"""Our own articles: each is complete, honest about its review, and of a length that a person reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from healthsearch.article import Article, parse_date
from healthsearch.corpus import articles as read_all
from healthsearch.corpus import list_files

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
FILES, PROBLEMS, _ = list_files(CORPUS)


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    return {article.path: article for article in read_all(CORPUS)}


each_article = pytest.mark.parametrize("path", [file.path for file in FILES])


def test_there_are_enough_and_all_can_be_read(articles: dict[str, Article]) -> None:
    assert PROBLEMS == []
    assert len(articles) >= 41


def test_no_two_share_an_id_or_a_title(articles: dict[str, Article]) -> None:
    assert len({article.id for article in articles.values()}) == len(articles)
    assert len({article.title.casefold() for article in articles.values()}) == len(articles)


@each_article
def test_the_front_matter_is_complete(articles: dict[str, Article], path: str) -> None:
    article = articles[path]
    assert article.title != Path(path).stem
    assert (article.language, article.publisher, article.licence) == ("en", "healthsearch", "CC BY 4.0")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", article.published or "")
    assert parse_date(article.published or "")
    assert article.also_called


@each_article
def test_it_claims_no_review_and_no_page_elsewhere(articles: dict[str, Article], path: str) -> None:
    assert (articles[path].reviewed, articles[path].url) == (None, None)


@each_article
def test_it_names_at_least_three_different_sources(articles: dict[str, Article], path: str) -> None:
    assert len(set(articles[path].sources)) >= 3
    assert all(len(source.split()) >= 3 for source in articles[path].sources)


@each_article
def test_it_is_neither_a_note_nor_a_book(articles: dict[str, Article], path: str) -> None:
    assert 400 <= len(articles[path].text.split()) <= 1_500


@each_article
def test_its_one_first_heading_is_its_title_and_others_follow(articles: dict[str, Article], path: str) -> None:
    article = articles[path]
    first, *others = article.headings
    assert (first.level, first.title, first.start) == (1, article.title, 0)
    assert len(others) >= 2
    assert all(heading.level in (2, 3) for heading in others)


@each_article
def test_no_markup_is_left_in_the_text(articles: dict[str, Article], path: str) -> None:
    text = articles[path].text
    assert not re.search(r"\*\*|__|\]\(|^#|</?[a-z]+>|&[a-z]+;|\ufffd", text, re.MULTILINE)
