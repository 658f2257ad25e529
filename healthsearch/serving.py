"""An index folder kept open for many questions, and for whoever looks after it: every new build serves at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from healthsearch.answering_service import AnsweringService, Served, WarmEncoder
from healthsearch.build import build
from healthsearch.encoder import Encoder, Model
from healthsearch.encoding import Report
from healthsearch.errors import HealthSearchError
from healthsearch.following import Follower, Opened
from healthsearch.generation import Generation
from healthsearch.in_use import model_of
from healthsearch.models import DEFAULT_MODEL, find_model
from healthsearch.plan import Summary


class Service(AnsweringService):
    """One index folder, served: the generation that ``following`` finds."""

    def __init__(self, index: Path, find: Callable[[str], Model] = find_model) -> None:
        super().__init__(index, find)
        self._follower = Follower(index)

    def generation(self) -> Generation:
        """The newest generation that can be opened. Raises NoIndex, HealthSearchError."""
        return self._follower.newest().generation

    def fault(self) -> HealthSearchError | None:
        """What is wrong with the newest generation, where an older one serves."""
        return self._follower.newest().fault

    def published(self) -> str | None:
        """When the generation that serves was published, as in ``Pointer``; None where an older one serves."""
        opened = self._follower.newest()
        return opened.pointer.published if opened.generation.name == opened.pointer.generation else None

    def digest(self, path: str, generation: str) -> str | None:
        """See ``AnsweringService``."""
        serves = self.generation()
        return serves.article_store.digest(path) if serves.name == generation else None

    def build(self, corpus: Path, report: Report) -> Summary:
        """Bring the index up to date with ``corpus``, by the encoder that it has: that is kept for the questions."""
        model = self._find(model_of(self.index) or DEFAULT_MODEL)
        return build(corpus, self.index, _SharedModel(model, self._encoder), report=report)

    def _newest(self) -> Served:
        return _served(self._follower.newest())

    def _newer_than(self, served: Served) -> Served:
        opened = self._follower.opened
        return served if opened is None else _served(opened)


def _served(opened: Opened) -> Served:
    return Served(opened.index, opened.fault)


@dataclass(frozen=True, slots=True)
class _SharedModel:
    """A ``Model`` whose encoder is kept for the questions."""

    model: Model
    kept: WarmEncoder

    @property
    def name(self) -> str:
        """See ``Model``."""
        return self.model.name

    @property
    def digest(self) -> str:
        """See ``Model``."""
        return self.model.digest

    def load(self, home: Path | None = None) -> Encoder:
        """See ``Model``; what is kept knows the home."""
        return self.kept.of(self.digest, lambda: self.model)
