"""A build killed without warning: search goes on at every moment, and the next build only does the rest."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import build_index
from healthsearch.build import build
from healthsearch.errors import HealthSearchError, NoIndex
from healthsearch.models import DEFAULT_MODEL
from healthsearch.search import Searcher
from tests.fakes import KeywordModel
from tests.folders import in_use, kept, put, python, snapshot

PASSAGES = 12


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    put(folder, "old.md", "massage for the disc")
    return folder


def grow(corpus: Path) -> None:
    """Add articles of ``PASSAGES`` passages in all."""
    for number in range(PASSAGES // 2):
        put(corpus, f"new{number}.md", f"walking {number}", f"vaccine {number}")


@contextmanager
def building(corpus: Path, index: Path, kind: str, what: str) -> Iterator[int]:
    """A build that stands still at a point, as in ``tests.paused_build``; killed at the end."""
    marker = index.parent / "marker"
    marker.unlink(missing_ok=True)
    process = python("-m", "tests.paused_build", corpus, index, marker, kind, what)
    try:
        while not marker.exists():
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.01)
        yield process.pid
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL


def found(index: Path, question: str) -> set[str]:
    """The articles found for a question by a searcher that is opened now."""
    searcher = Searcher.open(index, KeywordModel().load())
    assert searcher.fault is None
    return {article.id for _, article in searcher.search(question, k=50).hits}


def test_killed_three_times_over_it_encodes_every_passage_once(tmp_path: Path, corpus: Path) -> None:
    index = tmp_path / "index"
    build(corpus, index, KeywordModel())
    grow(corpus)
    before = snapshot(in_use(index))
    # Before the 4th passage, then before the 6th of the rest, then when all is encoded but nothing published.
    for kind, what in [("encode", "4"), ("encode", "6"), ("os.rename", "current.json")]:
        with building(corpus, index, kind, what):
            assert found(index, "massage") == {"old"}
        assert found(index, "massage") == {"old"}
        assert snapshot(in_use(index)) == before
        if what == "4":
            # What is left, by the count of a build that may be thrown away.
            assert left(tmp_path, corpus, index) == PASSAGES - 3
        elif what == "6":
            assert left(tmp_path, corpus, index) == PASSAGES - 3 - 5
    model = KeywordModel()
    summary = build(corpus, index, model)
    assert (model.encoded, summary.encoded, summary.reused) == ([], 0, PASSAGES + 1)
    assert found(index, "vaccine") >= {f"new{number}" for number in range(PASSAGES // 2)}
    build(corpus, tmp_path / "full", KeywordModel())
    assert snapshot(in_use(index)) == snapshot(in_use(tmp_path / "full"))


def left(tmp_path: Path, corpus: Path, index: Path) -> int:
    """How many passages a build has still to encode; found out on a copy of the index."""
    copy = tmp_path / "copy"
    for name, content in snapshot(index).items():
        if content is None:
            (copy / name).mkdir(parents=True, exist_ok=True)
        else:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(content)
    return build(corpus, copy, KeywordModel()).encoded


@pytest.mark.parametrize(
    ("kind", "what", "published"),
    [
        # The new generation gets its name, the pointer is written, and what is older is cleaned away.
        ("os.rename", "generations/.draft", False),
        ("open", "current.json.draft", False),
        ("os.rename", "current.json", False),
        ("shutil.rmtree", "OLDEST", True),
    ],
)
def test_killed_while_publishing_it_serves_either_the_old_or_the_new(
    tmp_path: Path, corpus: Path, kind: str, what: str, published: bool
) -> None:
    index = tmp_path / "index"
    build(corpus, index, KeywordModel())
    oldest = in_use(index).name
    put(corpus, "old.md", "massage for the disc", "heat")
    build(corpus, index, KeywordModel())
    grow(corpus)
    with building(corpus, index, kind, what.replace("OLDEST", oldest)):
        assert bool(found(index, "vaccine") - {"old"}) is published
    assert bool(found(index, "vaccine") - {"old"}) is published
    model = KeywordModel()
    summary = build(corpus, index, model)
    assert (model.encoded, summary.published) == ([], not published)
    assert found(index, "vaccine") >= {f"new{number}" for number in range(PASSAGES // 2)}
    put(corpus, "last.md", "sleep")
    build(corpus, index, KeywordModel())
    assert len(kept(index)) == 2
    assert not list(index.glob("journal*"))


def test_killed_in_a_first_build_there_is_no_index_yet_and_nothing_is_lost(tmp_path: Path, corpus: Path) -> None:
    index = tmp_path / "index"
    grow(corpus)
    with building(corpus, index, "encode", "8"):
        with pytest.raises(NoIndex, match="there is no index yet"):
            Searcher.open(index, KeywordModel().load())
    with pytest.raises(NoIndex, match="there is no index yet"):
        Searcher.open(index, KeywordModel().load())
    assert build(corpus, index, KeywordModel()).encoded == PASSAGES + 1 - 7
    assert found(index, "massage") >= {"old"}


def test_a_second_build_says_who_is_building_and_a_dead_one_s_lock_is_free(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = tmp_path / "index"
    build(corpus, index, KeywordModel())
    grow(corpus)
    with building(corpus, index, "encode", "2") as holder:
        before = snapshot(index)
        named = ["--model", DEFAULT_MODEL]
        assert build_index.main(["--corpus", str(corpus), "--index", str(index), *named]) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err == (
            f"error: {index}: another build is running (process {holder})."
            " Wait until it has finished, then build again.\n"
        )
        with pytest.raises(HealthSearchError, match="another build is running"):
            build(corpus, index, KeywordModel())
        # To look is allowed.
        assert len(build(corpus, index, KeywordModel(), dry_run=True).added) == PASSAGES // 2
        assert snapshot(index) == before
    assert build(corpus, index, KeywordModel()).encoded == PASSAGES - 1


def test_a_builder_that_has_not_yet_said_its_name_is_no_riddle(tmp_path: Path, corpus: Path) -> None:
    index = tmp_path / "index"
    with building(corpus, index, "open", "builder.txt"):
        assert not (index / "builder.txt").exists()
        with pytest.raises(HealthSearchError, match="another build is running"):
            build(corpus, index, KeywordModel())
