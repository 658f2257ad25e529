"""The benchmarks behind docs/quality.md: run one after another, kept, and measured again when the code changes."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import mutants
from benchmarks.__main__ import BENCHMARKS, Benchmark, print_all, words
from benchmarks.encoders import gains, interval
from healthsearch.evaluation import index_documents
from tests.fakes import KeywordModel
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


def test_the_interval_of_a_difference_is_that_of_the_normal_approximation() -> None:
    differences = np.random.default_rng(1).normal(0.02, 0.1, 400)
    half = 1.96 * differences.std() / 20
    found = interval(differences)
    np.testing.assert_allclose(found, (differences.mean() - half, differences.mean() + half), atol=0.001)


def test_the_gains_of_questions_are_those_of_the_whole_ranking(tmp_path: Path) -> None:
    model = KeywordModel()
    lines = {
        "corpus": [
            {"_id": name, "title": name, "text": f"{name} and no more."} for name in ("massage", "rest", "walk")
        ],
        "queries": [{"_id": name, "text": name} for name in ("massage", "sleep")],
    }
    for name, objects in lines.items():
        text = "".join(json.dumps(line) + "\n" for line in objects)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "qrels").mkdir()
    judged = "query-id\tcorpus-id\tscore\nmassage\tmassage\t1\nsleep\tnone\t1\n"
    (tmp_path / "qrels" / "dev.tsv").write_text(judged, encoding="utf-8")
    index = index_documents(tmp_path, tmp_path / "cache", model)
    assert gains(index, model.load(), tmp_path, "dev").tolist() == [1.0, 0.0]


class Mutmut:
    """What ``mutants`` asks of mutmut: a run tries what was not checked and what it is given by name."""

    def __init__(self, **becomes: str) -> None:
        self.states = dict.fromkeys(becomes, "not checked")
        self.becomes = becomes
        self.tried: list[str] = []

    def __call__(self, folder: Path, verb: str, *rest: str) -> subprocess.CompletedProcess[str]:
        assert (folder / "pyproject.toml").is_file() or verb == "results"
        said = {
            "results": "".join(f"    healthsearch.{name}: {state}\n" for name, state in self.states.items()),
            "show": f"# {rest[0]}\n-1\n+2",
            "run": "",
        }
        if verb == "run":
            named = [name.removeprefix("healthsearch.") for name in rest[2:]]
            tried = named or [name for name, state in self.states.items() if state == "not checked"]
            self.states |= {name: self.becomes[name] for name in tried}
            self.tried += tried
        return subprocess.CompletedProcess([verb], 0, said[verb], "")


def test_mutants_that_fail_hang_or_crash_the_tests_are_noticed_and_the_others_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    found = {"killed": "killed", "hangs": "timeout", "crashes": "segfault", "lives": "survived", "alone": "no tests"}
    run = Mutmut(**{f"fusion.x_{name}__mutmut_1": state for name, state in found.items()})
    monkeypatch.setattr(mutants, "mutmut", run)
    assert mutants.main(["--work", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "| `fusion` | 5 | 3 | 60.0% |\n" in told
    assert "| all | 5 | 3 | 60.0% |\n" in told
    shown = [line for line in told.splitlines() if line.startswith("#")]
    assert shown == ["# healthsearch.fusion.x_lives__mutmut_1", "# healthsearch.fusion.x_alone__mutmut_1"]


def test_what_survived_or_took_too_long_is_tried_again_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    run = Mutmut(x__mutmut_1="killed", x__mutmut_2="survived", x__mutmut_3="no tests", x__mutmut_4="timeout")
    monkeypatch.setattr(mutants, "mutmut", run)
    for more, tried in (([], 4), ([], 0), (["--again"], 3)):
        run.tried.clear()
        mutants.main(["--work", str(tmp_path), *more])
        assert len(run.tried) == tried
    run.becomes |= {"x__mutmut_2": "killed", "x__mutmut_3": "killed", "x__mutmut_4": "survived"}
    mutants.main(["--work", str(tmp_path), "--again"])
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if line.startswith("| all")][-2:] == [
        "| all | 4 | 2 | 50.0% |",
        "| all | 4 | 3 | 75.0% |",
    ]
