"""An index kept open for many questions: follows every new build, and loads the encoder once.

Opening the articles takes a moment, loading the encoder seconds; so the two are separate, and a page can
show what the articles hold before the first question can be answered. Safe to share between threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from healthsearch.article import Article
from healthsearch.build import build
from healthsearch.citing import article_of, find
from healthsearch.embedded import TITLES, Embedded
from healthsearch.encoder import Encoder, Model
from healthsearch.encoding import Report
from healthsearch.errors import HealthSearchError
from healthsearch.examples import examples
from healthsearch.filter_choices import Choices, choices
from healthsearch.following import Follower
from healthsearch.generation import Generation
from healthsearch.index_folder import ENCODERS
from healthsearch.manifest import EncoderSpec
from healthsearch.models import DEFAULT_MODEL, find_model, same_model
from healthsearch.passages import Passage, Span
from healthsearch.plan import Summary
from healthsearch.search import Searcher
from healthsearch.unanswered import UnansweredQuestions
from healthsearch.urgent import SignsReader, UrgentSigns


class Service:
    """One index, served: the generation that ``following`` finds, and the searcher on it."""

    def __init__(self, index: Path, find: Callable[[str], Model] = find_model) -> None:
        self.index = index
        self.unanswered = UnansweredQuestions(index)
        self._find = find
        self._follower = Follower(index)
        self._signs = SignsReader()
        self._loading = threading.Lock()
        self._searcher: Searcher | None = None
        self._encoder: Encoder | None = None
        self._choices: tuple[tuple[str, date], Choices] | None = None

    @property
    def ready(self) -> bool:
        """Whether a question can be answered without loading the encoder first."""
        return self._searcher is not None

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

    def searcher(self) -> Searcher:
        """A searcher on the newest generation; the first call loads the encoder and warms it up."""
        opened = self._follower.newest()
        with self._loading:
            # Another visitor may have opened a newer one meanwhile.
            opened = self._follower.newer_than(opened)
            generation, searcher = opened.generation, self._searcher
            # The same fault is another object each time that it is met.
            if (
                searcher is None
                or searcher.index.generation is not generation
                or str(searcher.fault) != str(opened.fault)
            ):
                # A generation that is replaced is left to the garbage collector: others may be reading from it.
                encoder = self._encoder_for(generation.encoder)
                searcher = self._searcher = Searcher(Embedded(generation), encoder, opened.fault)
            return searcher

    def look(self) -> None:
        """Make sure that something serves. Raises NoIndex where a build would help, HealthSearchError where not."""
        self.generation()

    def digest(self, path: str, generation: str) -> str | None:
        """The digest of a file of this generation; None where it does not serve any more, or has no such file."""
        serves = self.generation()
        return serves.article_store.digest(path) if serves.name == generation else None

    def build(self, corpus: Path, report: Report) -> Summary:
        """Bring the index up to date with ``corpus``; what it loads for that is kept for the questions."""
        return build(corpus, self.index, _SharedModel(self, self._find(DEFAULT_MODEL)), report=report)

    def examples(self, count: int) -> list[str]:
        """Up to ``count`` questions that the articles answer, always the same for the same articles."""
        return examples(self._titles(), count)

    def linked(self, reference: str) -> tuple[Article, Span | None]:
        """The article that a link's reference names, and where the passage stands in it, if it still does.

        Raises HealthSearchError when the reference is none, or the article is not in the collection any more.
        """
        try:
            article, passages = self._read(article_of(reference))
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

    def filter_choices(self, today: date) -> Choices:
        """What a search of these articles can be narrowed by."""
        generation = self.generation()
        state = (generation.name, today)
        if self._choices is None or self._choices[0] != state:
            self._choices = state, choices(generation.facets.all_counts(), len(generation.facets), today)
        return self._choices[1]

    def _titles(self) -> Sequence[str]:
        return self.generation().article_store.titles(TITLES)

    def _read(self, article_id: str) -> tuple[Article, Sequence[Passage]]:
        whole = self.generation().article_store.whole_article(article_id)
        return whole.article, [stored.passage for stored in whole.passages]

    def _encoder_for(self, spec: EncoderSpec) -> Encoder:
        if self._encoder is None or self._encoder.digest != spec.digest:
            self._encoder = self._warm(same_model(self._find(spec.name), spec.digest))
        return self._encoder

    def _encoder_of(self, model: Model) -> Encoder:
        with self._loading:
            if self._encoder is None or self._encoder.digest != model.digest:
                self._encoder = self._warm(model)
            return self._encoder

    def _warm(self, model: Model) -> Encoder:
        encoder = model.load(self.index / ENCODERS)
        # The first question through a model costs several times what the next ones do.
        encoder.encode_query(["warm"])
        return encoder


@dataclass(frozen=True, slots=True)
class _SharedModel:
    """A ``Model`` whose encoder the service keeps for the questions."""

    service: Service
    model: Model

    @property
    def name(self) -> str:
        """See ``Model``."""
        return self.model.name

    @property
    def digest(self) -> str:
        """See ``Model``."""
        return self.model.digest

    def load(self, home: Path | None = None) -> Encoder:
        """See ``Model``; the service knows the home."""
        return self.service._encoder_of(self.model)
