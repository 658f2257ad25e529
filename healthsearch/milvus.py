"""Milvus as a store: the only import of its client, and the place where its traps end.

A generation is a pair of collections: NAME_FORM_3 has a row for each passage, NAME_FORM_3_articles one for each article
and some with what is known of all; those of another FORM cannot be gone on with. The alias NAME leads to the generation
in use. The next one is filled beside it, from the one before it where that is still there, so that little is sent; it
is renamed first, so that whoever still reads the old one is told that it has gone and never sees half of another. Then
the alias is switched.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import numpy as np
from pymilvus import DataType, Function, FunctionType, MilvusClient
from pymilvus.exceptions import MilvusException

from healthsearch import milvus_rows as form
from healthsearch.address import Address
from healthsearch.arrays import Rows, Vector
from healthsearch.article import Article
from healthsearch.errors import BUILD_COMMAND, HealthSearchError, NoIndex
from healthsearch.filters import Filter
from healthsearch.manifest import EncoderSpec
from healthsearch.milvus_rows import Row
from healthsearch.passages import Passage
from healthsearch.records import digest_of
from healthsearch.storage import Facts, Found, Info, Record, Whole
from healthsearch.words import ANALYSIS, K1, B

# The largest k and the most rows of one query that a server allows.
_MOST = 16_384
# Numbers and ids in one expression.
_AT_ONCE = 500
# Rows, and about as many bytes, that are sent at once: far below what a server takes in one message.
_SENT_ROWS, _SENT_BYTES = 500, 4_000_000
# Articles that are read at once when all are.
_READ_ROWS = 50
# Articles that may be as near as is asked for; of more only the nearest are looked at.
_MOST_NEAR = 100
# A server that has just been started or restarted may need a minute to load its collections.
_CONNECT_SECONDS, _CALL_SECONDS, _LOAD_SECONDS = 60.0, 120.0, 600.0
# Versions from which on a server searches by words. An older one takes such a collection, and then finds nothing.
_WORDS_SINCE = (2, 5, 0)
_GRAPH: Row = {"M": 16, "efConstruction": 200}
_VECTOR_INDEX: dict[str, Row] = {"HNSW": _GRAPH, "HNSW_SQ": {**_GRAPH, "sq_type": "SQ8"}}
# What HNSW and DISKANN call the number of vectors that a search looks at.
_LOOKED_AT = ("ef", "search_list")
_BY_MEANING = ("id", "number", "vector", "words", "sentences")
_OF_ARTICLE = ("number", "name", "vector", "words", "length")

# Every refused call would be told on stderr, beside our own message.
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)


class MilvusServer:
    """A server at an address, and our generations in it."""

    def __init__(self, address: Address) -> None:
        """Connect. Raises HealthSearchError when it cannot be reached."""
        self.address = address
        if address.is_file:
            # Its server is in this process, and tells on stderr of every call that it lacks; the client does without.
            logging.getLogger("grpc._server").setLevel(logging.CRITICAL)
        with self.told():
            self.client = MilvusClient(uri=address.uri, token=address.token, timeout=_CONNECT_SECONDS)
            self.engine = f"Milvus {self.client.get_server_version()}"
        numbers = re.search(r"(\d+)\.(\d+)\.(\d+)", self.engine)
        version = tuple(map(int, numbers.groups())) if numbers else (0,)
        self.lexical = "milvus_lite" in self.engine or version >= _WORDS_SINCE

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell what goes wrong with the server meanwhile as a HealthSearchError."""
        try:
            yield
        except MilvusException as error:
            cause = " ".join(str(error.message).split())[:300] or type(error).__name__
            raise HealthSearchError(
                self.address,
                f"Milvus does not answer, or refuses ({cause})",
                "Look whether it runs, and whether address and token are right; then try again.",
            ) from None

    def in_use(self) -> str | None:
        """The collection that the alias leads to; None where nothing was published."""
        with self.told():
            for name in self.generations():
                if self.address.collection in self.client.list_aliases(name)["aliases"]:
                    return name
        return None

    def generations(self) -> list[str]:
        """The collections of passages that there are of our name, the newest first."""
        pattern = re.compile(rf"{re.escape(self.address.collection)}_[0-9a-f]{{8}}_\d+")
        return sorted(filter(pattern.fullmatch, self.client.list_collections()), key=_place, reverse=True)

    def load(self, name: str) -> None:
        """Have a generation loaded for searching, if it is not."""
        for part in (name, articles_of(name)):
            if "Loaded" not in str(self.client.get_load_state(part)["state"]):
                self.client.load_collection(part, replica_number=self.address.replicas, timeout=_LOAD_SECONDS)

    def count(self, name: str, where: str = "", consistency: str = "Strong") -> int:
        """The rows of a collection that an expression lets through."""
        [found] = self.client.query(
            name, filter=where, output_fields=["count(*)"], consistency_level=consistency, timeout=_CALL_SECONDS
        )
        return int(found["count(*)"])

    def rows(self, name: str, where: str, fields: Sequence[str], at_once: int = _MOST) -> Iterator[list[Row]]:
        """The rows that an expression lets through, by their ids, so many at a time."""
        found = self.client.query_iterator(name, filter=where, output_fields=list(fields), batch_size=at_once)
        while rows := found.next():
            yield rows
        found.close()

    def some(self, name: str, field: str, values: Iterable[int], fields: Sequence[str]) -> Iterator[Row]:
        """The rows with these values in a field, in no order."""
        wanted = sorted(values)
        for at in range(0, len(wanted), _AT_ONCE):
            where = f"{field} in {wanted[at : at + _AT_ONCE]}"
            yield from self.client.query(name, filter=where, output_fields=list(fields), timeout=_CALL_SECONDS)


