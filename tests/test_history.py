"""The list of builds is kept, is bounded, and breaks nothing when it is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from healthsearch.build import build
from healthsearch.history import FILE, MOST_BUILDS, MOST_NAMED, builds, record
from healthsearch.plan import Summary
from tests.fakes import KeywordModel
from tests.folders import put


def test_a_build_that_changes_something_is_told_of_with_its_files(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    for name in ("a", "b", "c"):
        put(corpus, f"{name}.md", f"massage {name}")
    (corpus / "broken.md").write_text("---\ntitle: [\n---\n\nText.\n", encoding="utf-8")
    first = build(corpus, index, KeywordModel())
    build(corpus, index, KeywordModel())
    build(corpus, index, KeywordModel(), dry_run=True)
    put(corpus, "a.md", "rest")
    (corpus / "b.md").unlink()
    (corpus / "c.md").rename(corpus / "d.md")
    second = build(corpus, index, KeywordModel())

    newer, older = builds(index)
    assert (older.generation, newer.generation) == (first.generation, second.generation)
    assert older.added.named == ("a.md", "b.md", "c.md") and older.skipped.count == 1
    assert "broken.md" in older.skipped.named[0] and "YAML" in older.skipped.named[0]
    assert (newer.changed.named, newer.deleted.named, newer.renamed.named) == (("a.md",), ("b.md",), ("c.md → d.md",))
    assert older.when <= newer.when


def test_the_list_is_bounded(tmp_path: Path) -> None:
    many = [f"{number}.md" for number in range(MOST_NAMED + 5)]
    for number in range(MOST_BUILDS + 3):
        record(tmp_path, Summary(added=many, generation=str(number)))
    found = builds(tmp_path)
    assert [built.generation for built in found] == [str(number) for number in range(MOST_BUILDS + 2, 2, -1)]
    assert (found[0].added.count, len(found[0].added.named)) == (MOST_NAMED + 5, MOST_NAMED)


BROKEN: list[Any] = ["", "[", "{}", "[1]", "[{}]", "null", '[{"when": "now"}]', "[" * 100_000, b"\xff"]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_list_is_an_empty_one_and_the_next_build_mends_it(tmp_path: Path, text: str | bytes) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    put(corpus, "a.md", "massage")
    index.mkdir()
    (index / FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert builds(index) == []
    build(corpus, index, KeywordModel())
    assert len(builds(index)) == 1


def test_a_list_that_cannot_be_written_fails_no_build(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    put(corpus, "a.md", "massage")
    (index / FILE).mkdir(parents=True)
    assert build(corpus, index, KeywordModel()).published
    assert builds(index) == [] and not (index / f"{FILE}.draft").exists()


def test_what_an_interrupted_writing_leaves_is_not_the_list(tmp_path: Path) -> None:
    record(tmp_path, Summary(generation="a"))
    (tmp_path / f"{FILE}.draft").write_text("[{", encoding="utf-8")
    assert [built.generation for built in builds(tmp_path)] == ["a"]
    record(tmp_path, Summary(generation="b"))
    assert [one["generation"] for one in json.loads((tmp_path / FILE).read_text(encoding="utf-8"))] == ["b", "a"]
