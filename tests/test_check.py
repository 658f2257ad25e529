"""A check finds what is wrong and what is worth a look, each by itself, and leaves nothing open."""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import healthsearch.check
from healthsearch.build import build
from healthsearch.check import check, faults
from healthsearch.exported import ExportManifest, folder_of
from healthsearch.index_folder import ENCODERS
from tests.fakes import KeywordModel
from tests.folders import put


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two articles that are almost the same, and their index, by an encoder that no model folder holds."""
    for name in "ab":
        put(tmp_path / "corpus", f"{name}.md", f"massage helps {'rest and walking ' * 40}{name}")
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    return tmp_path


def test_whoever_asks_for_faults_alone_need_not_wait_for_the_comparing_of_articles(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = check(home / "index", home / "corpus")
    assert [notice.place for notice in both.notices] == ["b.md"]
    compared: list[str] = []
    monkeypatch.setattr(healthsearch.check, "near_duplicates", lambda articles: compared.append("articles") or ())
    assert list(map(str, faults(home / "index", home / "corpus"))) == list(map(str, both.faults)) != []
    assert compared == []


def test_an_encoder_that_could_not_be_exported_is_noticed(home: Path) -> None:
    digest = KeywordModel().digest
    folder = folder_of(home / "index" / ENCODERS, digest)
    folder.mkdir(parents=True)
    manifest = ExportManifest(digest, digest, 9, 64, 64, "", "", {}, {})
    manifest.write(folder)
    assert [notice.place for notice in check(home / "index", home / "corpus").notices] == ["b.md"]
    replace(manifest, unfit="it says something else").write(folder)
    [told, _] = check(home / "index", home / "corpus").notices
    assert told.place == str(folder) and "sentence-transformers runs it" in told.cause
    assert "it says something else" in told.cause


def test_a_check_that_is_interrupted_lets_go_of_the_index(home: Path) -> None:
    reading = [str(home / "corpus" / "a.md")]

    def interrupt(call: str, arguments: tuple) -> None:
        if call == "open" and str(arguments[0]) in reading:
            reading.clear()
            raise KeyboardInterrupt

    sys.addaudithook(interrupt)
    with pytest.raises(KeyboardInterrupt) as told:
        check(home / "index", home / "corpus")
    generation = next(entry.locals["generation"] for entry in told.traceback if "generation" in entry.locals)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        generation.article_store.counts()
