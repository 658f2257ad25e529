"""Whether the tests notice when the program is changed: mutation testing of what every answer rests on.

    pip install mutmut==3.8.1 && python benchmarks/mutants.py --work DIR [--processes N]

mutmut (BSD) changes ``MODULES`` at one place at a time, in a copy of the project under ``--work``, and runs the tests
of ``TESTS`` that reach the place, the quickest first. A mutant that none of them notices survives. Prints a table and
every survivor as a difference; a run that was stopped goes on where it was. Takes an hour or two.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ["passages", "vectors", "generation", "fusion", "evaluation"]
TESTS = [*MODULES, "search", "filters"]
# mutmut's words for mutants that a test has noticed: by failing, or by never ending.
_NOTICED = ("killed", "timeout")
_SETTINGS = f"""
[tool.mutmut]
source_paths = ["healthsearch"]
only_mutate = {[f"healthsearch/{module}.py" for module in MODULES]}
also_copy = ["corpus", "benchmarks", "training", "tests", "build_index.py", "app.py", "README.md"]
pytest_add_cli_args = ["--hypothesis-profile", "mutants"]
pytest_add_cli_args_test_selection = {[f"tests/test_{name}.py" for name in TESTS]}
max_stack_depth = -1
"""


def main() -> int:
    """Let mutmut run in a copy, and print what it found; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="where the copy is kept")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="mutants tried at once (default: 2)")
    arguments = parser.parse_args()
    copy = arguments.work / "project"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "index", "build", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=left_out, dirs_exist_ok=True)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8") + _SETTINGS
    (copy / "pyproject.toml").write_text(settings, encoding="utf-8")
    run = mutmut(copy, "run", "--max-children", str(arguments.processes))
    if run.returncode:
        print(run.stdout[-2000:], run.stderr[-2000:], file=sys.stderr)
        return run.returncode
    # A line a mutant: "healthsearch.fusion.x_fuse__mutmut_1: killed".
    lines = mutmut(copy, "results", "--all", "true").stdout.splitlines()
    states = dict(line.strip().rsplit(": ", 1) for line in lines if "__mutmut_" in line)
    print("| module | mutants | noticed | |\n|---|---:|---:|---:|")
    for module in MODULES:
        told = Counter(state for name, state in states.items() if name.startswith(f"healthsearch.{module}."))
        tell(f"`{module}`", told)
    tell("all", Counter(states.values()))
    for name, state in states.items():
        if state not in _NOTICED:
            print(f"\n{mutmut(copy, 'show', name).stdout.strip()}")
    return 0


def tell(what: str, states: Counter[str]) -> None:
    """Print a line of the table."""
    noticed = sum(states[state] for state in _NOTICED)
    print(f"| {what} | {states.total()} | {noticed} | {noticed / max(states.total(), 1):.1%} |")


def mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    # It reads the program in the encoding of the locale, and draws with signs beyond ASCII.
    environment = os.environ | {"PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)


if __name__ == "__main__":
    sys.exit(main())
