"""Whether the tests notice when the program is changed: mutation testing of what every answer rests on.

    pip install mutmut==3.8.1 && python benchmarks/mutants.py --work DIR [--again] [--processes N]

mutmut (BSD) changes ``MODULES`` at one place at a time, in a copy of the project under ``--work``, and runs the tests
of ``TESTS`` that reach the place, the quickest first. A mutant that none of them notices survives. Prints a table and
every survivor as a difference. A run that was stopped goes on where it was; a later one tries the mutants of changed
functions, and with ``--again`` those that survived, for changed tests, and those that took too long, which a busy
machine may be the cause of. Takes half an hour on two cores that do nothing else.
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
MODULES = [
    "passages",
    "vectors",
    "quantisation",
    "index_folder",
    "manifest",
    "generation",
    "in_use",
    "fusion",
    "evaluation",
]
TESTS = [
    "passages",
    "vectors",
    "quantisation",
    "generation",
    "manifest",
    "index_folder",
    "draft",
    "in_use",
    "fusion",
    "evaluation",
    "search",
    "filters",
]
# They export the packaged encoder, which takes longer than all other tests of a mutant together.
LEFT_OUT = [
    "tests/test_evaluation.py::TestFolder::test_a_query_that_the_page_would_refuse_stops_nothing",
    "tests/test_evaluation.py::TestFolder::test_from_the_files_to_the_figures",
    "tests/test_passages.py::test_a_long_text_without_sentences_fits_the_default_encoder",
    "tests/test_passages.py::test_the_default_encoders_own_tokens_keep_every_promise",
]
# mutmut's words for mutants that a test has noticed: by failing, by never ending, or by a crash of its process. FAISS
# trusts what it is given, so that a wrong row or a sketch without vectors crashes it, and a crash fails any run.
NOTICED = ("killed", "timeout", "segfault")
# Seconds that are added to what the tests of a mutant take, before it is taken to hang: without them a busy machine
# makes mutants hang whose tests take a moment.
_PATIENCE = 20
_SETTINGS = f"""
[tool.mutmut]
source_paths = ["healthsearch"]
only_mutate = {[f"healthsearch/{module}.py" for module in MODULES]}
also_copy = ["corpus", "benchmarks", "training", "tests", "build_index.py", "app.py", "README.md"]
pytest_add_cli_args = {["--hypothesis-profile", "mutants", *(f"--deselect={test}" for test in LEFT_OUT)]}
pytest_add_cli_args_test_selection = {[f"tests/test_{name}.py" for name in TESTS]}
max_stack_depth = -1
timeout_constant = {_PATIENCE}
timeout_multiplier = 3
"""


def main(argv: list[str] | None = None) -> int:
    """Let mutmut run in a copy, and print what it found; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="where the copy is kept")
    parser.add_argument("--again", action="store_true", help="try those again that survived or took too long")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="mutants tried at once (default: 2)")
    arguments = parser.parse_args(argv)
    copy = arguments.work / "project"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "index", "build", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=left_out, dirs_exist_ok=True)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8") + _SETTINGS
    (copy / "pyproject.toml").write_text(settings, encoding="utf-8")
    run = ["run", "--max-children", str(arguments.processes)]
    doubtful = {name for name, state in states(copy).items() if state not in ("killed", "segfault", "not checked")}
    # mutmut finds out which test reaches which place, but asks only new tests again, not those of changed functions.
    (copy / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    failed = mutmut(copy, *run).returncode
    if arguments.again and not failed:
        again = sorted(doubtful.intersection(states(copy)))
        failed = mutmut(copy, *run, *again).returncode if again else 0
    if failed:
        return failed
    found = states(copy)
    print("| module | mutants | noticed | |\n|---|---:|---:|---:|")
    for module in MODULES:
        told = Counter(state for name, state in found.items() if name.startswith(f"healthsearch.{module}."))
        tell(f"`{module}`", told)
    tell("all", Counter(found.values()))
    for name, state in found.items():
        if state not in NOTICED:
            print(f"\n{mutmut(copy, 'show', name).stdout.strip()}")
    return 0


def tell(what: str, told: Counter[str]) -> None:
    """Print a line of the table."""
    noticed = sum(told[state] for state in NOTICED)
    print(f"| {what} | {told.total()} | {noticed} | {noticed / max(told.total(), 1):.1%} |")


def states(folder: Path) -> dict[str, str]:
    """What became of each mutant, in mutmut's words, by its name; "not checked" before it was tried."""
    # A line a mutant: "healthsearch.fusion.x_fuse__mutmut_1: killed".
    lines = mutmut(folder, "results", "--all", "true").stdout.splitlines()
    return dict(line.strip().rsplit(": ", 1) for line in lines if "__mutmut_" in line)


def mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end, and tell what it said where it failed."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    # It reads the program in the encoding of the locale, and draws with signs beyond ASCII.
    environment = os.environ | {"PYTHONUTF8": "1"}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    if ended.returncode:
        print(ended.stdout[-2000:], ended.stderr[-2000:], file=sys.stderr)
    return ended


if __name__ == "__main__":
    sys.exit(main())
