"""Imports run one way, and each engine is known to one module only."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alone import alone

ROOT = Path(__file__).resolve().parent.parent

# A module imports only from modules above its own line; ARCHITECTURE.md's table of modules has the same order.
ORDER = [
    "errors",
    "arrays",
    "files",
    "subprograms",
    "article",
    "duplicates",
    "near_duplicates",
    "sentences",
    "readers.guessing",
    "readers.blocks",
    "readers.footnotes",
    "readers.properties",
    "readers.decoding",
    "readers.front_matter",
    "readers.markdown",
    "readers.plain",
    "readers.file_types",
    "readers.incomplete",
    "readers.pdf_guard",
    "readers.pdf_runs",
    "readers.pdf_layout",
    "readers.pdf_contents",
    "readers.pdf_headings",
    "readers.pdf_text",
    "readers.pdf_pictures",
    "readers.pdf",
    "readers.package",
    "readers.xml_tree",
    "readers.formulae",
    "readers.docx_styles",
    "readers.docx",
    "readers.odt",
    "readers.xhtml",
    "readers.epub",
    "readers.main_content",
    "readers.web_metadata",
    "readers.web_page",
    "readers.mhtml",
    "readers.rows",
    "readers.jsonl",
    "readers.table",
    "readers.archives",
    "readers.rtf_tokens",
    "readers.rtf",
    "readers.jats_text",
    "readers.jats",
    "readers.topics",
    "readers.xml_articles",
    "readers",
    "corpus",
    "reading_process",
    "parallel_reading",
    "passages",
    "adapter",
    "encoder",
    "network",
    "runtime",
    "exported",
    "graph",
    "proof",
    "bert",
    "models",
    "exporting",
    "rows",
    "vectors",
    "quantisation",
    "projection",
    "words",
    "postings",
    "coverage",
    "spelling",
    "words_writer",
    "filters",
    "article_tables",
    "article_store",
    "article_store_writer",
    "journal",
    "index_folder",
    "manifest",
    "generation",
    "in_use",
    "draft",
    "plan",
    "history",
    "intake",
    "encoding",
    "cluster_connection",
    "cluster",
    "index_lock",
    "build",
    "newer",
    "notes",
    "fusion",
    "judge",
    "cautions",
    "polarity",
    "mark",
    "reasons",
    "negation",
    "urgent",
    "contrast",
    "storage",
    "records",
    "published",
    "fetched",
    "embedded",
    "embedded_maker",
    "address",
    "milvus_rows",
    "milvus_server",
    "milvus_schema",
    "milvus_store",
    "milvus_maker",
    "stores",
    "publishing",
    "reranker",
    "citing",
    "answer",
    "hits",
    "search",
    "check",
    "check_store",
    "evaluation",
    "judged_questions",
    "filter_choices",
    "overview",
    "passage_map",
    "unanswered",
    "following",
    "examples",
    "answering_service",
    "serving",
    "store_serving",
    "source_wording",
    "wording",
    "adjacent_text",
    "quoting",
    "markup",
    "reading",
    "collection_wording",
    "collection_markup",
    "export",
    "places",
    "terminal",
    "build_command",
    "page_command",
    "__main__",
    "interface",
    "interface.visit",
    "interface.browser",
    "interface.building",
    "interface.asking",
    "interface.pages",
    "interface.results",
    "interface.charts",
    "interface.collection_page",
    "interface.search_page",
    "page.streamlit_app",
]
# Whatever does not come with Python, and the only modules that may import it.
ONLY_IN = {
    "sentence_transformers": {"network", "exporting", "reranker"},
    "torch": {"adapter", "exporting"},
    "transformers": {"network", "reranker"},
    "safetensors": {"adapter", "network", "bert", "reranker"},
    "huggingface_hub": {"models"},
    "openvino": {"runtime", "bert", "exporting"},
    "tokenizers": {"exported"},
    "sklearn": {"projection"},
    "threadpoolctl": {"graph", "projection", "search"},
    "faiss": {"vectors"},
    "Stemmer": {"words"},
    "sentencex": {"sentences"},
    "rapidfuzz": {"spelling"},
    "spellchecker": {"spelling"},
    "charset_normalizer": {"readers.guessing"},
    "markdown_it": {"readers.markdown"},
    "yaml": {"readers.front_matter", "urgent"},
    "lxml": {"readers.xml_tree"},
    "pypdfium2": {"readers.pdf_pictures", "readers.pdf_runs", "readers.pdf"},
    "filelock": {"index_lock"},
    "ray": {"cluster_connection"},
    "pyarrow": {"cluster"},
    "grpc": {"milvus_server"},
    "pymilvus": {"milvus_server", "milvus_schema"},
    "streamlit": {
        "page_command",
        *(
            f"interface.{name}"
            for name in (
                "asking",
                "browser",
                "building",
                "collection_page",
                "pages",
                "results",
                "search_page",
                "visit",
            )
        ),
    },
    "altair": {"interface.charts"},
}
EVERYWHERE = {"healthsearch", "numpy"}
# These run code out of data, or talk to other machines.
NOWHERE = {"pickle", "marshal", "shelve", "socket", "ssl", "http", "ftplib", "smtplib", "urllib.request"}


def files() -> dict[str, Path]:
    """Every module of the package by its name within it, and the two programs at the root."""
    package = ROOT / "healthsearch"
    found = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found | {path.stem: path for path in ROOT.glob("*.py")}


def imports(path: Path) -> Iterator[str]:
    """The full names that a module imports anywhere in it, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(name: str) -> str:
    """The module of the package that a full imported name belongs to."""
    inner = name.removeprefix("healthsearch.")
    return next((known for known in sorted(ORDER, key=len, reverse=True) if within(inner, known)), inner)


