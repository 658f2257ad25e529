"""The collection in numbers that can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from healthsearch.build import build
from healthsearch.generation import Generation
from healthsearch.in_use import open_generation
from healthsearch.overview import outdated, overview, superseded
from tests.fakes import KeywordModel
from tests.folders import put

TODAY = date(2026, 11, 22)
Opened = Callable[[], Generation]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_it() -> Generation:
        build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
        return open_generation(tmp_path / "index")[0]

    return open_it


def test_articles_are_counted_by_all_that_they_say(tmp_path: Path, opened: Opened) -> None:
    corpus = tmp_path / "corpus"
    put(corpus, "a.md", "massage", "rest", publisher="A clinic", language="en", published="2026-01-05")
    put(corpus, "b.md", "massage one", publisher="A clinic", language="de", published="2010", reviewed="2025-11-22")
    put(corpus, "c.md", "massage two", reviewed="2025-11-21")
    put(corpus, "d.md", "massage three", published="2021-11")
    put(corpus, "e.md", "massage " * 200, published="some day")
    found = overview(opened(), TODAY)
    assert (found.articles, found.passages) == (5, len(opened().vectors))
    assert found.publisher == {"A clinic": 2, None: 3}
    assert found.language == {"de": 1, "en": 1, None: 3}
    assert found.age == {0: 2, 1: 1, 5: 1, None: 1}
    assert found.length == {0: 4, 1_000: 1}


def test_what_is_old_and_what_has_a_newer_one_is_named(tmp_path: Path, opened: Opened) -> None:
    corpus = tmp_path / "corpus"
    put(corpus, "old.md", "massage disc", "rest", title="Does massage help a disc", published="2020-01-01")
    put(corpus, "new.md", "massage disc", "rest, rest", title="Does massage help a disc", published="2026")
    put(corpus, "limit.md", "vaccine", title="Vaccines", published="2023-11-23")
    generation = opened()
    assert [article.id for article in outdated(generation, TODAY)] == ["old"]
    assert [(one.id, later.id) for one, later in superseded(generation)] == [("old", "new")]
