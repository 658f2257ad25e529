"""A store kept open for many questions: what ``serving`` is to an index folder, for the page of questions.

It follows every publication, over one connection; a searcher in use reads on what it has begun with. While the store is
away, what is open stays open: only what must be fetched fails, and works again once the store is back.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from healthsearch.address import Address
from healthsearch.answering_service import AnsweringService, Served
from healthsearch.encoder import Model
from healthsearch.errors import HealthSearchError
from healthsearch.fetched import FromStore
from healthsearch.models import find_model
from healthsearch.stores import Publications

# Seconds that a new publication may go unnoticed: asking takes a few calls.
_UNNOTICED = 1.0
# Seconds that each of these calls may take: of the visitors one waits for them.
_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Opened:
    """A publication that serves, by its name."""

    name: str
    served: Served


class StoreService(AnsweringService):
    """A published store, served. A generation there is whole, or it is not published: nothing is ever at fault."""

    def __init__(self, address: Address, index: Path, find: Callable[[str], Model] = find_model) -> None:
        super().__init__(index, find)
        self._address = address
        self._looking = threading.Lock()
        self._publications: Publications | None = None
        self._opened: _Opened | None = None
        # When the last look ended, and why nothing new could be opened then.
        self._looked = -math.inf
        self._refused = HealthSearchError(address, "nobody has looked yet", "Try again.")

    def digest(self, path: str, generation: str) -> str | None:
        """None: the files are where the store was published from."""
        return None

    def _newest(self) -> Served:
        """What is published, or was a moment ago. While one visitor looks, the others have what is open.

        Never raises NoIndex: no build of this machine would help.
        """
        opened = self._opened
        if opened is not None and not self._due():
            return opened.served
        if not self._looking.acquire(blocking=opened is None) and opened is not None:
            return opened.served
        try:
            return self._follow()
        finally:
            self._looking.release()

    def _newer_than(self, served: Served) -> Served:
        return self._opened.served if self._opened else served

    def _due(self) -> bool:
        return time.monotonic() - self._looked >= _UNNOTICED

    def _follow(self) -> Served:
        """Look for a new publication, unless another visitor just has; errors are told where nothing is open."""
        if self._due():
            try:
                self._open_latest()
            except HealthSearchError as error:
                # Of a kind of its own: to the page NoIndex would mean to build one.
                self._refused = HealthSearchError(error.place, error.cause, error.remedy)
            self._looked = time.monotonic()
        if self._opened is None:
            raise self._refused.with_traceback(None)
        return self._opened.served

    def _open_latest(self) -> None:
        if self._publications is None:
            self._publications = Publications(self._address)
        name = self._publications.latest(_LOOK_SECONDS)
        if self._opened is None or self._opened.name != name:
            self._opened = _Opened(name, Served(FromStore(self._publications.open(name))))
