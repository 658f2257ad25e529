"""SECURITY.md names tests that exist; and what it promises of the package's source and of kept files."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from healthsearch import citing
from healthsearch.build import build
from healthsearch.export import answer_markdown
from healthsearch.search import MOST_HITS, Searcher
from healthsearch.terminal import json_text
from tests.fakes import KeywordModel
from tests.folders import ROOT, put
from tests.payloads import ALL

TODAY = date(2026, 11, 22)
NAMED = re.findall(r"`(tests/test_\w+\.py)::(\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
PACKAGE = [*(ROOT / "healthsearch").rglob("*.py"), *ROOT.glob("*.py")]
# Calls that run what they are given; loaders that make more of a YAML file than texts, lists and dicts.
RUNNING = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "torch.load", "yaml.unsafe_load"}
LOADERS = {"yaml.Loader", "yaml.FullLoader", "yaml.UnsafeLoader", "yaml.CLoader", "yaml.full_load", "yaml.safe_load"}


def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_is_named_exists() -> None:
    assert len(NAMED) > 40
    assert [(file, name) for file, name in NAMED if name not in functions(file)] == []


def test_every_threat_has_a_test() -> None:
    rows = re.findall(r"^\| (?!---)(.*) \|$", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    threats = [row for row in rows if not row.startswith(("it would |", "they would |"))]
    assert len(threats) > 25
    assert [row for row in threats if "`tests/test_" not in row.rpartition(" | ")[2]] == []


@pytest.mark.parametrize("file", PACKAGE, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_nothing_runs_what_it_reads(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in LOADERS
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in RUNNING
            assert not {"trust_remote_code", "allow_pickle", "shell"} & {keyword.arg for keyword in node.keywords}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """An index of many articles that all answer, with a hostile title, publisher, address and text each."""
    home = tmp_path_factory.mktemp("kept")
    formulas = [payload for payload in ALL if payload[0] in "=+-@\t"]
    assert len(formulas) > 15
    for number in range(MOST_HITS + 20):
        formula = formulas[number % len(formulas)]
        details = {"title": f"{formula} {number}", "publisher": formula, "url": formula, "licence": formula}
        put(home / "corpus", f"{number}.md", f"massage {number}\n\n{formula}\n\n{formula}", **details)
    build(home / "corpus", home / "index", KeywordModel())
    return Searcher.open(home / "index", KeywordModel().load())


def test_no_line_of_a_kept_file_begins_as_a_formula(searcher: Searcher) -> None:
    """A spreadsheet that is made to open one would run what its cells begin with."""
    answer = searcher.search("massage", k=MOST_HITS)
    [lines, *others] = [answer_markdown(answer, TODAY).split("\n"), json_text(answer.as_json(), indent=1).split("\n")]
    for _, article in answer.hits:
        others += [citing.ris(article, "today").split("\n"), citing.bibtex(article, "today").split("\n")]
    # Markdown's own rule and list signs are no formulas; nor is a mail address in BibTeX.
    assert [line for line in lines if re.match(r"\s*[=+@-]", line) and line != "---"] == []
    assert [line for kept in others for line in kept if re.match(r"\s*[=+-]|@(?!misc\{)", line)] == []


def test_what_is_kept_is_bounded_by_what_is_shown(searcher: Searcher) -> None:
    answer = searcher.search("massage", k=MOST_HITS)
    assert len(answer.hits) == MOST_HITS
    kept = answer_markdown(answer, TODAY)
    assert len(re.findall(r"^## \d+\\?\.", kept, flags=re.MULTILINE)) == MOST_HITS
    told = sum(len(hit.passage.text) + 6 * len(article.title) for hit, article in answer.hits)
    assert len(kept) < 3 * told + 1_000 * MOST_HITS
