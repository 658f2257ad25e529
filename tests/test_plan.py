"""What a build has to do: each kind of change by itself, and that none is taken for another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from healthsearch.article import Article
from healthsearch.build import build
from healthsearch.errors import HealthSearchError, UnreadableArticle
from healthsearch.generation import Generation
from healthsearch.in_use import open_generation
from healthsearch.intake import take_in
from healthsearch.plan import Plan, Summary, make_plan, refuse_shrink
from tests.fakes import KeywordModel
from tests.folders import put, reseal

MODEL = KeywordModel()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    put(folder, "a.md", "massage")
    put(folder, "b.md", "rest", "walking")
    put(folder, "sub/c.md", "sleep")
    return folder


@pytest.fixture
def index(tmp_path: Path, corpus: Path) -> Path:
    build(corpus, tmp_path / "index", MODEL)
    return tmp_path / "index"


@pytest.fixture
def previous(index: Path) -> Iterator[Generation]:
    generation, _ = open_generation(index)
    yield generation
    generation.close()


def plan_of(corpus: Path, previous: Generation | None) -> Plan:
    return make_plan(corpus, previous, MODEL.digest)


def told(summary: Summary) -> dict[str, list]:
    kinds: dict[str, list[Any]] = {
        "added": summary.added,
        "changed": summary.changed,
        "deleted": summary.deleted,
        "renamed": summary.renamed,
        "unchanged": summary.unchanged,
        "skipped": [problem.place for problem in summary.skipped],
    }
    return {kind: paths for kind, paths in kinds.items() if paths}


def test_without_an_index_everything_is_new(corpus: Path) -> None:
    plan = plan_of(corpus, None)
    assert told(plan.summary) == {"added": ["a.md", "b.md", "sub/c.md"]}
    assert plan.to_read == {"a.md", "b.md", "sub/c.md"}
    assert not plan.nothing_to_do


def test_the_same_corpus_gives_nothing_to_do(corpus: Path, previous: Generation) -> None:
    plan = plan_of(corpus, previous)
    assert told(plan.summary) == {"unchanged": ["a.md", "b.md", "sub/c.md"]}
    assert plan.to_read == set()
    assert plan.nothing_to_do


def test_a_touched_file_is_unchanged(corpus: Path, previous: Generation) -> None:
    os.utime(corpus / "a.md", (2_000_000_000, 2_000_000_000))
    (corpus / "b.md").write_bytes((corpus / "b.md").read_bytes())
    assert plan_of(corpus, previous).nothing_to_do


def test_new_changed_deleted_and_renamed(corpus: Path, previous: Generation) -> None:
    put(corpus, "a.md", "massage", "heat")
    (corpus / "b.md").rename(corpus / "sub" / "b2.md")
    (corpus / "sub" / "c.md").unlink()
    put(corpus, "d.md", "vaccine")
    plan = plan_of(corpus, previous)
    assert told(plan.summary) == {
        "added": ["d.md"],
        "changed": ["a.md"],
        "deleted": ["sub/c.md"],
        "renamed": [("b.md", "sub/b2.md")],
    }
    assert plan.to_read == {"a.md", "d.md", "sub/b2.md"}
    assert not plan.nothing_to_do


def test_only_a_deletion_is_something_to_do(corpus: Path, previous: Generation) -> None:
    (corpus / "a.md").unlink()
    plan = plan_of(corpus, previous)
    assert told(plan.summary) == {"deleted": ["a.md"], "unchanged": ["b.md", "sub/c.md"]}
    assert (plan.to_read, plan.nothing_to_do) == (set(), False)


def test_a_copy_is_new_and_not_renamed(corpus: Path, previous: Generation) -> None:
    (corpus / "z.md").write_bytes((corpus / "a.md").read_bytes())
    assert told(plan_of(corpus, previous).summary) == {"added": ["z.md"], "unchanged": ["a.md", "b.md", "sub/c.md"]}


def test_two_files_that_change_places_have_both_changed(corpus: Path, previous: Generation) -> None:
    a, b = (corpus / "a.md").read_bytes(), (corpus / "b.md").read_bytes()
    (corpus / "a.md").write_bytes(b)
    (corpus / "b.md").write_bytes(a)
    assert told(plan_of(corpus, previous).summary) == {"changed": ["a.md", "b.md"], "unchanged": ["sub/c.md"]}


def test_one_file_cannot_be_renamed_to_two(corpus: Path, previous: Generation) -> None:
    content = (corpus / "a.md").read_bytes()
    (corpus / "a.md").unlink()
    (corpus / "x.md").write_bytes(content)
    (corpus / "y.md").write_bytes(content)
    assert told(plan_of(corpus, previous).summary) == {
        "added": ["y.md"],
        "renamed": [("a.md", "x.md")],
        "unchanged": ["b.md", "sub/c.md"],
    }


def test_files_of_equal_content_are_all_renamed(corpus: Path, tmp_path: Path) -> None:
    (corpus / "b.md").write_bytes((corpus / "a.md").read_bytes())
    build(corpus, tmp_path / "index", MODEL)
    previous, _ = open_generation(tmp_path / "index")
    for name in ("a.md", "b.md"):
        (corpus / name).rename(corpus / f"new-{name}")
    found = told(plan_of(corpus, previous).summary)
    previous.close()
    assert found == {"renamed": [("a.md", "new-a.md"), ("b.md", "new-b.md")], "unchanged": ["sub/c.md"]}


def test_another_encoder_or_a_rebuild_reads_everything(corpus: Path, previous: Generation) -> None:
    everything = {"a.md", "b.md", "sub/c.md"}
    for plan in (
        make_plan(corpus, previous, "another digest"),
        make_plan(corpus, previous, MODEL.digest, rebuild=True),
    ):
        assert (plan.to_read, plan.nothing_to_do) == (everything, False)
        assert told(plan.summary) == {"unchanged": sorted(everything)}


@pytest.mark.parametrize("rule", ["reading", "splitting", "passage_tokens", "analysis"])
def test_an_index_by_other_rules_is_read_anew(corpus: Path, index: Path, rule: str) -> None:
    reseal(index, lambda manifest: manifest.update({rule: "of yesterday"}))
    generation, _ = open_generation(index)
    plan = plan_of(corpus, generation)
    assert (plan.to_read, plan.nothing_to_do) == ({"a.md", "b.md", "sub/c.md"}, False)
    assert plan.summary.reason.startswith("the index was made by other rules for ")


def test_why_everything_is_read_again_names_all_that_has_changed(corpus: Path, index: Path) -> None:
    reseal(index, lambda manifest: manifest.update({"splitting": "of yesterday", "analysis": "of yesterday"}))
    generation, _ = open_generation(index)
    assert make_plan(corpus, generation, "another digest").summary.reason == (
        "the index was made by other rules for splitting articles and the analysis of words, "
        "and it was made with another encoder (keywords)"
    )
    generation.close()


def test_what_was_skipped_and_has_not_changed_is_skipped_again_unread(corpus: Path, index: Path) -> None:
    (corpus / "bad.md").write_bytes(b"\xff\xff")
    build(corpus, index, MODEL)
    generation, _ = open_generation(index)
    plan = plan_of(corpus, generation)
    assert told(plan.summary) == {"unchanged": ["a.md", "b.md", "sub/c.md"], "skipped": ["bad.md"]}
    assert plan.summary.skipped[0].cause == "line 1 is not valid UTF-8"
    assert (plan.to_read, plan.nothing_to_do) == (set(), True)


def test_a_skipped_file_is_tried_again_once_anything_changes(corpus: Path, index: Path) -> None:
    """What was wrong with it may have been another file, with the same id."""
    (corpus / "bad.md").write_bytes(b"\xff\xff")
    build(corpus, index, MODEL)
    generation, _ = open_generation(index)
    (corpus / "bad.md").write_text("mended", encoding="utf-8")
    assert plan_of(corpus, generation).to_read == {"bad.md"}
    (corpus / "bad.md").write_bytes(b"\xff\xff")
    put(corpus, "new.md", "heat")
    assert plan_of(corpus, generation).to_read == {"bad.md", "new.md"}
    (corpus / "new.md").unlink()
    (corpus / "a.md").rename(corpus / "a2.md")
    assert plan_of(corpus, generation).to_read == {"bad.md", "a2.md"}


def test_a_skipped_file_that_is_gone_is_something_to_do(corpus: Path, index: Path) -> None:
    """Else the manifest would go on naming a file that nobody has."""
    (corpus / "bad.md").write_bytes(b"\xff\xff")
    build(corpus, index, MODEL)
    generation, _ = open_generation(index)
    (corpus / "bad.md").unlink()
    plan = plan_of(corpus, generation)
    assert told(plan.summary) == {"unchanged": ["a.md", "b.md", "sub/c.md"]}
    assert not plan.nothing_to_do


def test_a_file_that_cannot_be_read_is_named(corpus: Path, previous: Generation) -> None:
    (corpus / "gone.md").symlink_to("nowhere.md")
    (corpus / "loop.md").symlink_to("loop.md")
    plan = plan_of(corpus, previous)
    assert told(plan.summary)["skipped"] == ["gone.md", "loop.md"]
    assert [problem.cause for problem in plan.summary.skipped] == [
        "the file cannot be read (No such file or directory)",
        "the file cannot be read (Too many levels of symbolic links)",
    ]


def test_other_files_are_passed_over(corpus: Path, previous: Generation) -> None:
    for name in ("README.md", "readme.txt", ".hidden.md", "picture.png", "notes", ".git/x.md", "a.md~"):
        put(corpus, name, "heat")
    assert plan_of(corpus, previous).nothing_to_do


def test_a_corpus_that_gives_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HealthSearchError, match="there is no such folder"):
        plan_of(tmp_path / "nowhere", None)
    (tmp_path / "empty").mkdir()
    with pytest.raises(HealthSearchError, match="the folder holds no articles"):
        plan_of(tmp_path / "empty", None)
    (tmp_path / "empty" / "loop.md").symlink_to("loop.md")
    with pytest.raises(HealthSearchError, match="none of its files can be read"):
        plan_of(tmp_path / "empty", None)


def test_half_of_the_articles_may_go_and_no_more(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    for name in "abcd":
        put(corpus, f"{name}.md", "rest")
    build(corpus, tmp_path / "index", MODEL)
    generation, _ = open_generation(tmp_path / "index")
    refuse_shrink(corpus, generation, {"a.md": 1, "b.md": 1, "new.md": 1})
    with pytest.raises(HealthSearchError, match="3 of the 4 articles in the index are no longer there") as error:
        refuse_shrink(corpus, generation, {"a.md": 1, "new.md": 1, "other.md": 1})
    assert "--allow-shrink" in error.value.remedy
    refuse_shrink(corpus, None, {})


def test_a_file_that_goes_away_after_planning_is_skipped_by_name(corpus: Path) -> None:
    plan = plan_of(corpus, None)
    (corpus / "b.md").unlink()
    found = {file.path: list(outcomes) for file, outcomes in take_in(corpus, plan, None)}
    assert [path for path, outcomes in found.items() if isinstance(outcomes[0], Article)] == ["a.md", "sub/c.md"]
    [problem] = found["b.md"]
    assert isinstance(problem, UnreadableArticle) and problem.place == "b.md"
    assert plan.summary.skipped == [problem]
