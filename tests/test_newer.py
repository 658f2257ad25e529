"""A newer article is told of only where it covers the same, is dated later, and is in the same language."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from healthsearch.build import build
from healthsearch.encoder import Encoder
from healthsearch.newer import newer
from healthsearch.search import Searcher
from tests.fakes import KeywordModel
from tests.folders import CORPUS, put
from tests.ready_model import ReadyModel

TODAY = date(2026, 11, 22)


def found(tmp_path: Path, **other: str) -> Searcher:
    """Two articles that say the same in other words, the second with these details."""
    details = {"title": "Does massage help a disc", "published": "2020-01-01", "language": "en"}
    put(tmp_path / "corpus", "old.md", "massage disc", "rest", **details)
    put(tmp_path / "corpus", "other.md", "massage disc", "rest, and rest", **(details | {"published": "2024"} | other))
    put(tmp_path / "corpus", "third.md", "vaccine", **details)
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    return Searcher.open(tmp_path / "index", KeywordModel().load())


def notes(searcher: Searcher) -> dict[str, bool]:
    answer = searcher.search("massage disc", k=20, today=TODAY)
    return {one.article.id: any(note.kind == "superseded" for note in one.notes) for one in answer.results}


def test_the_older_of_two_alike_is_superseded_and_the_newer_is_named(tmp_path: Path) -> None:
    searcher = found(tmp_path)
    assert notes(searcher) == {"old": True, "other": False, "third": False}
    [result] = [one for one in searcher.search("massage disc", k=20).results if one.article.id == "old"]
    assert [note.newer.id for note in result.notes if note.newer] == ["other"]


@pytest.mark.parametrize(
    "other",
    [
        {"published": "2020-01-01"},
        {"published": "2019"},
        {"published": ""},
        {"published": "some day"},
        {"title": "Disc surgery"},
        {"language": "de"},
    ],
)
def test_what_is_not_later_or_not_the_same_supersedes_nothing(tmp_path: Path, other: dict[str, str]) -> None:
    told = notes(found(tmp_path, **other))
    assert not told["old"] and not told["third"]


def test_a_review_counts_before_a_publication(tmp_path: Path) -> None:
    assert notes(found(tmp_path, published="2010", reviewed="2026-01-01"))["old"]
    assert notes(found(tmp_path, published="2026", reviewed="2011"))["other"]


def test_another_subject_with_the_same_title_supersedes_nothing(tmp_path: Path) -> None:
    put(tmp_path / "corpus", "old.md", "massage", title="A title", published="2020")
    put(tmp_path / "corpus", "new.md", "vaccine", title="A title", published="2024")
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    assert not any(notes(Searcher.open(tmp_path / "index", KeywordModel().load())).values())


def test_a_new_version_of_an_article_of_ours_is_known_as_one(
    tmp_path: Path, default_encoder: Encoder, default_model: ReadyModel
) -> None:
    text = (CORPUS / "gout.md").read_text(encoding="utf-8")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "new.md").write_text(text, encoding="utf-8")
    old = text.replace("published: 2026-11-22", "published: 2019-05-01").split("\n## ")
    (tmp_path / "corpus" / "old.md").write_text("\n## ".join(old[:-2]), encoding="utf-8")
    build(tmp_path / "corpus", tmp_path / "index", default_model)
    generation = Searcher.open(tmp_path / "index", default_encoder).generation
    later = newer(generation, dict(enumerate(generation.article_store.articles())))
    assert {article: other.id for article, other in later.items()} == {"old": "new"}
