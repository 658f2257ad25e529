"""Where the articles and the index are, unless a command is told otherwise."""

from __future__ import annotations

import os
from pathlib import Path


def default_corpus() -> Path:
    """The folder of articles: HEALTHSEARCH_CORPUS, else ``corpus`` in the current folder."""
    return Path(os.environ.get("HEALTHSEARCH_CORPUS") or "corpus")


def default_index() -> Path:
    """The folder of the index: HEALTHSEARCH_INDEX, else ``index`` in the current folder."""
    return Path(os.environ.get("HEALTHSEARCH_INDEX") or "index")
