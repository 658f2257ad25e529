"""The examples in the documents: Python is run, JSON is compared, files are read by what reads them for a user."""

from __future__ import annotations

import configparser
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from healthsearch.article import Article
from healthsearch.build import build
from healthsearch.filters import Equals, In, Range
from healthsearch.judged_questions import ask_all
from healthsearch.readers import outcomes
from healthsearch.search import Searcher
from healthsearch.urgent import FILE, read_signs
from tests.fakes import KeywordModel
from tests.folders import CORPUS, put
from tests.ready_model import ReadyModel
from tests.test_documents import DOCUMENTS, FENCED, text_of

API, RUNNING = "docs/api.md", "docs/running.md"
# The kinds of blocks, and which tests are for them; a block of another kind needs a test first.
IN_TEST_DOCUMENTS = {"sh", "console", "bat", "crontab", "ini", "text"}
HERE = {"python", "json", "jsonl", "tsv", "yaml", "markdown"}
# A drawing is no example.
DRAWN = "◄─"


def blocks(document: str, kind: str) -> list[str]:
    return [block for found, block in FENCED.findall(text_of(document)) if found == kind]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_is_of_a_kind_that_some_test_looks_at(document: str) -> None:
    text = text_of(document)
    kinds = {kind for kind, block in FENCED.findall(text) if DRAWN not in block}
    assert kinds <= IN_TEST_DOCUMENTS | HERE
    assert [line for line in re.findall(r"^    \S.*$", FENCED.sub("", text), flags=re.MULTILINE)] == []
    # What a command prints is compared in docs/commands.md alone.
    console = [line for block in blocks(document, "console") for line in block.splitlines()]
    assert [line for line in console if not line.startswith("$ ")] == []
    if document != "docs/commands.md":
        assert [block for block in blocks(document, "text") if DRAWN not in block] == []


@pytest.fixture(scope="module")
def home(
    few_articles: Path, few_index: Path, default_model: ReadyModel, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder as a user has it: ``corpus`` and its ``index``, with the encoder as a build leaves it."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(few_articles, folder / "corpus")
    shutil.copytree(few_index, folder / "index")
    default_model.put_into(folder / "index")
    return folder


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if blocks(name, "python")])
def test_the_python_of_a_document_runs_and_prints_an_answer(
    document: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    for block in blocks(document, "python"):
        # By itself, since a reader may copy only this one.
        exec(compile(block, document, "exec"), {})
        printed = capsys.readouterr().out
        assert printed
        if "searcher" in block.lower():
            assert printed.startswith("answered ")
            assert "Does massage relieve a herniated lumbar disc?" in printed


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """Answers that together hold every field of the JSON at least once."""
    folder = tmp_path_factory.mktemp("full")
    sides = ("Massage eases the pain of a disc.", "Massage of the disc is not safe.")
    put(folder / "corpus", "massage.md", *sides, language="en", published="2001", url="https://example.org")
    put(folder / "corpus", "other.md", *sides, title="massage")
    put(folder / "corpus", "later.md", *sides, "rest", title="massage", language="en", published="2024")
    put(folder / "corpus", "rest.md", f"rest {'walking ' * 60}. Do not take a rest in heat.")
    signs = [{"name": "Now", "text": "Call.", "source": "A guideline", "signs": ["safe for a disc"]}]
    (folder / "corpus" / FILE).write_text(json.dumps(signs), encoding="utf-8")
    build(folder / "corpus", folder / "index", KeywordModel())
    searcher = Searcher.open(folder / "index", KeywordModel().load())
    filters = [(), (Equals("language", "en"), In("language", ("en", "de")), Range("published", "2000"))]
    questions = ("is massage safe for a disc", "is masage safe for a disc", "rest walking")
    answers = [
        searcher.search(question, signs=read_signs(folder / "corpus"), where=where)
        for question in questions
        for where in filters
    ]
    return [json.loads(json.dumps(answer.as_json())) for answer in answers]


def paths(value: object, path: str = "") -> Iterator[str]:
    """Where each value stands: ``hits[].marks[].start``; an empty list or None stands for itself."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from paths(inner, f"{path}[]")
    else:
        yield path


def bare(found: set[str]) -> set[str]:
    """Without what only stands for an empty list or a missing object of which others show the inside."""
    return {path for path in found if not any(other.startswith((f"{path}.", f"{path}[")) for other in found)}


def test_the_table_of_json_names_every_field(full: list[dict[str, object]]) -> None:
    rows = re.findall(r"^\| (`.*?) \|", text_of(API), flags=re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert named == bare({path for answer in full for path in paths(answer)})


def test_the_sample_of_json_has_the_keys_of_a_real_answer(home: Path) -> None:
    [sample] = map(json.loads, blocks(API, "json"))
    answer = Searcher.open(home / "index").search(sample["question"], 1)
    real = json.loads(json.dumps(answer.as_json()))
    assert set(paths(sample)) == set(paths(real))
    assert list(sample) == list(real) and list(sample["hits"][0]) == list(real["hits"][0])
    [shown], [hit] = sample["hits"], real["hits"]
    for key in ("article_id", "title", "headings", "start", "end", "path", "published", "publisher", "marks"):
        assert shown[key] == hit[key]
    assert hit["text"].startswith(shown["text"].removesuffix("..."))


def test_the_example_of_test_questions_can_be_asked(home: Path, tmp_path: Path) -> None:
    queries, hopeless = blocks(RUNNING, "jsonl")
    [judged] = blocks(RUNNING, "tsv")
    (tmp_path / "qrels").mkdir()
    for name, text in (("queries.jsonl", queries), ("unanswerable.jsonl", hopeless), ("qrels/test.tsv", judged)):
        assert f"`{name}`" in text_of(RUNNING)
        (tmp_path / name).write_text(text, encoding="utf-8")
    outcomes = ask_all(Searcher.open(home / "index"), tmp_path)
    assert (len(outcomes.answerable), len(outcomes.unanswerable), outcomes.left_out) == (3, 1, ())
    assert outcomes.success(3) == 1.0


def test_the_example_of_urgent_signs_is_read(tmp_path: Path) -> None:
    [example] = blocks(RUNNING, "yaml")
    (tmp_path / FILE).write_text(example, encoding="utf-8")
    [notice] = read_signs(tmp_path)
    assert notice.notice.name == "Possible heart attack"
    assert len(notice.signs) == 2
    assert "Possible heart attack" in {known.notice.name for known in read_signs(CORPUS)}


def test_the_example_of_front_matter_is_read() -> None:
    [example] = blocks("corpus/README.md", "markdown")
    [article] = outcomes(f"{example}\nText.".encode(), "massage.md")
    assert isinstance(article, Article)
    fields = re.findall(r"^(\w+):", example, flags=re.MULTILINE)
    assert len(fields) > 8
    names = {"author": "authors"}
    assert [field for field in fields if not getattr(article, names.get(field, field))] == []


def test_the_service_is_a_unit_that_starts_the_page() -> None:
    [example] = blocks(RUNNING, "ini")
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(example)
    assert set(unit) == {"DEFAULT", "Unit", "Service", "Install"}
    assert "streamlit run app.py" in unit["Service"]["ExecStart"]
