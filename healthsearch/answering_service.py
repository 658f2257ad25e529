"""What the search page asks of whatever serves it, an index folder or a store.

What serves is open at once, and loading the encoder takes seconds; so the page can show what the articles hold before
the first question can be answered. Safe to share between threads.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from healthsearch.article import Article
from healthsearch.citing import article_of, find
from healthsearch.encoder import Encoder, Model
from healthsearch.errors import HealthSearchError
from healthsearch.examples import examples
from healthsearch.filter_choices import Choices, choices
from healthsearch.index_folder import ENCODERS
from healthsearch.models import find_model, same_model
from healthsearch.passages import Span
from healthsearch.published import Published
from healthsearch.search import Searcher
from healthsearch.unanswered import UnansweredQuestions
from healthsearch.urgent import SignsReader, UrgentSigns


@dataclass(frozen=True, slots=True)
class Served:
    """What is read for questions, and what is wrong with something newer, where there is such."""

    published: Published
    fault: HealthSearchError | None = None


class AnsweringService(ABC):
    """One collection, served. ``index`` keeps the prepared encoder and the unanswered questions."""

    def __init__(self, index: Path, find: Callable[[str], Model] = find_model) -> None:
        self.index = index
        self.unanswered = UnansweredQuestions(index)
        self._find = find
        self._encoder = WarmEncoder(index / ENCODERS)
        self._signs = SignsReader()
        self._opening = threading.Lock()
        self._searcher: Searcher | None = None
        self._choices: tuple[tuple[str, date], Choices] | None = None

    @abstractmethod
    def _newest(self) -> Served:
        """What serves, after a look for anything newer. Raises NoIndex where a build would help."""

    @abstractmethod
    def _newer_than(self, served: Served) -> Served:
        """What another thread has opened since, else this one; without a look."""

    @abstractmethod
    def digest(self, path: str, generation: str) -> str | None:
        """The digest of a file of this generation; None where it does not serve any more, or has no such file."""

    @property
    def ready(self) -> bool:
        """Whether a question can be answered without loading the encoder first."""
        return self._searcher is not None

    def look(self) -> None:
        """Make sure that something serves. Raises NoIndex where a build would help, HealthSearchError where not."""
        self._newest()

    def searcher(self) -> Searcher:
        """A searcher on what is newest; the first call loads the encoder and warms it up."""
        served = self._newest()
        with self._opening:
            # Another visitor may have opened a newer one meanwhile.
            served = self._newer_than(served)
            searcher = self._searcher
            # The same fault is another object each time that it is met.
            if searcher is None or searcher.index is not served.published or str(searcher.fault) != str(served.fault):
                # What is replaced is left to the garbage collector: others may be reading from it.
                spec = served.published.encoder
                encoder = self._encoder.of(spec.digest, lambda: same_model(self._find(spec.name), spec.digest))
                searcher = self._searcher = Searcher(served.published, encoder, served.fault)
            return searcher

    def examples(self, count: int) -> list[str]:
        """Up to ``count`` questions that the articles answer, always the same for the same articles."""
        return examples(self._newest().published.titles(), count)

    def filter_choices(self, today: date) -> Choices:
        """What a search of these articles can be narrowed by."""
        published = self._newest().published
        state = (published.name, today)
        if self._choices is None or self._choices[0] != state:
            self._choices = state, choices(published.value_counts(), published.article_count, today)
        return self._choices[1]

    def linked(self, reference: str) -> tuple[Article, Span | None]:
        """The article that a link's reference names, and where the passage stands in it, if it still does.

        Raises HealthSearchError when the reference is none, or the article is not in the collection any more.
        """
        try:
            article, passages = self._newest().published.read(article_of(reference))
        except ValueError:
            raise HealthSearchError("link", "it is not complete", "Copy it again, or ask for what you need.") from None
        except KeyError:
            raise HealthSearchError(
                "link", "its article is not in this collection any more", "Ask for what you need instead."
            ) from None
        starts = [passage.start for passage in passages]
        inner = [passage.start + start for passage in passages for start, _ in passage.sentences]
        return article, find(reference, article, (*starts, *inner))

    def signs(self, corpus: Path) -> tuple[UrgentSigns, ...]:
        """The urgent signs of ``corpus``, read anew when their file changes. Raises as ``read_signs`` does."""
        return self._signs.read(corpus)


class WarmEncoder:
    """The encoder last asked for, loaded and warmed up once for all; ``home`` keeps what that prepares."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._loading = threading.Lock()
        self._encoder: Encoder | None = None

    def of(self, digest: str, model: Callable[[], Model]) -> Encoder:
        """The encoder of this digest; ``model`` finds it where it is not at hand."""
        with self._loading:
            if self._encoder is None or self._encoder.digest != digest:
                self._encoder = model().load(self._home)
                # The first question through a model costs several times what the next ones do.
                self._encoder.encode_query(["warm"])
            return self._encoder
