"""README.md, docs/commands.md and docs/quality.md are true: help texts are real, figures name their command."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from itertools import pairwise

import pytest

import build_index
from benchmarks.__main__ import BENCHMARKS
from healthsearch import __main__ as healthsearch
from tests.folders import ROOT

# A fenced block that begins with a command line, "$ ...", whose output follows.
_BLOCK = re.compile(r"^```(?:console|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PROGRAMS: dict[str, tuple[Callable[[list[str]], int], Callable[[], argparse.ArgumentParser]]] = {
    "python build_index.py": (build_index.main, build_index.parser),
    "python -m healthsearch": (healthsearch.main, healthsearch.parser),
}


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def readme() -> str:
    return text_of("README.md")


def quality() -> str:
    return text_of("docs/quality.md")


def blocks() -> list[str]:
    return [block for block in _BLOCK.findall(text_of("docs/commands.md")) if block.startswith("$ ")]


def subcommands(parser: argparse.ArgumentParser) -> list[str]:
    return [
        name for action in parser._actions if isinstance(action, argparse._SubParsersAction) for name in action.choices
    ]


def help_commands() -> list[str]:
    """Every command line that shows a help text, but for ``healthsearch build``: that is build_index.py."""
    return [
        " ".join([program, *command, "--help"])
        for program, (_, parser) in _PROGRAMS.items()
        for command in ([], *([name] for name in subcommands(parser()) if name != "build"))
    ]


@pytest.mark.parametrize("command", help_commands())
def test_a_help_block_is_what_the_command_prints(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    program = next(name for name in _PROGRAMS if command.startswith(f"{name} "))
    with pytest.raises(SystemExit) as ended:
        _PROGRAMS[program][0](command.removeprefix(program).split())
    assert ended.value.code == 0
    shown = [block.partition("\n") for block in blocks()]
    assert [(line, text) for line, _, text in shown if line == f"$ {command}"] == [
        (f"$ {command}", capsys.readouterr().out)
    ]


def test_no_block_shows_the_help_of_a_command_that_is_not_there() -> None:
    shown = [line for block in blocks() for line in block.splitlines() if line.startswith("$ ") and "--help" in line]
    assert set(shown) == {f"$ {command}" for command in help_commands()}


def test_build_takes_what_build_index_takes(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for main, arguments in ((build_index.main, ["--help"]), (healthsearch.main, ["build", "--help"])):
        with pytest.raises(SystemExit):
            main(arguments)
        told.append(capsys.readouterr().out.partition("options:")[2])
    assert told[0] == told[1] != ""


def two_commands() -> list[str]:
    """The README's blocks to copy and paste: one command line each."""
    found = re.findall(r"^```sh\n(.*?)\n```$", readme(), flags=re.DOTALL | re.MULTILINE)
    assert [block.count("\n") for block in found] == [0, 0]
    return found


def test_the_readme_opens_with_the_two_commands() -> None:
    start, test = two_commands()
    for line in (start, test):
        assert "-m venv" in line
        assert "pip install" in line
    assert "streamlit run app.py" in start
    assert "pytest" in test


def test_the_commands_for_windows_are_the_same_two() -> None:
    [windows] = re.findall(r"^```bat\n(.*?)\n```$", readme(), flags=re.DOTALL | re.MULTILINE)
    here = [line.replace("python3", "python").replace(".venv/bin/", ".venv\\Scripts\\") for line in two_commands()]
    assert windows.splitlines() == here


@pytest.mark.parametrize("document", ["README.md", "docs/quality.md"])
def test_the_comparison_in_a_document_is_the_one_that_was_run(document: str) -> None:
    """The short table is part of the results of ``python -m benchmarks.peers``, with what it was run on."""
    results = text_of("benchmarks/results/peers.md")
    short = results.partition("## In short\n\n")[2].partition("\n\n")[0]
    ran_on = re.findall(r"^## Speed and size: (.*)$", results, flags=re.MULTILINE)
    assert short.startswith("| system |")
    assert short in text_of(document)
    assert len(ran_on) == 1
    assert f"({ran_on[0]})" in " ".join(text_of(document).split())


@pytest.mark.parametrize("results", ["speed", "ranking"])
def test_a_table_in_the_documents_is_the_one_in_the_results(results: str) -> None:
    """Row by row: a document may show fewer rows than the results, and must show at least three."""
    rows = set(re.findall(r"^\| .*\d.* \|$", text_of(f"benchmarks/results/{results}.md"), flags=re.MULTILINE))
    assert len(rows & set(quality().splitlines())) >= 3


def figures(text: str) -> set[str]:
    return set(re.findall(r"\.?\d[\d.,]*\d|\d", text))


def test_every_figure_of_the_readme_is_one_of_the_tables_behind_it() -> None:
    """What it says of quality, memory and size is printed by a command that docs/quality.md or a result names."""
    said = readme().partition("## How good it is")[2].partition("\n## ")[0]
    assert len(figures(said)) > 40
    assert figures(said) - {"10"} <= figures(quality())
    results = text_of("benchmarks/results/speed.md")
    needs = readme().partition("## What it needs")[2].partition("\n## ")[0]
    sizes = re.findall(r"([\d,]+) MB", needs)
    assert len(sizes) == 2
    assert [size for size in sizes if f"| {size.replace(',', '')}" not in results] == []


def program(command: str) -> str:
    """What a command after ``python`` runs: a file, or ``-m`` and a module."""
    return " ".join(command.split()[: 2 if command.startswith("-m ") else 1])


def test_every_table_of_figures_names_a_command_that_prints_it_and_is_run_with_all() -> None:
    blocks = [block for text in (readme(), quality()) for block in text.split("\n\n")]
    # Tables of commands and settings name those in their first rows.
    tables = [(before, block) for before, block in pairwise(blocks) if re.match(r"\|[^`]*\d", block)]
    assert len(tables) >= 6
    renewed = {program(benchmark.command) for benchmark in BENCHMARKS}
    for before, table in tables:
        named = {program(command) for command in re.findall(r"`python ([^`]+)`", " ".join(before.split()))}
        assert len(named & renewed) == 1, table


def test_every_command_in_the_document_on_quality_is_run_with_all() -> None:
    named = {program(command) for command in re.findall(r"`python ([^`]+)`", " ".join(quality().split()))}
    assert named - {"-m benchmarks"} == {program(benchmark.command) for benchmark in BENCHMARKS}


def test_all_that_is_printed_again_stands_in_the_document_on_quality_once() -> None:
    text = " ".join(quality().split())
    assert [benchmark.name for benchmark in BENCHMARKS if text.count(benchmark.beside) != 1] == []
