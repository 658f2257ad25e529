"""An index kept open for many questions: follows every new build, and loads the encoder once.

Opening the articles takes a moment, loading the encoder seconds; so the two are separate, and a page can
show what the articles hold before the first question can be answered. Safe to share between threads.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeAlias

from healthsearch.article import Article
from healthsearch.build import build
from healthsearch.citing import article_of, find
from healthsearch.embedded import TITLES, Embedded
from healthsearch.encoder import Encoder, Model
from healthsearch.encoding import Report
from healthsearch.errors import HealthSearchError
from healthsearch.files import FolderState, state_of
from healthsearch.filter_choices import Choices, choices
from healthsearch.generation import Generation
from healthsearch.in_use import open_generation
from healthsearch.index_folder import ENCODERS, GENERATIONS, Pointer
from healthsearch.manifest import EncoderSpec
from healthsearch.models import DEFAULT_MODEL, find_model, same_model
from healthsearch.passages import Passage, Span
from healthsearch.plan import Summary
from healthsearch.search import Searcher
from healthsearch.unanswered import UnansweredQuestions
from healthsearch.urgent import FILE, UrgentSigns, read_signs

_LONGEST_EXAMPLE = 46
_PLAIN_QUESTION = re.compile(r"[^\W\d_][^\W_]*(?:,? [^\W_]+(?:[-'’][^\W_]+)*)+ ?\?")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A generation that serves, the pointer that led to it, and why it is not the one in use, where it is not."""

    pointer: Pointer
    generation: Generation
    fault: HealthSearchError | None


# A pointer, and what tells a change of the generations that it names.
_State: TypeAlias = tuple[Pointer, list[FolderState]]


