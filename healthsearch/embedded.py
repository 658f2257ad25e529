"""The store that is the default: the generation in use of an index folder, which needs no server.

``Embedded`` is what a searcher reads, straight from a generation's arrays; it is also a ``storage.Store`` like any
other, so that one suite of tests holds for all. ``embedded_maker`` writes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from healthsearch.arrays import Mask, Rows, Scores, Vector
from healthsearch.article import Article
from healthsearch.article_store import ArticleStore
from healthsearch.article_tables import StoredArticle
from healthsearch.filters import Filter
from healthsearch.fusion import Measures, measure
from healthsearch.generation import Generation
from healthsearch.index_folder import Pointer
from healthsearch.manifest import rules
from healthsearch.newer import newer
from healthsearch.passages import Passage
from healthsearch.reasons import Lists
from healthsearch.records import digest_of, records_of
from healthsearch.storage import GenerationFacts, Record, Retrieved, StoredCopy, StoreInfo, WholeArticle
from healthsearch.words import NAME_WEIGHT, highest

ENGINE = "embedded"
# Enough titles for a handful of examples from any corpus.
_TITLES = 500


class Embedded:
    """A generation as ``published.Published`` and as ``storage.Store``; see there."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.name, self.place, self.encoder = generation.name, generation.folder, generation.encoder
        self.analysis, self.spellings = generation.manifest["analysis"], generation.spellings
        self.copies = generation.article_store.copies()
        self.ids = np.array(generation.article_store.ids(), dtype=object)
        self.article_count = len(self.ids)

    def titles(self) -> list[str]:
        """See ``Published``."""
        return self.generation.article_store.titles(_TITLES)

    def value_counts(self) -> dict[str, dict[str, int]]:
        """See ``Published``."""
        return self.generation.facets.all_counts()

    def weights(self, terms: Sequence[str]) -> dict[str, float]:
        """See ``Published``."""
        return self.generation.weights(terms)

    def inquiry(self, query: Scores, terms: Sequence[str], where: Filter = ()) -> EmbeddedInquiry:
        """See ``Published``."""
        return EmbeddedInquiry(self, query, terms, where)

    def allowed(self, where: Filter) -> Mask | None:
        """Which passages a filter lets through; None for all."""
        return self.generation.facets.allowed(where)[self.generation.article_rows] if where else None

    def article(self, article_id: str) -> Article:
        """See ``Published``."""
        return self.generation.article_store.article(article_id)

    def info(self) -> StoreInfo:
        """See ``Store``."""
        pointer = Pointer.read(self.generation.folder.parents[1])
        return StoreInfo(self.facts, pointer.published, str(self.place), ENGINE, lexical=True)

    @cached_property
    def facts(self) -> GenerationFacts:
        """What is known of the generation as a whole."""
        generation = self.generation
        holding = zip(generation.words.holding_counts(), generation.article_words.holding_counts(), strict=True)
        return GenerationFacts(
            generation=self.name,
            encoder=self.encoder,
            rules=rules(),
            articles=self.article_count,
            passages=len(generation.vectors),
            holding=dict(zip(generation.words.vocabulary, holding, strict=True)),
            article_length=self._article_length(),
            spellings=self.spellings,
            copies=self.copies,
            titles=self.titles(),
            counts=self.value_counts(),
            skipped=generation.skipped,
        )

    def _article_length(self) -> float:
        """The mean of what ``records.article_record`` counts."""
        _, lengths = self.generation.coverage.words(0, len(self.generation.coverage))
        passages = np.arange(len(self.generation.vectors))
        # A passage's names stand before its sentences.
        names = lengths[self.generation.sentence_runs(passages)[0] + passages]
        _, titles = self.generation.titles.words(0, len(self.ids))
        return float(lengths.sum() - names.sum() + NAME_WEIGHT * titles.sum()) / max(len(self.ids), 1)

    def dense(self, query: Vector, k: int, where: Filter = ()) -> Retrieved:
        """See ``Store``."""
        return Retrieved(*self.generation.vectors.search(query, k, self.allowed(where)))

    def lexical(self, terms: Sequence[str], k: int, where: Filter = ()) -> Retrieved:
        """See ``Store``."""
        scores = _among(self.generation.words.scores(terms), self.allowed(where))
        rows = highest(scores, k)
        return Retrieved(rows, scores[rows] / max(scores[rows].max(initial=0), np.finfo(np.float32).tiny))

    def get(self, rows: Rows) -> list[Record]:
        """See ``Store``."""
        found: dict[int, Record] = {}
        for row in rows.tolist():
            if row not in found:
                article_store = self.generation.article_store
                stored = article_store.whole_article(article_store.passage(row).passage.article_id)
                found |= {record.row: record for record in records_of(self._whole(stored), stored.passages[0].row)}
        return [found[row] for row in rows.tolist()]

    def count(self, where: Filter = ()) -> int:
        """See ``Store``."""
        allowed = self.allowed(where)
        return len(self.generation.vectors) if allowed is None else int(allowed.sum())

    def near(self, vector: Vector, cosine: float) -> list[str]:
        """See ``Store``."""
        cosines = self.generation.article_vectors @ vector
        order = np.argsort(-cosines, kind="stable")
        return list(self.ids[order[cosines[order] >= cosine]])

    def read(self, article_id: str) -> tuple[Article, list[Passage]]:
        """See ``Published`` and ``Store``."""
        stored = self.generation.article_store.whole_article(article_id)
        return stored.article, [one.passage for one in stored.passages]

    def digests(self) -> dict[str, str]:
        """See ``Store``."""
        return {whole.article.id: digest_of(whole) for whole in self.articles()}

    def articles(self) -> Iterator[WholeArticle]:
        """See ``Store``."""
        return map(self._whole, self.generation.article_store.whole_articles())

    def _whole(self, stored: StoredArticle) -> WholeArticle:
        first, last = stored.passages[0], stored.passages[-1]
        path, digest = self.generation.article_store.file_of(stored.article.id)
        return WholeArticle(
            article=stored.article,
            path=path,
            digest=digest,
            passages=[one.passage for one in stored.passages],
            keys=stored.keys,
            vectors=self.generation.vectors.matrix[first.row : last.row + 1],
            sentences=self.generation.sentences[
                first.first_sentence : last.first_sentence + len(last.passage.sentences)
            ],
            copies=copies_of(self.generation.article_store, stored.article.id),
        )


