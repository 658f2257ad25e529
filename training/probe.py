"""How the product ranks the development sets when a tuned network reads the questions.

The whole pipeline, on indexes made once: passages keep their vectors whatever reads the questions, so that a look at
a network costs a minute.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from healthsearch.arrays import Matrix, Vector
from healthsearch.encoder import Encoder, Model
from healthsearch.evaluation import Qrels, index_documents, ndcg, read_qrels, read_queries
from healthsearch.passages import Span
from healthsearch.search import CANDIDATES, Searcher

SETS = (("mediqa2019", "train_alexa"), ("mediqa2019", "dev"), ("nfcorpus", "dev"), ("covidqa", "test_a"))
_DEPTH = 10


class Asking:
    """The original encoder, with a network of our own for questions, whose weights may change."""

    def __init__(self, original: Encoder, network: SentenceTransformer) -> None:
        self._original = original
        self._network = network
        self.name, self.digest, self.passage_digest = original.name, original.digest, original.passage_digest
        self.dimension, self.limit, self.parts_add_up = original.dimension, original.limit, original.parts_add_up
        self.precision, self.workers = original.precision, original.workers

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """See ``Encoder``."""
        return self._original.token_spans(texts)

    def encode_passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> Iterator[tuple[int, Vector, Matrix]]:
        """See ``Encoder``."""
        return self._original.encode_passages(passages)

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        """See ``Encoder``."""
        return np.asarray(self._network.encode(list(queries), normalize_embeddings=True, show_progress_bar=False))


@dataclass(frozen=True, slots=True)
class Judged:
    """The judged queries of a BEIR folder, and a searcher over its documents."""

    name: str
    searcher: Searcher
    queries: dict[str, str]
    qrels: Qrels


def judged_sets(data: Path, cache: Path, model: Model, network: SentenceTransformer) -> list[Judged]:
    """The development sets, whose questions ``network`` reads; indexes are kept under ``cache``."""
    asking = Asking(model.load(), network)
    searchers = {name: Searcher.open(index_documents(data / name, cache, model), asking) for name in dict(SETS)}
    return [
        Judged(f"{name} {split}", searchers[name], read_queries(data / name), read_qrels(data / name, split))
        for name, split in SETS
    ]


def probe(sets: Sequence[Judged]) -> dict[str, tuple[float, float]]:
    """For each set nDCG@10 as the product ranks, and by the passages' cosines alone."""
    return {
        judged.name: (
            statistics.fmean(_gains(judged, partial(_ranked, judged.searcher))),
            statistics.fmean(_gains(judged, partial(_nearest, judged.searcher))),
        )
        for judged in sets
    }


def told(figures: dict[str, tuple[float, float]]) -> str:
    """The figures as cells of a table, with their mean."""
    columns = [*figures.values(), tuple(statistics.fmean(column) for column in zip(*figures.values(), strict=True))]
    return " | ".join(f"{fused:.4f} ({alone:.4f})" for fused, alone in columns)


def _gains(judged: Judged, rank: Callable[[str], list[str]]) -> Iterator[float]:
    for query, grades in judged.qrels.items():
        yield ndcg(rank(judged.queries[query]), grades, _DEPTH)


def _ranked(searcher: Searcher, question: str) -> list[str]:
    return [article for article, _ in searcher.rank_articles(question, _DEPTH)]


def _nearest(searcher: Searcher, question: str) -> list[str]:
    generation = searcher.generation
    rows, _ = generation.vectors.search(searcher.encoder.encode_query([question])[0], CANDIDATES)
    articles = np.array(generation.article_store.ids(), dtype=object)[generation.article_rows]
    return list(dict.fromkeys(articles[rows]))
