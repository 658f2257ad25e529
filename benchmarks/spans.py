"""COVID-QA's questions with their exact answers, for the benchmarks that ask where an answer stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from healthsearch.build import build
from healthsearch.models import LocalModel
from healthsearch.passages import Passage
from healthsearch.search import Searcher


@dataclass(frozen=True, slots=True)
class Span:
    """A question, and where in which article its answer stands."""

    question: str
    article: str
    start: int
    end: int

    def within(self, passage: Passage) -> bool:
        """Whether the passage holds the whole answer."""
        return passage.article_id == self.article and passage.start <= self.start and self.end <= passage.end


def read_spans(folder: Path) -> Iterator[Span]:
    """The lines of ``spans.jsonl`` in the folder."""
    for line in map(json.loads, (folder / "spans.jsonl").read_text(encoding="utf-8").splitlines()):
        start = line["answer_start"]
        yield Span(line["question"], Path(line["file"]).stem, start, start + len(line["answer_text"].rstrip()))


def open_articles(folder: Path, cache: Path, model: LocalModel) -> Searcher:
    """A searcher on the folder's whole articles, whose index is kept under ``cache``."""
    build(folder / "articles", cache / "spans", model)
    return Searcher.open(cache / "spans")
