"""Opens the store that an address names. Its client is an optional dependency, imported only here and only then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from healthsearch.address import Address
from healthsearch.errors import BUILD_COMMAND, HealthSearchError, NoIndex
from healthsearch.manifest import EncoderSpec
from healthsearch.storage import Maker, Store


class Publications:
    """What is published at an address, over one connection that stays open; safe to share between threads."""

    def __init__(self, address: Address) -> None:
        """Connect. Raises HealthSearchError when the client is missing, or the server cannot be reached."""
        with _client_needed(address):
            from healthsearch.milvus_server import MilvusServer
        self._server = MilvusServer(address)

    def latest(self, seconds: float | None = None) -> str:
        """The name of the newest one, ready for questions: a server that was restarted loads it again.

        Raises NoIndex when nothing is published, HealthSearchError when a call takes more than these seconds (default:
        as many as any other call may).
        """
        name = self._server.in_use(seconds)
        if name is None:
            raise NoIndex(
                self._server.address,
                "nothing was published there yet",
                f"Publish: {BUILD_COMMAND} --store milvus --uri URI",
            )
        self._server.load(name, seconds)
        return name

    def open(self, name: str) -> Store:
        """The one of this name. Raises HealthSearchError when it cannot be read, or has gone meanwhile."""
        from healthsearch.milvus_store import MilvusStore

        return MilvusStore(self._server, name)


def open_store(address: Address) -> Store:
    """What is published there. Raises NoIndex when nothing is, HealthSearchError when it cannot be read."""
    publications = Publications(address)
    return publications.open(publications.latest())


def open_maker(address: Address, encoder: EncoderSpec) -> Maker:
    """The next generation there, of passages encoded by this."""
    with _client_needed(address):
        from healthsearch.milvus_maker import MilvusMaker
    return MilvusMaker(address, encoder)


@contextmanager
def _client_needed(address: Address) -> Iterator[None]:
    """Tell of a client that cannot be imported as a HealthSearchError."""
    try:
        yield
    except ImportError as error:
        raise HealthSearchError(
            address, f"the client of Milvus is not installed ({error.name})", "pip install -r requirements-cluster.txt"
        ) from None