def _among(scores: Scores, allowed: Mask | None) -> Scores:
    return scores if allowed is None else np.where(allowed, scores, np.float32(0))


class EmbeddedInquiry:
    """See ``published.Inquiry``; everything is read from the generation's arrays."""

    def __init__(self, index: Embedded, query: Scores, terms: Sequence[str], where: Filter) -> None:
        self._index, self._generation = index, index.generation
        self._query, self._terms, self._allowed = query, terms, index.allowed(where)

    @property
    def searched(self) -> int:
        """See ``Inquiry``."""
        return len(self._generation.vectors) if self._allowed is None else int(self._allowed.sum())

    def candidates(self, depth: int) -> tuple[Lists, Rows, Measures]:
        """See ``Inquiry``."""
        shared = _among(self._generation.words.scores(self._terms), self._allowed)
        nearest, _ = self._generation.vectors.search(self._query, depth, self._allowed)
        lists = Lists(nearest, highest(shared, depth))
        rows = np.union1d(lists.nearest, lists.matching)
        return lists, rows, measure(self._generation, rows, self._query, self._terms)

    def article_ids(self, rows: Rows) -> list[str]:
        """See ``Inquiry``."""
        return list(self._index.ids[self._generation.article_rows[rows]])

    def article(self, article_id: str) -> Article:
        """See ``Inquiry``."""
        return self._index.article(article_id)

    def passage(self, row: int) -> Passage:
        """See ``Inquiry``."""
        return self._generation.article_store.passage(row).passage

    def sentence_cosines(self, row: int) -> Scores:
        """See ``Inquiry``."""
        return self._generation.sentence_cosines(self._query, np.array([row]))

    def beside(self, row: int, step: int) -> Iterator[int]:
        """See ``Inquiry``."""
        of_articles = self._generation.article_rows
        at = row + step
        while 0 <= at < len(of_articles) and of_articles[at] == of_articles[row]:
            yield at
            at += step

    def newer(self, articles: Mapping[int, Article]) -> dict[str, Article]:
        """See ``Inquiry``."""
        return newer(self._generation, {int(self._generation.article_rows[row]): one for row, one in articles.items()})


def copies_of(article_store: ArticleStore, article_id: str) -> list[StoredCopy]:
    """Other places of an article's text."""
    return [StoredCopy(*copied) for copied in article_store.copies_of(article_id)]
