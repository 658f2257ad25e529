"""Every document: its commands are understood, its links lead somewhere, the files that it names exist.

``test_examples.py`` runs its examples in Python and reads its examples of files.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import build_index
from healthsearch import __main__ as healthsearch
from tests.folders import ROOT
from tests.test_layout import ORDER

DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", ".github/*.md", "*/README.md", "benchmarks/results/*.md")
    for path in ROOT.glob(pattern)
)
# Programs whose own arguments are theirs to know; the files that they are given are looked at.
TOOLS = {"pip", "pytest", "ruff", "mypy", "codespell", "pip-audit", "pre-commit", "ray", "streamlit", "venv"}
OTHERS = {"cd", "git", "npm", "source"}
OURS = {"build_index.py": build_index.parser, "healthsearch": healthsearch.parser}
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PLACES = ("benchmarks", "corpus", "docs", "healthsearch", "tests", "training")


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def command_lines(document: str) -> Iterator[str]:
    """Every command that a document shows: in blocks after a ``$``, if there is one, and within the text."""
    text = text_of(document)
    for kind, block in FENCED.findall(text):
        lines = block.splitlines()
        if kind == "sh":
            yield from lines
        elif kind == "crontab":
            yield from (re.sub(r"^(?:[\d*]+ ){5}", "", line) for line in lines)
        elif kind == "bat":
            yield from (scheduled(line).replace(".venv\\Scripts\\", ".venv/bin/") for line in lines)
        elif kind == "ini":
            yield from re.findall(r"^ExecStart=/srv/healthsearch/(.*)$", block, flags=re.MULTILINE)
        elif kind in ("console", "text"):
            yield from (line.removeprefix("$ ") for line in lines if line.startswith("$ "))
    spans = re.findall(r"`([^`]+)`", FENCED.sub("", text))
    yield from (
        span for span in map(" ".join, map(str.split, spans)) if re.match(r"(\.venv/bin/)?(python3?|pip) ", span)
    )


def scheduled(line: str) -> str:
    """The command that Windows' Task Scheduler is given, or the line itself."""
    task = re.fullmatch(r'schtasks /Create .* /TR "cmd /c cd /d \S+ && (.*)"', line)
    return task[1] if task else line


def commands(document: str) -> list[list[str]]:
    """The same, one command each, without comments."""
    words = [shlex.split(line, comments=True) for line in command_lines(document)]
    parts = [part.split() for line in words for part in " ".join(map(shlex.quote, line)).split(" '&&' ")]
    return [shlex.split(" ".join(part)) for part in parts if part]


def understood(command: list[str]) -> None:
    """Fails when a command names a program, a file or an option that is not there."""
    name, *rest = [word for word in command if not re.match("[A-Z_]+=", word)]
    name = name.removeprefix(".venv/bin/")
    if name in ("python", "python3") and rest[0] == "-m":
        name, *rest = rest[1:]
    elif name in ("python", "python3"):
        name, *rest = rest
    if name in OTHERS:
        return
    if name in OURS:
        if not {"--help", "--version"} & set(rest):
            parsed = OURS[name]().parse_args(rest)
            assert isinstance(parsed, argparse.Namespace)
        return
    assert [word for word in rest if Path(word).suffix in {".py", ".txt"} and not (ROOT / word).is_file()] == []
    if name in TOOLS:
        return
    module = ROOT / name.replace(".", "/")
    file = next(path for path in (ROOT / name, module / "__main__.py", module.with_suffix(".py")) if path.is_file())
    known = file.read_text(encoding="utf-8")
    assert [word for word in rest if word.startswith("--") and f'"{word}"' not in known] == []


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if commands(name)])
def test_every_command_is_understood(document: str) -> None:
    for command in commands(document):
        understood(command)


@pytest.mark.parametrize(
    "command",
    [
        "python build_index.py --no-such-option",
        "healthsearch find QUESTION",
        "python benchmarks/ranking.py DATA --no-such-option",
        "python -m pytest tests/test_no_such_file.py",
        "python benchmarks/no_such_file.py",
        "conda activate",
    ],
)
def test_what_is_not_there_is_noticed(command: str) -> None:
    with pytest.raises((AssertionError, StopIteration, SystemExit)):
        understood(command.split())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere_and_every_file_named_exists(document: str) -> None:
    text = FENCED.sub("", text_of(document))
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == []
    named = re.findall(rf"`((?:{'|'.join(PLACES)})/[\w./-]+)`", text)
    assert [name for name in named if not (ROOT / name).exists() and not re.search("[A-Z]{3}", name)] == []


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if "results" not in name])
def test_no_line_of_text_is_too_long_to_be_read(document: str) -> None:
    lines = FENCED.sub("", text_of(document)).splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []


def test_every_benchmark_stands_in_their_list() -> None:
    programs = {path.name for path in (ROOT / "benchmarks").glob("*.py")} - {"__main__.py", "spans.py"}
    listed = re.findall(r"`(\w+\.py)`", text_of("benchmarks/README.md"))
    assert sorted(listed) == sorted(programs)


def test_the_modules_stand_in_the_order_in_which_they_import_each_other() -> None:
    table = text_of("ARCHITECTURE.md").partition("## Modules")[2].partition("\n## ")[0]
    first = " ".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
    modules = [name for name in ORDER if "." not in name and name != "interface"]
    assert [name.rstrip("/") for name in re.findall(r"`([\w/]+)`", first)] == modules


def test_what_runs_on_github_is_ci_run_under_every_python_that_the_readme_names() -> None:
    [job] = yaml.safe_load(text_of(".github/workflows/ci.yml"))["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step][-1] == ".ci/run"
    named = re.search(r"Python ((?:3\.\d+(?:, | or )?)+)", text_of("README.md"))
    assert named is not None
    assert re.findall(r"3\.\d+", named[1]) == job["strategy"]["matrix"]["python"]


@pytest.mark.parametrize("form", sorted(path.name for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml")))
def test_a_form_asks_for_something_and_names_each_field_once(form: str) -> None:
    asked = yaml.safe_load(text_of(f".github/ISSUE_TEMPLATE/{form}"))
    assert all(asked[key] for key in ("name", "description", "title", "labels"))
    fields = [field for field in asked["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)
