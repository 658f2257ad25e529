"""Any store as a searcher reads it: what one question needs of it is fetched as records, each once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from healthsearch.arrays import Rows, Scores
from healthsearch.article import Article
from healthsearch.filters import Filter
from healthsearch.fusion import Measures, measure
from healthsearch.newer import NEAR, dated, latest
from healthsearch.passages import Passage
from healthsearch.published import Inquiry
from healthsearch.quantisation import dequantised
from healthsearch.reasons import Lists
from healthsearch.records import RecordSet, weights
from healthsearch.storage import Record, Store, StoreInfo


class FromStore:
    """Any store, as ``Published``; see there."""

    generation = None

    def __init__(self, store: Store) -> None:
        self._store = store
        self.info: StoreInfo = store.info()
        facts = self.info.facts
        self.name, self.place, self.encoder = facts.generation, self.info.place, facts.encoder
        self.analysis, self.spellings, self.copies = facts.rules["analysis"], facts.spellings, facts.copies
        self.article_count = facts.articles

    def titles(self) -> Sequence[str]:
        """See ``Published``."""
        return self.info.facts.titles

    def value_counts(self) -> Mapping[str, Mapping[str, int]]:
        """See ``Published``."""
        return self.info.facts.counts

    def weights(self, terms: Sequence[str]) -> Mapping[str, float]:
        """See ``Published``."""
        return weights(self.info.facts, terms)

    def article(self, article_id: str) -> Article:
        """See ``Published``."""
        return self.read(article_id)[0]

    def read(self, article_id: str) -> tuple[Article, Sequence[Passage]]:
        """See ``Published``."""
        return self._store.read(article_id)

    def inquiry(self, query: Scores, terms: Sequence[str], where: Filter = ()) -> Inquiry:
        """See ``Published``."""
        return _Fetched(self._store, self.info, query, terms, where)


class _Fetched:
    """An inquiry by records, each fetched once."""

    def __init__(self, store: Store, info: StoreInfo, query: Scores, terms: Sequence[str], where: Filter) -> None:
        self._store, self._info = store, info
        self._query, self._terms, self._where = query, terms, where
        self._records: dict[int, Record] = {}
        self._articles: dict[str, tuple[Article, Sequence[Passage]]] = {}

    @cached_property
    def searched(self) -> int:
        return self._store.count(self._where) if self._where else self._info.facts.passages

    def candidates(self, depth: int) -> tuple[Lists, Rows, Measures]:
        nearest = self._store.dense(self._query, depth, self._where).rows
        lists = Lists(nearest, self._store.lexical(self._terms, depth, self._where).rows)
        rows = np.union1d(lists.nearest, lists.matching)
        self._fetch(rows)
        return lists, rows, measure(RecordSet(self._info.facts, self._records), rows, self._query, self._terms)

    def article_ids(self, rows: Rows) -> list[str]:
        return [self._record(row).article.id for row in rows.tolist()]

    def article(self, article_id: str) -> Article:
        return self._whole(article_id)[0]

    def passage(self, row: int) -> Passage:
        record = self._record(row)
        return self._whole(record.article.id)[1][record.position]

    def sentence_cosines(self, row: int) -> Scores:
        return np.asarray(dequantised(self._record(row).sentences) @ self._query, np.float32)

    def beside(self, row: int, step: int) -> Iterator[int]:
        record = self._record(row)
        last = len(self._whole(record.article.id)[1]) - 1
        away = last - record.position if step > 0 else record.position
        return iter(range(row + step, row + step * (away + 1), step))

    def newer(self, articles: Mapping[int, Article]) -> dict[str, Article]:
        newest = {}
        for row, article in articles.items():
            if dated(article):
                near = self._store.near(self._record(row).article.vector, NEAR)
                later = latest(article, (self.article(other) for other in near if other != article.id))
                if later:
                    newest[article.id] = later
        return newest

    def _whole(self, article_id: str) -> tuple[Article, Sequence[Passage]]:
        if article_id not in self._articles:
            self._articles[article_id] = self._store.read(article_id)
        return self._articles[article_id]

    def _record(self, row: int) -> Record:
        self._fetch(np.array([row], np.int64))
        return self._records[row]

    def _fetch(self, rows: Rows) -> None:
        missing = np.array([row for row in rows.tolist() if row not in self._records], np.int64)
        if len(missing):
            self._records |= {record.row: record for record in self._store.get(missing)}
