"""A short run of the faults: whatever call fails and whatever byte is spoilt, the index answers as before or after."""

from __future__ import annotations

import re

import pytest

from tests.folders import python


@pytest.fixture(scope="module")
def table() -> dict[str, tuple[int, str]]:
    """How often each was tried, and what came out of it."""
    run = python(
        *("benchmarks/faults.py", "--every", 16, "--kills", 0, "--rot", 80, "--races", 4, "--publications", 2),
        OMP_NUM_THREADS="1",
    )
    told, faults = run.communicate()
    assert (run.returncode, faults.strip()) == (0, "")
    rows = re.findall(r"^\| (.+) \| ([\d,]+) \| (.+) \|$", told, flags=re.MULTILINE)
    return {what: (int(times.replace(",", "")), outcome) for what, times, outcome in rows}


@pytest.mark.parametrize("way", ["refused", "forbidden", "full", "killed"])
def test_at_every_call_a_build_may_fail(table: dict[str, tuple[int, str]], way: str) -> None:
    tried = {what: row for what, row in table.items() if f"a call {way}" in what}
    assert [what.partition(":")[0] for what in tried] == ["first build", "changes", "deletions", "rebuild"]
    assert all(times > 4 for times, _ in tried.values())
    assert all("the old index answers" in outcome for _, outcome in tried.values())


@pytest.mark.parametrize(
    ("part", "outcomes"),
    [
        ("the generation in use", {"named, the one before answers"}),
        ("the one before", {"named by check, the newest answers"}),
        ("a draft", {"the newest answers"}),
    ],
)
def test_a_file_may_be_spoilt(table: dict[str, tuple[int, str]], part: str, outcomes: set[str]) -> None:
    [(files, (times, outcome))] = [(what, row) for what, row in table.items() if what.startswith(f"rot in {part}:")]
    assert times >= int(re.findall(r"\d+", files)[0]) > 10
    assert {re.sub(r"^\d+ ", "", each) for each in outcome.split("; ")} == outcomes


def test_builders_and_searches_may_meet(table: dict[str, tuple[int, str]]) -> None:
    races = [row for what, row in table.items() if "builders at once" in what]
    assert [times for times, _ in races] == [1, 1, 1, 1]
    [(answers, _)] = [row for what, row in table.items() if "searches," in what]
    assert answers >= 8
