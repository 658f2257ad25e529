"""A file is replaced whole or not at all, whoever looks and whatever fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from healthsearch.files import write_atomically
from healthsearch.history import record
from healthsearch.index_folder import Pointer
from healthsearch.plan import Summary
from healthsearch.unanswered import UnansweredQuestions
from tests.folders import full_disk, snapshot


def test_the_new_text_stands_in_the_old_one_s_place(tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    for text in ("one", "Zwölf ½\r\n\u2028"):
        write_atomically(file, text, mode=0o600)
        assert snapshot(tmp_path) == {"file.txt": text.encode()}
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_leaves_the_old_text_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    write_atomically(file, "old")
    with pytest.raises(OSError), full_disk():
        write_atomically(file, "new")
    with pytest.raises(UnicodeError):
        write_atomically(file, "\udc00")
    assert snapshot(tmp_path) == {"file.txt": b"old"}


def test_what_was_left_in_the_draft_s_place_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file.txt.draft").symlink_to(tmp_path / "letter.txt")
    write_atomically(tmp_path / "file.txt", "new")
    assert snapshot(tmp_path) == {"file.txt": b"new", "letter.txt": b"mine"}


@pytest.mark.parametrize(
    "write",
    [
        Pointer("a", None, "2026-11-22").write,
        lambda index: record(index, Summary(generation="a")),
        lambda index: UnansweredQuestions(index).keep("one", date(2026, 11, 22)),
    ],
    ids=["pointer", "history", "unanswered"],
)
def test_it_is_on_the_disk_before_it_stands_in_its_place_and_then_its_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], object]
) -> None:
    calls: list[str] = []
    listening, flush = [True], os.fsync

    def heard(call: str, arguments: tuple) -> None:
        if listening and call == "os.rename":
            calls.append("rename")

    def heard_flush(descriptor: int) -> None:
        calls.append("flush the folder" if os.fstat(descriptor).st_ino == tmp_path.stat().st_ino else "flush the file")
        flush(descriptor)

    sys.addaudithook(heard)
    monkeypatch.setattr(os, "fsync", heard_flush)
    write(tmp_path)
    listening.clear()
    assert calls == ["flush the file", "rename", "flush the folder"]
