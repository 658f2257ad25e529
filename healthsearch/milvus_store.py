"""Milvus as a store: reads the generation in use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from healthsearch import milvus_rows as form
from healthsearch.arrays import Rows, Vector
from healthsearch.article import Article
from healthsearch.filters import Filter
from healthsearch.milvus_rows import Row
from healthsearch.milvus_server import CALL_SECONDS, MOST, MilvusServer, articles_of
from healthsearch.passages import Passage
from healthsearch.storage import Record, Retrieved, StoreInfo, WholeArticle

# Articles that are read at once when all are.
_READ_ROWS = 50
# Articles that may be as near as is asked for; of more only the nearest are looked at.
_MOST_NEAR = 100
# What HNSW and DISKANN call the number of vectors that a search looks at.
_LOOKED_AT = ("ef", "search_list")
_BY_MEANING = ("id", "number", "vector", "words", "sentences")
_OF_ARTICLE = ("number", "name", "vector", "words", "length")


class MilvusStore:
    """See ``storage.Store``: the generation of this name, which is loaded."""

    def __init__(self, server: MilvusServer, name: str) -> None:
        self._server = server
        self._passages, self._articles = name, articles_of(name)
        with server.told():
            facts, published = form.facts(
                row for rows in server.rows(self._articles, "number < 0", ("number", "body"), 1) for row in rows
            )
        self._info = StoreInfo(facts, published, str(server.address), server.engine, server.lexical)

    def info(self) -> StoreInfo:
        """See ``Store``."""
        return self._info

    def dense(self, query: Vector, k: int, where: Filter = ()) -> Retrieved:
        """See ``Store``."""
        rows = self._search(self._passages, "vector", np.asarray(query, np.float32), k, form.expression(where))
        return _found([(row["id"], row["distance"]) for row in rows])

    def lexical(self, terms: Sequence[str], k: int, where: Filter = ()) -> Retrieved:
        """See ``Store``."""
        asked = " ".join(map(form.written, terms))
        if not asked or not self._info.lexical:
            return _found([])
        rows = self._search(self._passages, "sparse", asked, k, form.expression(where))
        # Some versions count from 0 down.
        scores = [(row["id"], abs(row["distance"])) for row in rows]
        best = max((score for _, score in scores), default=0.0)
        return _found([(row, score / best) for row, score in scores if score > 0])

    def get(self, rows: Rows) -> list[Record]:
        """See ``Store``."""
        with self._server.told():
            found = {row["id"]: row for row in self._server.some(self._passages, "id", rows.tolist(), _BY_MEANING)}
            numbers = {row["number"] for row in found.values()}
            records = {
                row["number"]: form.article_record(row)
                for row in self._server.some(self._articles, "number", numbers, _OF_ARTICLE)
            }
        return [form.record(found[row], records[found[row]["number"]]) for row in rows.tolist()]

    def count(self, where: Filter = ()) -> int:
        """See ``Store``."""
        told = form.expression(where)
        with self._server.told():
            return 0 if told is None else self._server.count(self._passages, told, "Bounded")

    def near(self, vector: Vector, cosine: float) -> list[str]:
        """See ``Store``."""
        query = np.asarray(vector, np.float32)
        rows = self._search(self._articles, "vector", query, _MOST_NEAR, "number >= 0", ("name",))
        return [row["entity"]["name"] for row in rows if row["distance"] >= cosine]

    def read(self, article_id: str) -> tuple[Article, list[Passage]]:
        """See ``Store``."""
        with self._server.told():
            found = self._server.client.query(
                self._articles,
                filter=f'key == "{form.key_of(article_id)}"',
                output_fields=["body"],
                timeout=CALL_SECONDS,
            )
        if not found:
            raise KeyError(article_id)
        return form.article_and_passages(found[0])

    def articles(self) -> Iterator[WholeArticle]:
        """See ``Store``."""
        with self._server.told():
            fields = ("number", "name", "vector", "words", "length", "body")
            for rows in self._server.rows(self._articles, "number >= 0", fields, _READ_ROWS):
                where = f"number in {[row['number'] for row in rows]}"
                passages = [row for batch in self._server.rows(self._passages, where, _BY_MEANING) for row in batch]
                passages.sort(key=lambda passage: int(passage["id"]))
                of_number = {number: list(own) for number, own in groupby(passages, key=lambda row: row["number"])}
                for row in sorted(rows, key=lambda row: int(row["number"])):
                    yield form.whole(row, of_number[row["number"]])

    def digests(self) -> dict[str, str]:
        """See ``Store``."""
        with self._server.told():
            batches = self._server.rows(self._articles, "number >= 0", ("name", "digest"))
            return {row["name"]: row["digest"] for batch in batches for row in batch}

    def _search(
        self, name: str, field: str, query: object, k: int, where: str | None, fields: Sequence[str] = ()
    ) -> list[Row]:
        if where is None:
            return []
        k = min(k, MOST)
        parameters: Row = {"metric_type": "BM25"}
        if field == "vector":
            parameters = {"metric_type": "IP", "params": {name: max(2 * k, 200) for name in _LOOKED_AT}}
        with self._server.told():
            [found] = self._server.client.search(
                name,
                data=[query],
                anns_field=field,
                limit=k,
                filter=where,
                output_fields=list(fields),
                search_params=parameters,
                consistency_level="Bounded",
                timeout=CALL_SECONDS,
            )
        return list(found)


def _found(pairs: Sequence[tuple[int, float]]) -> Retrieved:
    """Passages by row with their scores, best first, ties by row."""
    ordered = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    return Retrieved(
        np.array([row for row, _ in ordered], np.int64), np.array([score for _, score in ordered], np.float32)
    )
