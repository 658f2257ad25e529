"""A store kept open for many questions: what ``serving`` is to an index folder, for the page of questions.

It follows every publication; a searcher in use reads on what it has begun with.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from healthsearch.address import Address
from healthsearch.article import Article
from healthsearch.encoder import Model
from healthsearch.errors import HealthSearchError, NoIndex
from healthsearch.filter_choices import Choices, choices
from healthsearch.index_folder import ENCODERS
from healthsearch.models import find_model
from healthsearch.passages import Passage
from healthsearch.search import Searcher
from healthsearch.serving import Service
from healthsearch.storage import Store
from healthsearch.stores import open_store, serving

# Seconds that a new publication may go unnoticed: asking takes a few calls, which every question would wait for.
_UNNOTICED = 1.0


class StoreService(Service):
    """A published store, served; ``index`` keeps the prepared encoder and the unanswered questions."""

    def __init__(self, address: Address, index: Path, find: Callable[[str], Model] = find_model) -> None:
        super().__init__(index, find)
        self._address = address
        self._opening = threading.Lock()
        self._store: Store | None = None
        self._served: str | None = None
        self._looked = -_UNNOTICED
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
        """What is published, or was a moment ago."""
        with self._opening:
            if time.monotonic() - self._looked >= _UNNOTICED or self._store is None:
                try:
                    published = serving(self._address)
                    if self._store is None or published != self._served:
                        self._store, self._served = open_store(self._address), published
                except NoIndex as error:
                    # To the page this would mean to build one.
                    raise HealthSearchError(error.place, error.cause, error.remedy) from None
                self._looked = time.monotonic()
            return self._store