class Service:
    """One index, served: the generation in use, and the searcher on it.

    What was opened goes on serving when the index is damaged or taken away.
    """

    def __init__(self, index: Path, find: Callable[[str], Model] = find_model) -> None:
        self.index = index
        self.unanswered = UnansweredQuestions(index)
        self._find = find
        self._opening = threading.Lock()
        self._loading = threading.Lock()
        self._opened: _Opened | None = None
        # Why nothing newer than that could be opened, and of which files in which state this is known.
        self._fault: HealthSearchError | None = None
        self._refused: tuple[_State, HealthSearchError] | None = None
        self._searcher: Searcher | None = None
        self._encoder: Encoder | None = None
        self._choices: tuple[tuple[str, date], Choices] | None = None
        self._signs: tuple[tuple[Path, int, int], tuple[UrgentSigns, ...]] | None = None

    @property
    def ready(self) -> bool:
        """Whether a question can be answered without loading the encoder first."""
        return self._searcher is not None

    def generation(self) -> Generation:
        """The newest generation that can be opened. Raises NoIndex, HealthSearchError."""
        return self._newest().generation

    def fault(self) -> HealthSearchError | None:
        """What is wrong with the newest generation, where an older one serves."""
        opened = self._newest()
        return self._fault or opened.fault

    def published(self) -> str | None:
        """When the generation that serves was published, as in ``Pointer``; None where an older one serves."""
        opened = self._newest()
        return opened.pointer.published if opened.generation.name == opened.pointer.generation else None

    def searcher(self) -> Searcher:
        """A searcher on the newest generation; the first call loads the encoder and warms it up."""
        opened = self._newest()
        with self._loading:
            # Another visitor may have opened a newer one meanwhile.
            opened = self._opened or opened
            generation, fault, current = opened.generation, self._fault or opened.fault, self._searcher
            # The same fault is another object each time that it is met.
            if current is None or current.index.generation is not generation or str(current.fault) != str(fault):
                # A generation that is replaced is left to the garbage collector: others may be reading from it.
                current = self._searcher = Searcher(Embedded(generation), self._encoder_for(generation.encoder), fault)
            return current

    def look(self) -> None:
        """Make sure that something serves. Raises NoIndex where a build would help, HealthSearchError where not."""
        self.generation()

    def digest(self, path: str, generation: str) -> str | None:
        """The digest of a file of this generation; None where it does not serve any more, or has no such file."""
        serves = self.generation()
        return serves.article_store.digest(path) if serves.name == generation else None

    def build(self, corpus: Path, report: Report) -> Summary:
        """Bring the index up to date with ``corpus``; what it loads for that is kept for the questions."""
        return build(corpus, self.index, _Kept(self, self._find(DEFAULT_MODEL)), report=report)

    def examples(self, count: int) -> list[str]:
        """Up to ``count`` questions that the articles answer, all different: titles that are short, plain questions.

        Spread over the corpus, and always the same for the same articles. Only letters and the plainest
        marks are let through, so that a title can stand on a button whose text is interpreted.
        """
        titles = dict.fromkeys(self._titles())
        short = [title for title in titles if _PLAIN_QUESTION.fullmatch(title) and len(title) <= _LONGEST_EXAMPLE]
        return short[:: max(1, len(short) // count)][:count] if count else []

    def linked(self, found: str) -> tuple[Article, Span | None]:
        """The article that a link's reference names, and where the passage stands in it, if it still does.

        Raises HealthSearchError when the reference is none, or the article is not in the collection any more.
        """
        try:
            article, passages = self._read(article_of(found))
        except ValueError:
            raise HealthSearchError("link", "it is not complete", "Copy it again, or ask for what you need.") from None
        except KeyError:
            raise HealthSearchError(
                "link", "its article is not in this collection any more", "Ask for what you need instead."
            ) from None
        starts = [passage.start for passage in passages]
        inner = [passage.start + start for passage in passages for start, _ in passage.sentences]
        return article, find(found, article, (*starts, *inner))

    def signs(self, corpus: Path) -> tuple[UrgentSigns, ...]:
        """The urgent signs of ``corpus``, read anew when their file changes. Raises as ``read_signs`` does."""
        file = corpus / FILE
        try:
            found = file.stat()
            state = (file, found.st_mtime_ns, found.st_size)
        except OSError:
            state = (file, 0 if corpus.is_dir() else -1, 0)
        if self._signs is None or self._signs[0] != state:
            self._signs = state, read_signs(corpus)
        return self._signs[1]

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

    def _newest(self) -> _Opened:
        """What serves, after a look for anything newer; ``_fault`` is why that could not be opened."""
        opened = self._opened
        try:
            pointer = Pointer.read(self.index)
            if opened is None or opened.pointer != pointer:
                opened = self._follow(pointer, opened)
            if opened.pointer == pointer:
                self._fault = None
        except HealthSearchError as fault:
            if opened is None:
                raise
            self._fault = fault.with_traceback(None)
        return opened

    def _follow(self, pointer: Pointer, serving: _Opened | None) -> _Opened:
        """What the pointer names. While one visitor waits until all its files are read, the others have what serves."""
        if not self._opening.acquire(blocking=serving is None) and serving is not None:
            return serving
        try:
            if self._opened is None or self._opened.pointer != pointer:
                self._opened = self._open(pointer)
            return self._opened
        finally:
            self._opening.release()

    def _open(self, pointer: Pointer) -> _Opened:
        state = _state(self.index, pointer)
        if self._refused is not None and self._refused[0] == state:
            raise self._refused[1].with_traceback(None)
        try:
            return _Opened(pointer, *open_generation(self.index))
        except HealthSearchError as fault:
            self._refused = state, fault
            raise

    def _encoder_for(self, facts: EncoderSpec) -> Encoder:
        if self._encoder is None or self._encoder.digest != facts.digest:
            self._encoder = self._warm(same_model(self._find(facts.name), facts.digest))
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


def _state(index: Path, pointer: Pointer) -> _State:
    try:
        return pointer, [state_of(index / GENERATIONS / name) for name in pointer.generations]
    except OSError:
        # A build has cleaned one away meanwhile, and published another.
        return pointer, []


@dataclass(frozen=True, slots=True)
class _Kept:
    """A ``Model`` whose encoder stays with the service."""

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