def _place(name: str) -> int:
    """The number of a generation among those of its address."""
    return int(name.rpartition("_")[2])


def articles_of(name: str) -> str:
    """The collection of articles beside one of passages."""
    return f"{name}_articles"


class MilvusStore:
    """See ``storage.Store``. Raises NoIndex where nothing was published under the address."""

    def __init__(self, address: Address) -> None:
        self._server = server = MilvusServer(address)
        name = server.in_use()
        if name is None:
            raise NoIndex(
                address, "nothing was published there yet", f"Publish: {BUILD_COMMAND} --store milvus --uri URI"
            )
        self._passages, self._articles = name, articles_of(name)
        with server.told():
            server.load(name)
            facts, published = form.facts(
                row for rows in server.rows(self._articles, "number < 0", ("number", "body"), 1) for row in rows
            )
        self._info = Info(facts, published, str(address), server.engine, server.lexical)

    def info(self) -> Info:
        """See ``Store``."""
        return self._info

    def dense(self, query: Vector, k: int, where: Filter = ()) -> Found:
        """See ``Store``."""
        rows = self._search(self._passages, "vector", np.asarray(query, np.float32), k, form.expression(where))
        return _found([(row["id"], row["distance"]) for row in rows])

    def lexical(self, terms: Sequence[str], k: int, where: Filter = ()) -> Found:
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
                timeout=_CALL_SECONDS,
            )
        if not found:
            raise KeyError(article_id)
        return form.article_and_passages(found[0])

    def articles(self) -> Iterator[Whole]:
        """See ``Store``."""
        with self._server.told():
            fields = ("number", "name", "vector", "words", "length", "body")
            for rows in self._server.rows(self._articles, "number >= 0", fields, _READ_ROWS):
                where = f"number in {[row['number'] for row in rows]}"
                found = [one for some in self._server.rows(self._passages, where, _BY_MEANING) for one in some]
                found.sort(key=lambda one: int(one["id"]))
                of_number = {number: list(some) for number, some in groupby(found, key=lambda one: one["number"])}
                for row in sorted(rows, key=lambda row: int(row["number"])):
                    yield form.whole(row, of_number[row["number"]])

    def digests(self) -> dict[str, str]:
        """See ``Store``."""
        with self._server.told():
            found = self._server.rows(self._articles, "number >= 0", ("name", "digest"))
            return {row["name"]: row["digest"] for rows in found for row in rows}

    def _search(
        self, name: str, field: str, query: object, k: int, where: str | None, fields: Sequence[str] = ()
    ) -> list[Row]:
        if where is None:
            return []
        k = min(k, _MOST)
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
                timeout=_CALL_SECONDS,
            )
        return list(found)


def _found(pairs: Sequence[tuple[int, float]]) -> Found:
    """Passages by row with their scores, best first, ties by row."""
    ordered = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    return Found(np.array([row for row, _ in ordered], np.int64), np.array([score for _, score in ordered], np.float32))


