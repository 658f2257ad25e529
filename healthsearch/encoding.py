"""Encodes the passages of new articles while the articles after them are read.

A passage that was encoded before is not encoded again: see ``Encoding``.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from healthsearch.arrays import Matrix, SentenceVectors, Vector
from healthsearch.article import Article
from healthsearch.article_tables import KnownArticle
from healthsearch.corpus import SourceFile
from healthsearch.encoder import Encoder
from healthsearch.errors import UnreadableArticle
from healthsearch.generation import Generation
from healthsearch.intake import Copy, Entry
from healthsearch.journal import Journal, passage_key
from healthsearch.passages import Passage, split
from healthsearch.plan import Plan
from healthsearch.quantisation import quantised

# Passages handed to one of the encoder's threads at once, for it to order as suits it.
_BATCH = 128
# So many batches for each of its threads are read before the first of them is written, so that none has to wait.
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: files that must be read, and of them done; passages; what the clock says.

    ``seconds_left`` supposes that all that is left must be encoded; None until something was.
    """

    files: int
    files_total: int
    encoded: int
    reused: int
    seconds: float
    seconds_left: float | None


Report = Callable[[Progress], None]
_Vectors = tuple[Vector, SentenceVectors]


@dataclass(frozen=True, slots=True)
class Begun:
    """A new article with its passages, their keys, and their vectors, found or still being encoded."""

    article: Article
    passages: Sequence[Passage]
    keys: Sequence[str]
    vectors: Sequence[Future[_Vectors]]


class Encoded(NamedTuple):
    """A passage that was encoded elsewhere: the file that it came from, its key, its vectors as they are kept."""

    path: str
    key: str
    vector: Vector
    sentences: SentenceVectors


class Helpers(Protocol):
    """Other machines, which read, split and encode as this one would, to the last bit."""

    def encode(
        self, corpus: Path, files: Sequence[SourceFile], encoder: Encoder, home: Path, known: Collection[str]
    ) -> Iterator[Encoded]:
        """The passages of the files whose keys are not ``known``, in any order; some may be missing, or come twice.

        ``home`` is the folder that keeps exported encoders.
        """
        ...


# An entry of a file, new articles begun; None at the end of the file.
Coming = tuple[SourceFile, Begun | KnownArticle | Copy | UnreadableArticle | None]


def _ahead(items: Iterable[Coming], most: int) -> Iterator[Coming]:
    """The same items in the same order, each asked for while articles of so many passages wait before it."""
    waiting: deque[Coming] = deque()
    passages = 0
    for item in items:
        waiting.append(item)
        passages += _count(item)
        while passages > most:
            passages -= _count(waiting[0])
            yield waiting.popleft()
    yield from waiting


def _count(item: Coming) -> int:
    """The passages of a new article; whatever else may come counts as one."""
    _, entry = item
    return len(entry.passages) if isinstance(entry, Begun) else 1


