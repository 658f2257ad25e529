"""healthsearch itself, by its public functions; it finds out by itself which article has changed."""

from __future__ import annotations

from pathlib import Path

from door import ARTICLES, Opened, first_articles, serve

from healthsearch.build import build as build_index
from healthsearch.models import find_model
from healthsearch.search import Searcher


def build(articles: Path, index: Path, model: Path, changed: str | None) -> None:
    build_index(articles, index, find_model())


def open_index(articles: Path, index: Path, model: Path) -> Opened:
    """Asked, it gives the whole answer that a user gets: passages marked and judged, not articles alone."""
    searcher = Searcher.open(index)
    return Opened(
        ask=lambda question: first_articles(one.id for _, one in searcher.search(question, ARTICLES).hits),
        rank=lambda question: [article for article, _ in searcher.rank_articles(question, ARTICLES)],
    )


if __name__ == "__main__":
    serve(build, open_index)
