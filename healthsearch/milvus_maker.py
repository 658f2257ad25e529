"""Writes the next generation in Milvus, and publishes it.

It is filled beside the one in use, from the one before that where it is still there, so that little is sent; that is
renamed first, so that whoever still reads it is told that it has gone and never sees half of another. Then the alias is
switched.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from healthsearch import milvus_rows as form
from healthsearch.address import Address
from healthsearch.errors import HealthSearchError
from healthsearch.manifest import EncoderSpec
from healthsearch.milvus_rows import Row
from healthsearch.milvus_schema import collection_form, create_collections
from healthsearch.milvus_server import AT_ONCE, CALL_SECONDS, LOAD_SECONDS, MilvusServer, articles_of, place_of
from healthsearch.records import digest_of
from healthsearch.storage import GenerationFacts, WholeArticle

# Rows, and about as many bytes, that are sent at once: far below what a server takes in one message.
_SENT_ROWS, _SENT_BYTES = 500, 4_000_000


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
            home = f"{server.address.collection}_{collection_form(server, self._encoder)}"
            self._name = f"{home}_{max(map(place_of, there), default=0) + 1}"
            spare = [name for name in there if name != in_use]
            begun = next((name for name in spare if name.startswith(home) and self._take_over(name)), None)
            for name in spare:
                if name != begun:
                    self._drop(name)
            if begun is None:
                create_collections(server, self._name, self._encoder)
                server.load(self._name)
            self._next = 1 + max((number for number, _ in self._held.values()), default=-1)
        return self

    def __exit__(self, *error: object) -> None:
        """What is not committed stays for the next maker, which goes on from there."""
        self._server.client.close()

    def digests(self) -> dict[str, str]:
        """See ``Maker``."""
        return {name: digest for name, (_, digest) in self._held.items()}

    def upsert(self, articles: Iterable[WholeArticle]) -> None:
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
            for at in range(0, len(numbers), AT_ONCE):
                where = f"number in {numbers[at : at + AT_ONCE]}"
                # A maker that is killed between the two finds passages too few, and begins anew.
                for name in (self._name, articles_of(self._name)):
                    self._server.client.delete(name, filter=where, timeout=CALL_SECONDS)

    def commit(self, facts: GenerationFacts) -> None:
        """See ``Maker``."""
        self._send()
        server, name = self._server, self._name
        with server.told():
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
                server.client.insert(articles_of(name), [row], timeout=CALL_SECONDS)
            self._flush()
            self._wait_until_seen(articles_of(name), facts.articles + len(rows))
            self._wait_until_seen(name, facts.passages)
            if server.in_use() is None:
                server.client.create_alias(name, server.address.collection)
            else:
                server.client.alter_alias(name, server.address.collection)

    def _flush(self) -> None:
        for name in (self._name, articles_of(self._name)):
            self._server.client.flush(name, timeout=LOAD_SECONDS)

    def _wait_until_seen(self, name: str, count: int) -> None:
        """Readers accept an answer that is seconds old: let nobody be led to what some replica has not seen yet."""
        started = time.monotonic()
        while self._server.count(name, consistency="Bounded") != count:
            if time.monotonic() - started > CALL_SECONDS:
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
                    self._server.client.insert(name, some, timeout=CALL_SECONDS)

    def _take_over(self, name: str) -> bool:
        """Make a generation that nobody uses the beginning of the next one; False where it cannot be one."""
        try:
            with self._server.told():
                whole = self._begin_with(name)
        except HealthSearchError:
            # A maker was killed between the two of a pair.
            whole = False
        if not whole:
            self._held = {}
            self._drop(self._name)
        return whole

    def _begin_with(self, name: str) -> bool:
        """Rename it, and forget what was known of it as a whole; False where passages are missing."""
        server, passages, articles = self._server, self._name, articles_of(self._name)
        for part, new in ((name, passages), (articles_of(name), articles)):
            server.client.rename_collection(part, new)
        server.load(passages)
        server.client.delete(articles, filter="number < 0", timeout=CALL_SECONDS)
        fields = ("number", "name", "digest", "passages")
        rows = [row for some in server.rows(articles, "number >= 0", fields) for row in some]
        self._held = {row["name"]: (row["number"], row["digest"]) for row in rows}
        last = max((row["number"] for row in rows), default=-1)
        server.client.delete(passages, filter=f"number > {last}", timeout=CALL_SECONDS)
        return server.count(passages) == sum(int(row["passages"]) for row in rows)

    def _drop(self, name: str) -> None:
        for part in (name, articles_of(name)):
            self._server.client.drop_collection(part)


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