class Encoding:
    """Vectors for passages, from the cheapest source: the last generation, the journal, the encoder.

    The encoder's threads get them in batches, while articles after them are read; use it in a ``with`` block,
    whose end stops what is left.
    """

    def __init__(
        self, encoder: Encoder, journal: Journal, previous: Generation | None, plan: Plan, report: Report
    ) -> None:
        self.encoder = encoder
        self.encoded = self.reused = 0
        self._journal = journal
        self._previous = previous
        self._published = previous.article_store.keys() if previous else {}
        self._report = report
        self._to_read = plan.files_to_read
        self._files, self._done = len(self._to_read), 0
        self._sizes = {file.path: file.size for file in self._to_read}
        self._bytes_left = sum(self._sizes.values())
        self._bytes_encoded = 0
        self._encoded_at_last_file = 0
        self._started = self._resumed = time.monotonic()
        # Keys that helpers have encoded and that no article has asked for yet.
        self._helped: set[str] = set()
        self._pool = ThreadPoolExecutor(encoder.workers)
        self._failure: BaseException | None = None
        self._encoding: dict[str, Future[_Vectors]] = {}
        self._batch: dict[str, Passage] = {}

    def __enter__(self) -> Encoding:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def be_helped(self, helpers: Helpers, corpus: Path, home: Path) -> None:
        """Have the passages that are not known yet encoded by others, before this machine reads a file.

        It goes on as after an interruption: what it then finds in the journal it need not encode.
        """
        known = self._published.keys() | self._journal.keys()
        left = dict(self._sizes)
        for path, key, vector, sentences in helpers.encode(corpus, self._to_read, self.encoder, home, known):
            self._journal.put(key, vector, sentences)
            self._helped.add(key)
            left.pop(path, None)
            # A file of which something has come counts as done, but for the last: nobody says when that is.
            done = min(self._files - len(left), self._files - 1)
            self._report(Progress(done, self._files, len(self._helped), 0, time.monotonic() - self._started, None))
        self._resumed = time.monotonic()

    def begun(self, files: Iterable[tuple[SourceFile, Iterable[Entry]]]) -> Iterator[Coming]:
        """The entries of the files, new articles split and handed to the encoder; None at the end of a file."""
        return _ahead(self._coming(files), _AHEAD * _BATCH * self.encoder.workers)

    def finished(self, begun: Begun) -> tuple[Sequence[str], Matrix, SentenceVectors]:
        """The passages' keys, their (n, dimension) matrix, and the vectors of all their sentences in order."""
        if not self._batch.keys().isdisjoint(begun.keys):
            self._hand_over()
        vectors, sentences = [], []
        for key, future in zip(begun.keys, begun.vectors, strict=True):
            vector, of_sentences = future.result()
            vectors.append(vector)
            sentences.append(of_sentences)
            if self._encoding.pop(key, None) is not None:
                self.encoded += 1
                self._report_progress()
        return begun.keys, np.stack(vectors), np.concatenate(sentences)

    def finish(self, path: str) -> None:
        """Count a file as done, if it was one to read."""
        if path not in self._sizes:
            return
        self._done += 1
        self._bytes_left -= self._sizes[path]
        if self.encoded > self._encoded_at_last_file:
            self._bytes_encoded += self._sizes[path]
            self._encoded_at_last_file = self.encoded
        self._report_progress()

    def _coming(self, files: Iterable[tuple[SourceFile, Iterable[Entry]]]) -> Iterator[Coming]:
        for file, entries in files:
            for entry in entries:
                yield file, self._begin(entry) if isinstance(entry, Article) else entry
            yield file, None

    def _begin(self, article: Article) -> Begun:
        passages = split(article, self.encoder)
        keys = [passage_key(self.encoder.passage_digest, passage) for passage in passages]
        vectors = [self._vectors(key, passage) for key, passage in zip(keys, passages, strict=True)]
        return Begun(article, passages, keys, vectors)

    def _vectors(self, key: str, passage: Passage) -> Future[_Vectors]:
        if key in self._encoding:
            self.reused += 1
            return self._encoding[key]
        vectors = self._encoded_before(key)
        future: Future[_Vectors] = Future()
        if vectors is None:
            # The next passage of the same text waits for this one.
            self._encoding[key], self._batch[key] = future, passage
            if len(self._batch) == _BATCH:
                self._hand_over()
        else:
            if key in self._helped:
                self._helped.remove(key)
                self.encoded += 1
            else:
                self.reused += 1
            future.set_result(vectors)
        return future

    def _hand_over(self) -> None:
        passages, self._batch = self._batch, {}
        self._pool.submit(self._encode, passages, {key: self._encoding[key] for key in passages})

    def _encoded_before(self, key: str) -> _Vectors | None:
        """The passage's vectors from the last generation, else from the journal."""
        rows = self._published.get(key)
        if rows is None or self._previous is None:
            return self._journal.get(key, self.encoder.dimension)
        row, first, count = rows
        return self._previous.vectors.rows(row, row + 1)[0], self._previous.sentences[first : first + count]

    def _encode(self, passages: Mapping[str, Passage], waiting: Mapping[str, Future[_Vectors]]) -> None:
        """In a thread of the pool; each is kept in the journal as soon as it is encoded."""
        keys = list(passages)
        texts = [(passage.encoded_text, passage.encoded_sentences) for passage in passages.values()]
        try:
            for place, vector, sentences in self.encoder.encode_passages(texts):
                if self._failure is not None:
                    # The build ends here: the rest would be encoded for nothing.
                    raise self._failure
                vectors = vector, quantised(sentences)
                self._journal.put(keys[place], *vectors)
                waiting[keys[place]].set_result(vectors)
        except BaseException as failure:
            self._failure = failure
            for future in waiting.values():
                if not future.done():
                    future.set_exception(failure)

    def _report_progress(self) -> None:
        now = time.monotonic()
        left = (now - self._resumed) * self._bytes_left / self._bytes_encoded if self._bytes_encoded else None
        encoded = self.encoded + len(self._helped)
        self._report(Progress(self._done, self._files, encoded, self.reused, now - self._started, left))
