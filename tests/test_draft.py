"""A generation is published at once or not at all, and the last good one stays."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from pathlib import Path

import pytest

from healthsearch.draft import Draft
from healthsearch.index_folder import Pointer
from tests.folders import full_disk, in_use, kept, snapshot
from tests.generations import ENCODER, add, cut, publish, served


def test_the_two_newest_are_kept_and_all_else_is_cleaned(tmp_path: Path) -> None:
    publish(tmp_path, "One.")
    leavings = tmp_path / "generations" / "of-a-killed-build"
    leavings.mkdir()
    (leavings / "store.sqlite").write_bytes(b"half")
    (tmp_path / "generations" / ".draft").mkdir()
    second = publish(tmp_path, "Two.")
    third = publish(tmp_path, "Three.")
    assert kept(tmp_path) == {second, third}
    pointer = Pointer.read(tmp_path)
    assert (pointer.generation, pointer.previous) == (third, second)
    assert served(tmp_path) == (third, None)


def test_a_draft_that_is_given_up_leaves_everything_as_it_was(tmp_path: Path) -> None:
    publish(tmp_path, "One.")
    before = snapshot(tmp_path)
    with pytest.raises(KeyboardInterrupt), Draft(tmp_path, ENCODER) as draft:
        add(draft, "Two.")
        raise KeyboardInterrupt
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("already_begun", [False, True])
def test_a_draft_for_which_the_disk_has_no_room_is_not_left_on_it(tmp_path: Path, already_begun: bool) -> None:
    publish(tmp_path, "One.")
    before = snapshot(tmp_path)
    with ExitStack() as stack:
        stack.enter_context(pytest.raises((OSError, sqlite3.OperationalError)))
        if already_begun:
            draft = stack.enter_context(Draft(tmp_path, ENCODER))
            stack.enter_context(full_disk())
        else:
            stack.enter_context(full_disk())
            draft = stack.enter_context(Draft(tmp_path, ENCODER))
        add(draft, "Two.")
        draft.publish()
    assert snapshot(tmp_path) == before


def test_when_the_pointer_cannot_be_written_the_old_one_serves(tmp_path: Path) -> None:
    name = publish(tmp_path, "One.")
    (tmp_path / "current.json.draft").mkdir()
    with pytest.raises(IsADirectoryError):
        publish(tmp_path, "Two.")
    assert served(tmp_path) == (name, None)
    (tmp_path / "current.json.draft").rmdir()
    assert served(tmp_path)[0] == name
    assert publish(tmp_path, "Two.") != name
    assert len(kept(tmp_path)) == 2


def test_publishing_the_same_again_touches_no_file_of_it(tmp_path: Path) -> None:
    publish(tmp_path, "One.")
    name = publish(tmp_path, "Two.")
    numbers = {path: path.stat().st_ino for path in in_use(tmp_path).rglob("*")}
    pointer = Pointer.read(tmp_path)
    assert publish(tmp_path, "Two.") == name
    assert {path: path.stat().st_ino for path in in_use(tmp_path).rglob("*")} == numbers
    again = Pointer.read(tmp_path)
    assert (again.generation, again.previous) == (pointer.generation, pointer.previous)
    assert len(kept(tmp_path)) == 2


def test_going_back_to_the_one_before_swaps_the_two(tmp_path: Path) -> None:
    first = publish(tmp_path, "One.")
    second = publish(tmp_path, "Two.")
    assert publish(tmp_path, "One.") == first
    pointer = Pointer.read(tmp_path)
    assert (pointer.generation, pointer.previous) == (first, second)


def test_publishing_mends_a_damaged_generation_of_the_same_content(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    name = publish(tmp_path, "Two.")
    cut(in_use(tmp_path) / "vectors.faiss")
    assert publish(tmp_path, "Two.") == name
    assert served(tmp_path) == (name, None)
    assert kept(tmp_path) == {before, name}


def test_a_damaged_generation_is_never_kept_as_the_one_to_fall_back_on(tmp_path: Path) -> None:
    good = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    cut(in_use(tmp_path) / "vectors.faiss")
    newest = publish(tmp_path, "Three.")
    assert kept(tmp_path) == {good, newest}
    cut(in_use(tmp_path) / "vectors.faiss")
    assert served(tmp_path)[0] == good


def test_the_same_articles_give_the_same_bytes(tmp_path: Path) -> None:
    publish(tmp_path / "a", "One. Two.", "Three.")
    publish(tmp_path / "b", "Three.")
    publish(tmp_path / "b", "One. Two.", "Three.")
    assert in_use(tmp_path / "a").name == in_use(tmp_path / "b").name
    assert snapshot(in_use(tmp_path / "a")) == snapshot(in_use(tmp_path / "b"))
