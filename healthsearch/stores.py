"""Opens the store that an address names. Its client is an optional dependency, imported only here and only then."""

from __future__ import annotations

from healthsearch.address import Address
from healthsearch.errors import HealthSearchError
from healthsearch.generation import EncoderFacts
from healthsearch.storage import Maker, Store


def open_store(address: Address) -> Store:
    """What is published there. Raises NoIndex when nothing is, HealthSearchError when it cannot be read."""
    try:
        from healthsearch.milvus import MilvusStore
    except ImportError as error:
        raise _missing(address, error) from None
    return MilvusStore(address)


def open_maker(address: Address, encoder: EncoderFacts) -> Maker:
    """The next generation there, of passages encoded by this."""
    try:
        from healthsearch.milvus import MilvusMaker
    except ImportError as error:
        raise _missing(address, error) from None
    return MilvusMaker(address, encoder)


def serving(address: Address) -> str | None:
    """What tells one publication there from the next; None where nothing is published."""
    try:
        from healthsearch.milvus import MilvusServer
    except ImportError as error:
        raise _missing(address, error) from None
    return MilvusServer(address).in_use()


def _missing(address: Address, error: ImportError) -> HealthSearchError:
    return HealthSearchError(
        address, f"the client of Milvus is not installed ({error.name})", "pip install -r requirements-cluster.txt"
    )
