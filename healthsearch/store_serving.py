"""A store kept open for many questions: what ``serving`` is to an index folder, for the page of questions.

It follows every publication, over one connection; a searcher in use reads on what it has begun with. While the store is
away, what is open stays open: only what must be fetched fails, and works again once the store is back.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from healthsearch.address import Address
from healthsearch.article import Article
from healthsearch.encoder import Model
from healthsearch.errors import HealthSearchError
from healthsearch.filter_choices import Choices, choices
from healthsearch.index_folder import ENCODERS
from healthsearch.models import find_model
from healthsearch.passages import Passage
from healthsearch.search import Searcher
from healthsearch.serving import Service
from healthsearch.storage import Store
from healthsearch.stores import Publications

# Seconds that a new publication may go unnoticed: asking takes a few calls.
_UNNOTICED = 1.0
# Seconds that each of these calls may take: of the visitors one waits for them.
_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Opened:
    """A publication that serves, by its name."""

    name: str
    store: Store


class StoreService(Service):
    """A published store, served; ``index`` keeps the prepared encoder and the unanswered questions."""

    def __init__(self, address: Address, index: Path, find: Callable[[str], Model] = find_model) -> None:
        super().__init__(index, find)
        self._address = address
        self._looking = threading.Lock()
        self._publications: Publications | None = None
        self._opened: _Opened | None = None
        # When the last look ended, and why nothing new could be opened then.
        self._looked = -math.inf
        self._refused = HealthSearchError(address, "nobody has looked yet", "Try again.")
        self._offered: tuple[str, date, Choices] | None = None

    def look(self) -> None:
        """See ``Service``; no build of this machine would help."""
        self._newest_store()

    def fault(self) -> HealthSearchError | None:
        """None: a generation is whole, or it is not published."""
        return None

    def digest(self, path: str, generation: str) -> str | None:
        """None: the files are where the store was published from."""
        return None

    def searcher(self) -> Searcher:
        """A searcher on what is published; the first call loads the encoder and warms it up."""
        store = self._newest_store()
        with self._loading:
            current = self._searcher
            if current is None or current.index.name != store.info().facts.generation:
                encoder = store.info().facts.encoder
                current = Searcher.reading(store, self.index / ENCODERS, self._encoder_for(encoder))
                self._searcher = current
            return current

    def filter_choices(self, today: date) -> Choices:
        """See ``Service``."""
        facts = self._newest_store().info().facts
        if self._offered is None or self._offered[:2] != (facts.generation, today):
            self._offered = facts.generation, today, choices(facts.counts, facts.articles, today)
        return self._offered[2]

    def _titles(self) -> Sequence[str]:
        return self._newest_store().info().facts.titles

    def _read(self, article_id: str) -> tuple[Article, Sequence[Passage]]:
        return self._newest_store().read(article_id)

    def _newest_store(self) -> Store:
        """What is published, or was a moment ago. While one visitor looks, the others have what is open."""
        opened = self._opened
        if opened is not None and not self._due():
            return opened.store
        if not self._looking.acquire(blocking=opened is None) and opened is not None:
            return opened.store
        try:
            return self._follow()
        finally:
            self._looking.release()

    def _due(self) -> bool:
        return time.monotonic() - self._looked >= _UNNOTICED

    def _follow(self) -> Store:
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
        return self._opened.store

    def _open_latest(self) -> None:
        if self._publications is None:
            self._publications = Publications(self._address)
        name = self._publications.latest(_LOOK_SECONDS)
        if self._opened is None or self._opened.name != name:
            self._opened = _Opened(name, self._publications.open(name))