class MilvusMaker:
    """See ``storage.Maker``. It begins with the generation before the one in use, if that is of the same form."""

    def __init__(self, address: Address, encoder: EncoderSpec) -> None:
        self._server, self._encoder = MilvusServer(address), encoder
        self._held: dict[str, tuple[int, str]] = {}
        self._waiting: tuple[list[Row], list[Row]] = ([], [])
        self._bytes = 0

    def __enter__(self) -> MilvusMaker:
        server = self._server
        with server.told():
            there, in_use = server.generations(), server.in_use()
            home = f"{server.address.collection}_{self._form()}"
            self._name = f"{home}_{max(map(_place, there), default=0) + 1}"
            spare = [name for name in there if name != in_use]
            begun = next((name for name in spare if name.startswith(home) and self._take_over(name)), None)
            for name in spare:
                if name != begun:
                    self._drop(name)
            if begun is None:
                self._create()
            self._next = 1 + max((number for number, _ in self._held.values()), default=-1)
        return self

    def __exit__(self, *error: object) -> None:
        """What is not committed stays for the next maker, which goes on from there."""
        self._server.client.close()

    def digests(self) -> dict[str, str]:
        """See ``Maker``."""
        return {name: digest for name, (_, digest) in self._held.items()}

    def upsert(self, articles: Iterable[Whole]) -> None:
        """See ``Maker``."""
        for whole in articles:
            self.delete_articles([whole.article.id])
            digest = digest_of(whole)
            row, passages = form.rows_of(whole, self._next, digest)
            self._held[whole.article.id] = self._next, digest
            self._next += 1
            self._waiting[0].extend(passages)
            self._waiting[1].append(row)
            self._bytes += sum(map(_size, (row, *passages)))
            if len(self._waiting[0]) >= _SENT_ROWS or self._bytes >= _SENT_BYTES:
                self._send()

    def delete_articles(self, ids: Iterable[str]) -> None:
        """See ``Maker``."""
        numbers = [self._held.pop(one)[0] for one in ids if one in self._held]
        with self._server.told():
            for at in range(0, len(numbers), _AT_ONCE):
                where = f"number in {numbers[at : at + _AT_ONCE]}"
                # A maker that is killed between the two finds passages too few, and begins anew.
                for name in (self._name, articles_of(self._name)):
                    self._server.client.delete(name, filter=where, timeout=_CALL_SECONDS)

    def commit(self, facts: Facts) -> None:
        """See ``Maker``."""
        self._send()
        server, name = self._server, self._name
        with server.told():
            self._flush()
            found = server.count(articles_of(name)), server.count(name)
            if found != (facts.articles, facts.passages):
                raise HealthSearchError(
                    server.address,
                    f"{found[0]:,} articles of {found[1]:,} passages have come there,"
                    f" not {facts.articles:,} of {facts.passages:,}",
                    "Publish again; what was published before still serves.",
                )
            rows = form.facts_rows(facts, datetime.now(UTC).isoformat(), self._encoder.dimension)
            for row in rows:
                server.client.insert(articles_of(name), [row], timeout=_CALL_SECONDS)
            self._flush()
            self._wait_until_seen(articles_of(name), facts.articles + len(rows))
            self._wait_until_seen(name, facts.passages)
            if server.in_use() is None:
                server.client.create_alias(name, server.address.collection)
            else:
                server.client.alter_alias(name, server.address.collection)

    def _flush(self) -> None:
        for name in (self._name, articles_of(self._name)):
            self._server.client.flush(name, timeout=_LOAD_SECONDS)

    def _wait_until_seen(self, name: str, count: int) -> None:
        """Readers accept an answer that is seconds old: let nobody be led to what some replica has not seen yet."""
        started = time.monotonic()
        while self._server.count(name, consistency="Bounded") != count:
            if time.monotonic() - started > _CALL_SECONDS:
                raise HealthSearchError(
                    self._server.address, "what was sent cannot be read back", "Look after the server; publish again."
                )
            time.sleep(0.2)

    def _send(self) -> None:
        passages, articles = self._waiting
        self._waiting, self._bytes = ([], []), 0
        with self._server.told():
            # An article that is there is there with all its passages.
            for name, rows in ((self._name, passages), (articles_of(self._name), articles)):
                for some in _batches(rows):
                    self._server.client.insert(name, some, timeout=_CALL_SECONDS)

    def _take_over(self, name: str) -> bool:
        """Make a generation that nobody uses the beginning of the next one; False where it cannot be one."""
        client = self._server.client
        try:
            for part, new in ((name, self._name), (articles_of(name), articles_of(self._name))):
                client.rename_collection(part, new)
            self._server.load(self._name)
            client.delete(articles_of(self._name), filter="number < 0", timeout=_CALL_SECONDS)
            fields = ("number", "name", "digest", "passages")
            rows = [row for some in self._server.rows(articles_of(self._name), "number >= 0", fields) for row in some]
            self._held = {row["name"]: (row["number"], row["digest"]) for row in rows}
            last = max((row["number"] for row in rows), default=-1)
            client.delete(self._name, filter=f"number > {last}", timeout=_CALL_SECONDS)
            whole = self._server.count(self._name) == sum(int(row["passages"]) for row in rows)
        except MilvusException:
            # A maker was killed between the two of a pair.
            whole = False
        if not whole:
            self._held = {}
            self._drop(self._name)
        return whole

    def _drop(self, name: str) -> None:
        for part in (name, articles_of(name)):
            self._server.client.drop_collection(part)

    def _form(self) -> str:
        """Eight hexadecimal digits for all that a collection is made by, but for the articles."""
        address, encoder = self._server.address, self._encoder
        words = ANALYSIS if self._server.lexical else "no words"
        made_by = f"{encoder.passage_digest[:16]}, {encoder.dimension} dimensions, {words}"
        return form.key_of(f"{form.FORMAT}, {made_by}, {address.index}, {address.shards} shards")[:8]

    def _create(self) -> None:
        address, dimension = self._server.address, self._encoder.dimension
        for name, make in ((self._name, self._passages_schema), (articles_of(self._name), self._articles_schema)):
            schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
            indexes = MilvusClient.prepare_index_params()
            indexes.add_index(
                "vector", index_type=address.index, metric_type="IP", params=_VECTOR_INDEX.get(address.index, {})
            )
            make(schema, indexes)
            self._server.client.create_collection(
                name, schema=schema, index_params=indexes, num_shards=address.shards, timeout=_CALL_SECONDS
            )
        self._server.load(self._name)

    def _passages_schema(self, schema: Any, indexes: Any) -> None:  # noqa: ANN401 - the client has no types
        schema.add_field("id", DataType.INT64, is_primary=True)
        for name in ("number", "published_day", "reviewed_day"):
            schema.add_field(name, DataType.INT64)
        for name in ("publisher", "language", "folder", "published", "reviewed"):
            schema.add_field(name, DataType.VARCHAR, max_length=32)
        _add_texts(schema, "sentences", 4 * self._encoder.dimension)
        if not self._server.lexical:
            schema.add_field("words", DataType.VARCHAR, max_length=form.LONGEST)
            return
        plain = {"tokenizer": "standard"}
        schema.add_field(
            "words", DataType.VARCHAR, max_length=form.LONGEST, enable_analyzer=True, analyzer_params=plain
        )
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(Function("bm25", FunctionType.BM25, ["words"], ["sparse"]))
        parameters = {"bm25_k1": K1, "bm25_b": B}
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=parameters)

    def _articles_schema(self, schema: Any, indexes: Any) -> None:  # noqa: ANN401
        schema.add_field("number", DataType.INT64, is_primary=True)
        for name, length in (("key", 32), ("name", form.LONGEST), ("digest", 64)):
            schema.add_field(name, DataType.VARCHAR, max_length=length)
        for name in ("passages", "length"):
            schema.add_field(name, DataType.INT64)
        for name in ("words", "body"):
            _add_texts(schema, name, form.LONGEST)
        indexes.add_index("key", index_type="INVERTED" if self._server.lexical else "Trie")


def _add_texts(schema: Any, name: str, longest: int) -> None:  # noqa: ANN401
    schema.add_field(
        name, DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=4_096, max_length=min(longest, form.LONGEST)
    )


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows in order, in messages of a size that every server takes."""
    some: list[Row] = []
    size = 0
    for row in rows:
        if some and (len(some) == _SENT_ROWS or size + _size(row) > _SENT_BYTES):
            yield some
            some, size = [], 0
        some.append(row)
        size += _size(row)
    if some:
        yield some


def _size(row: Row) -> int:
    """About how many bytes a row takes in a message."""
    return sum(
        value.nbytes if isinstance(value, np.ndarray) else sum(map(len, value)) if isinstance(value, list) else 40
        for value in row.values()
    )