def within(full: str, package: str) -> bool:
    return f"{full}.".startswith(f"{package}.")


def test_every_module_has_its_place_in_the_order() -> None:
    assert sorted(ORDER) == sorted(name for name, path in files().items() if ROOT / "healthsearch" in path.parents)


@pytest.mark.parametrize("name", ORDER)
def test_imports_run_one_way(name: str) -> None:
    used = {module_of(full) for full in imports(files()[name]) if within(full, "healthsearch")}
    assert used <= {"__version__", *ORDER[: ORDER.index(name)]}


@pytest.mark.parametrize("package", ONLY_IN)
def test_an_engine_is_imported_in_its_own_modules_and_nowhere_else(package: str) -> None:
    users = {name for name, path in files().items() if any(within(full, package) for full in imports(path))}
    assert users == ONLY_IN[package]


def test_a_type_of_arrays_is_declared_once() -> None:
    declared = [
        name for path in files().values() for name in re.findall(r"(?m)^(\w+) = npt\.", path.read_text("utf-8"))
    ]
    assert {"Matrix", "Rows"} <= set(declared)
    assert sorted(declared) == sorted(set(declared))


def test_nothing_else_comes_from_outside() -> None:
    outside = {full.split(".")[0] for path in files().values() for full in imports(path)} - sys.stdlib_module_names
    assert outside == EVERYWHERE | set(ONLY_IN)


@pytest.mark.parametrize("package", sorted(NOWHERE))
def test_what_runs_data_or_talks_to_others_is_imported_nowhere(package: str) -> None:
    assert [name for name, path in files().items() if any(within(full, package) for full in imports(path))] == []


def test_the_page_shows_something_before_the_engines_are_loaded() -> None:
    first = ("app", "interface.pages", "interface.search_page")
    heavy = ("torch", "faiss", "scipy", "lxml", "spellchecker", "altair")
    loaded, _, _ = alone(
        "\n".join(
            [
                *(line for name in first for line in imported(files()[name])),
                f"found = [name for name in {heavy} if name in sys.modules]",
            ]
        )
    )
    assert loaded == []


def imported(program: Path) -> list[str]:
    """The lines by which a program imports what it needs from the beginning."""
    lines = ast.parse(program.read_text(encoding="utf-8")).body
    told = [ast.unparse(line) for line in lines if isinstance(line, ast.Import | ast.ImportFrom)]
    return [line for line in told if "__future__" not in line]
