"""The benchmarks behind docs/quality.md: run one after another, kept, and measured again when the code changes."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.__main__ import BENCHMARKS, Benchmark, print_all, words
from tests.folders import ROOT

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def three(tmp_path: Path) -> list[Benchmark]:
    """One notes in its work folder that it ran, one prints and fails, one says what it was given."""
    programs = {
        "notes": "import sys; open(sys.argv[1], 'a').write('x'); print('measured')",
        "fails": "import sys; print('half a table'); sys.exit(3)",
        "tells": "import sys; print(*sys.argv[1:])",
    }
    for name, program in programs.items():
        (tmp_path / f"{name}.py").write_text(program, encoding="utf-8")
    given = {"notes": "DIR/ran", "fails": "", "tells": "DATA/articles --index DIR/index --rounds 3"}
    return [Benchmark(name, f"{tmp_path.as_posix()}/{name}.py {given[name]}", f"table of {name}") for name in programs]


def test_outputs_come_under_what_they_renew_and_a_failure_stops_no_other(
    three: list[Benchmark], tmp_path: Path, capsys: Captured
) -> None:
    assert print_all(three, tmp_path / "data", tmp_path) == 1
    told = capsys.readouterr()
    assert [line for line in told.out.splitlines() if line.startswith("#")] == [
        "# notes: docs/quality.md, “table of notes”",
        "# tells: docs/quality.md, “table of tells”",
    ]
    assert f"{tmp_path / 'data' / 'articles'} --index {tmp_path / 'index'} --rounds 3\n" in told.out
    assert "half a table" not in told.out
    assert "fails: ended with status 3\n" in told.err


def test_what_was_measured_is_kept_and_what_failed_is_tried_again(
    three: list[Benchmark], tmp_path: Path, capsys: Captured
) -> None:
    print_all(three, tmp_path, tmp_path)
    first = capsys.readouterr().out
    (tmp_path / "fails.py").write_text("print('a whole table')", encoding="utf-8")
    assert print_all(three, tmp_path, tmp_path) == 0
    again = capsys.readouterr().out
    assert set(first.splitlines()) < set(again.splitlines())
    assert "a whole table" in again
    assert (tmp_path / "ran").read_text(encoding="utf-8") == "x"


def test_other_code_is_measured_anew(
    three: list[Benchmark], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (tmp_path / "healthsearch").mkdir()
    code = tmp_path / "healthsearch" / "fusion.py"
    monkeypatch.setattr(benchmarks, "ROOT", tmp_path)
    for text in ("weight = 1", "weight = 2", "weight = 2"):
        code.write_text(text, encoding="utf-8")
        print_all(three[:1], tmp_path, tmp_path)
    assert (tmp_path / "ran").read_text(encoding="utf-8") == "xx"


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda benchmark: benchmark.name)
def test_a_benchmark_understands_all_of_its_command(
    benchmark: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """With one word more than it knows it ends before it measures, and names the words that it does not know."""
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    program, *arguments = words(f"{benchmark.command} --not-known", tmp_path, tmp_path)
    monkeypatch.setattr(sys, "argv", [program, *arguments])
    with pytest.raises(SystemExit) as ended:
        if program == "-m":
            sys.argv.pop(0)
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(program, run_name="__main__")
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("error: unrecognized arguments: --not-known\n")
