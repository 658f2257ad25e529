"""Where the articles, the index and the test questions are, unless a command is told otherwise, and how it is told."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from healthsearch.address import Address, parse_address

CORPUS_VARIABLE, INDEX_VARIABLE = "HEALTHSEARCH_CORPUS", "HEALTHSEARCH_INDEX"


def add_folders(command: argparse.ArgumentParser, corpus: str = "the articles", index: str = "the index") -> None:
    """Give a command ``--corpus`` and ``--index``; ``corpus`` and ``index`` say in its help what they are."""
    for name, what, folder, variable in (
        ("corpus", corpus, default_corpus(), CORPUS_VARIABLE),
        ("index", index, default_index(), INDEX_VARIABLE),
    ):
        told = f"{what} (default: {variable}, else {name})"
        command.add_argument(f"--{name}", type=Path, default=folder, metavar="DIR", help=told)


def default_corpus() -> Path:
    """The folder of articles: HEALTHSEARCH_CORPUS, else ``corpus`` in the current folder."""
    return Path(os.environ.get(CORPUS_VARIABLE) or "corpus")


def default_index() -> Path:
    """The folder of the index: HEALTHSEARCH_INDEX, else ``index`` in the current folder."""
    return Path(os.environ.get(INDEX_VARIABLE) or "index")


def default_store() -> Address | None:
    """The store that questions are answered from, instead of an index folder: HEALTHSEARCH_STORE; None by default.

    Raises HealthSearchError when that is no address.
    """
    named = os.environ.get("HEALTHSEARCH_STORE")
    return parse_address(named) if named else None


def default_questions() -> Path | None:
    """The folder of the curator's test questions: HEALTHSEARCH_QUESTIONS, else those of the articles that come along.

    Those are there only where the articles are ``corpus`` in the current folder too.
    """
    named = os.environ.get("HEALTHSEARCH_QUESTIONS")
    shipped = Path("tests/relevance")
    if named:
        return Path(named)
    return shipped if default_corpus() == Path("corpus") and shipped.is_dir() else None


def keeps_questions() -> bool:
    """Whether questions that find nothing are to be kept: HEALTHSEARCH_KEEP_QUESTIONS is 1."""
    return os.environ.get("HEALTHSEARCH_KEEP_QUESTIONS") == "1"
