"""Opens the store that an address names. Its client is an optional dependency, imported only here and only then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from healthsearch.address import Address
from healthsearch.errors import HealthSearchError
from healthsearch.manifest import EncoderSpec
from healthsearch.storage import Maker, Store


def open_store(address: Address) -> Store:
    """What is published there. Raises NoIndex when nothing is, HealthSearchError when it cannot be read."""
    with _client_needed(address):
        from healthsearch.milvus_store import MilvusStore
    return MilvusStore(address)


def open_maker(address: Address, encoder: EncoderSpec) -> Maker:
    """The next generation there, of passages encoded by this."""
    with _client_needed(address):
        from healthsearch.milvus_maker import MilvusMaker
    return MilvusMaker(address, encoder)


def serving(address: Address) -> str | None:
    """What tells one publication there from the next; None where nothing is published."""
    with _client_needed(address):
        from healthsearch.milvus_server import MilvusServer
    return MilvusServer(address).in_use()


@contextmanager
def _client_needed(address: Address) -> Iterator[None]:
    """Tell of a client that cannot be imported as a HealthSearchError."""
    try:
        yield
    except ImportError as error:
        raise HealthSearchError(
            address, f"the client of Milvus is not installed ({error.name})", "pip install -r requirements-cluster.txt"
        ) from None
