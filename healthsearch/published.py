"""What a searcher reads: a published index, and what one question has found in it.

``FromStore`` reads any store by the small protocol of ``storage``; ``embedded`` has the same for the generation of this
machine, without a record in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from healthsearch.arrays import Rows, Scores
from healthsearch.article import Article
from healthsearch.filters import Filter
from healthsearch.fusion import Measures, measure
from healthsearch.generation import Generation
from healthsearch.manifest import EncoderSpec
from healthsearch.newer import NEAR, dated, latest
from healthsearch.passages import Passage
from healthsearch.quantisation import dequantised
from healthsearch.reasons import Lists
from healthsearch.records import RecordSet, weights
from healthsearch.storage import Record, Store, StoreInfo


class Inquiry(Protocol):
    """One question's reading of an index; what was fetched for it is kept for as long as it lives."""

    @property
    def searched(self) -> int:
        """How many passages there are to choose from."""
        ...

    def candidates(self, depth: int) -> tuple[Lists, Rows, Measures]:
        """The ``depth`` nearest passages and the ``depth`` best by words, by row, with what fusion weighs of them."""
        ...

    def article_ids(self, rows: Rows) -> list[str]:
        """For each of the named passages the id of its article."""
        ...

    def article(self, article_id: str) -> Article:
        """The article with this id; KeyError when there is none."""
        ...

    def passage(self, row: int) -> Passage:
        """The passage with this row."""
        ...

    def sentence_cosines(self, row: int) -> Scores:
        """The cosines of the question with every sentence of a passage."""
        ...

    def beside(self, row: int, step: int) -> Iterator[int]:
        """The rows after (1) or before (-1) one, nearest first, within its article."""
        ...

    def newer(self, articles: Mapping[int, Article]) -> dict[str, Article]:
        """For articles, each by the row of one of its passages, the newest of those that cover the same and are dated
        later, by id; an article of which there is none is left out.
        """
        ...


class Published(Protocol):
    """A published index, read; safe to share between threads."""

    @property
    def generation(self) -> Generation | None:
        """The files on this machine, where it is made of such."""
        ...

    @property
    def name(self) -> str:
        """The generation's name."""
        ...

    @property
    def place(self) -> object:
        """Where it is, for messages."""
        ...

    @property
    def encoder(self) -> EncoderSpec:
        """What encoded it."""
        ...

    @property
    def analysis(self) -> object:
        """The rules that its words were made by."""
        ...

    @property
    def spellings(self) -> Mapping[str, int]:
        """The words of the articles as written, each with how often it stands there."""
        ...

    @property
    def copies(self) -> Mapping[str, Sequence[str]]:
        """For each article whose text stands in other places too, the ids that it would have there."""
        ...

    @property
    def article_count(self) -> int:
        """How many articles there are."""
        ...

    def titles(self) -> Sequence[str]:
        """The titles of the first articles."""
        ...

    def value_counts(self) -> Mapping[str, Mapping[str, int]]:
        """For each field of a filter how many articles have each value; dates as they are written."""
        ...

    def weights(self, terms: Sequence[str]) -> Mapping[str, float]:
        """How much each distinct index word tells among all passages, unknown words included."""
        ...

    def article(self, article_id: str) -> Article:
        """The article with this id; KeyError when there is none."""
        ...

    def read(self, article_id: str) -> tuple[Article, Sequence[Passage]]:
        """An article with its passages in order; KeyError when there is none of this id."""
        ...

    def inquiry(self, query: Scores, terms: Sequence[str], where: Filter = ()) -> Inquiry:
        """Ask by a question's vector and index words, among what the filter lets through."""
        ...


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
