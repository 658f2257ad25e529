"""Questions that found nothing: kept in order and in bounds, for the owner alone, and gone when deleted."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from healthsearch.unanswered import FILE, MOST_KEPT, Unanswered, UnansweredQuestions

DAY = date(2026, 11, 22)


def test_questions_come_back_letter_for_letter_the_newest_first(tmp_path: Path) -> None:
    kept = UnansweredQuestions(tmp_path)
    assert kept.all() == []
    odd = 'is "cork" edible?\u2028 {x}'
    kept.keep("first", DAY)
    kept.keep(odd, date(2026, 11, 23))
    assert UnansweredQuestions(tmp_path).all() == [Unanswered("2026-11-23", odd), Unanswered("2026-11-22", "first")]
    if os.name == "posix":
        assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_the_oldest_go_and_a_hundred_askers_lose_nothing(tmp_path: Path) -> None:
    kept = UnansweredQuestions(tmp_path)
    lines = "".join(f'{{"day": "2026-11-22", "question": "{number}"}}\n' for number in range(MOST_KEPT))
    (tmp_path / FILE).write_text(lines, encoding="utf-8")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: kept.keep(f"new {number}", DAY), range(100)))
    found = [one.question for one in kept.all()]
    assert len(found) == MOST_KEPT
    assert sorted(found[:100]) == sorted(f"new {number}" for number in range(100)) and found[-1] == "100"


def test_deleted_is_gone(tmp_path: Path) -> None:
    kept = UnansweredQuestions(tmp_path)
    kept.keep("one", DAY)
    kept.delete()
    kept.delete()
    assert list(tmp_path.iterdir()) == [] and kept.all() == []


@pytest.mark.parametrize("text", ["{", "[]", "null\n", '{"day": 1}\n', "\udcff"])
def test_a_broken_file_is_an_empty_one_and_a_missing_folder_stops_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    kept = UnansweredQuestions(tmp_path)
    assert kept.all() == []
    kept.keep("one", DAY)
    assert [one.question for one in kept.all()] == ["one"]
    UnansweredQuestions(tmp_path / "missing").keep("one", DAY)
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("line", [b"{", b"[" * 100_000, b'{"day": 1}', b"\xff", b'{"day": "d", "question": "\\udc00"}'])
def test_one_line_that_cannot_be_read_costs_no_other_question(tmp_path: Path, line: bytes) -> None:
    kept = UnansweredQuestions(tmp_path)
    kept.keep("one", DAY)
    with (tmp_path / FILE).open("ab") as file:
        file.write(line + b"\n")
    kept.keep("two", DAY)
    assert [one.question for one in kept.all()] == ["two", "one"]


def test_what_cannot_be_read_now_is_not_written_over(tmp_path: Path) -> None:
    kept = UnansweredQuestions(tmp_path)
    # A link into itself: the system refuses to open it, whoever asks.
    (tmp_path / FILE).symlink_to(FILE)
    kept.keep("one", DAY)
    assert (tmp_path / FILE).is_symlink() and kept.all() == []


def test_what_cannot_be_deleted_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(OSError):
        UnansweredQuestions(tmp_path).delete()
