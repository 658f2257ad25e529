"""A Milvus server and our generations in it: the connection, its errors, and what collections and aliases are called.

A generation is a pair of collections: NAME_FORM_3 has a row for each passage, NAME_FORM_3_articles one for each article
and some with what is known of all; those of another FORM cannot be gone on with. The alias NAME leads to the generation
in use.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

# isort: split
# A dependency of the client and after it, so that where both are missing the client is named.
import grpc

from healthsearch.address import Address
from healthsearch.errors import HealthSearchError
from healthsearch.milvus_rows import Row

# The largest k and the most rows of one query that a server allows.
MOST = 16_384
# Numbers and ids in one expression.
AT_ONCE = 500
# A server that has just been started or restarted may need a minute to load its collections.
_CONNECT_SECONDS = 60.0
CALL_SECONDS, LOAD_SECONDS = 120.0, 600.0
# A server that was away is tried again within a second of a question, and not, as by default, within two minutes.
_PROTOCOL = {"grpc.initial_reconnect_backoff_ms": 200, "grpc.max_reconnect_backoff_ms": 1_000}
# Versions from which on a server searches by words. An older one takes such a collection, and then finds nothing.
_WORDS_SINCE = (2, 5, 0)

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
            self.client = MilvusClient(
                uri=address.uri, token=address.token, timeout=_CONNECT_SECONDS, grpc_options=_PROTOCOL
            )
            self.engine = f"Milvus {self.client.get_server_version()}"
        numbers = re.search(r"(\d+)\.(\d+)\.(\d+)", self.engine)
        version = tuple(map(int, numbers.groups())) if numbers else (0,)
        self.lexical = "milvus_lite" in self.engine or version >= _WORDS_SINCE

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell what goes wrong with the server meanwhile as a HealthSearchError."""
        try:
            yield
        except (MilvusException, grpc.RpcError) as error:
            # An answer that does not come in time is an error of the protocol below the client, which lets it through.
            said = error.message if isinstance(error, MilvusException) else error.details()
            cause = " ".join(str(said).split())[:300] or type(error).__name__
            raise HealthSearchError(
                self.address,
                f"Milvus does not answer, or refuses ({cause})",
                "Look whether it runs, and whether address and token are right; then try again.",
            ) from None

    def in_use(self, seconds: float | None = None) -> str | None:
        """The collection that the alias leads to; None where nothing was published. A call may take so many seconds."""
        seconds = seconds or CALL_SECONDS
        with self.told():
            for name in self.generations(seconds):
                if self.address.collection in self.client.list_aliases(name, timeout=seconds)["aliases"]:
                    return name
        return None

    def generations(self, seconds: float = CALL_SECONDS) -> list[str]:
        """The collections of passages that there are of our name, the newest first."""
        pattern = re.compile(rf"{re.escape(self.address.collection)}_[0-9a-f]{{8}}_\d+")
        names = self.client.list_collections(timeout=seconds)
        return sorted(filter(pattern.fullmatch, names), key=place_of, reverse=True)

    def load(self, name: str, seconds: float | None = None) -> None:
        """Have a generation loaded for searching, if it is not; whether it is may take so many seconds to find out."""
        with self.told():
            missing = [
                part
                for part in (name, articles_of(name))
                if "Loaded" not in str(self.client.get_load_state(part, timeout=seconds or CALL_SECONDS)["state"])
            ]
            # All at once, and then wait for each.
            for wait in (False, True):
                for part in missing:
                    self.client.load_collection(
                        part, replica_number=self.address.replicas, timeout=LOAD_SECONDS, _async=not wait
                    )

    def count(self, name: str, where: str = "", consistency: str = "Strong") -> int:
        """The rows of a collection that an expression lets through."""
        [found] = self.client.query(
            name, filter=where, output_fields=["count(*)"], consistency_level=consistency, timeout=CALL_SECONDS
        )
        return int(found["count(*)"])

    def rows(self, name: str, where: str, fields: Sequence[str], at_once: int = MOST) -> Iterator[list[Row]]:
        """The rows that an expression lets through, by their ids, so many at a time."""
        found = self.client.query_iterator(name, filter=where, output_fields=list(fields), batch_size=at_once)
        while rows := found.next():
            yield rows
        found.close()

    def some(self, name: str, field: str, values: Iterable[int], fields: Sequence[str]) -> Iterator[Row]:
        """The rows with these values in a field, in no order."""
        wanted = sorted(values)
        for at in range(0, len(wanted), AT_ONCE):
            where = f"{field} in {wanted[at : at + AT_ONCE]}"
            yield from self.client.query(name, filter=where, output_fields=list(fields), timeout=CALL_SECONDS)


def place_of(name: str) -> int:
    """The number of a generation among those of its address."""
    return int(name.rpartition("_")[2])


def articles_of(name: str) -> str:
    """The collection of articles beside one of passages."""
    return f"{name}_articles"
