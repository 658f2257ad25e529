"""The build, in order: see what is new, changed or gone; encode that, and nothing else; publish.

Draws nothing: progress goes to the caller as ``Progress``.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from healthsearch.article import Article
from healthsearch.corpus import SourceFile
from healthsearch.draft import Draft
from healthsearch.encoder import Encoder, Model
from healthsearch.errors import BuildRunning, HealthSearchError, UnreadableArticle
from healthsearch.generation import ENCODERS, EncoderFacts, Generation, open_generation
from healthsearch.graph import keep_only
from healthsearch.history import record
from healthsearch.intake import Copy, Found, take_in
from healthsearch.journal import Journal, SentenceVectors, Vector, passage_key
from healthsearch.passages import Passage, split
from healthsearch.plan import Plan, Summary, make_plan, refuse_shrink
from healthsearch.store import StoredArticle
from healthsearch.vectors import Matrix

# A sentence's vector is kept as whole numbers, its largest entry brought to this: a byte a dimension.
_LARGEST_BYTE = 127
# Passages handed to one of the encoder's threads at once, for it to order as suits it.
_HANDFUL = 128
# So many handfuls for each of its threads are read before the first of them is written, so that none has to wait.
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


def build(
    corpus: Path,
    index: Path,
    model: Model,
    *,
    rebuild: bool = False,
    dry_run: bool = False,
    strict: bool = False,
    allow_shrink: bool = False,
    report: Report = lambda progress: None,
) -> Summary:
    """Bring ``index`` up to date with ``corpus``, encoding only passages that were never encoded.

    ``rebuild`` encodes everything again, ``dry_run`` only says what would be done, ``strict`` refuses to
    build when a file must be skipped, ``allow_shrink`` lets most of the articles go. Raises
    HealthSearchError with the published index untouched.
    """
    started = time.monotonic()
    if dry_run:
        with _previous(index, model) as (previous, as_is):
            plan = make_plan(corpus, previous, model.digest, rebuild=rebuild or not as_is)
            for _, found in take_in(corpus, plan, previous):
                # Only what must be skipped is of interest, and the summary is told of that.
                deque(found, maxlen=0)
    else:
        with _locked(index), _previous(index, model) as (previous, as_is):
            plan = make_plan(corpus, previous, model.digest, rebuild=rebuild or not as_is)
            _refuse_skipped(plan.summary, strict)
            if previous is not None and plan.nothing_to_do:
                plan.summary.generation = previous.name
                plan.summary.articles = len(previous.article_vectors)
                plan.summary.reused = len(previous.vectors)
            else:
                _Build(corpus, index, plan, previous, strict, allow_shrink).run(model, rebuild, report)
                record(index, plan.summary)
    plan.summary.seconds = time.monotonic() - started
    return plan.summary


@dataclass(frozen=True, slots=True)
class _Build:
    """A build that has something to do."""

    corpus: Path
    index: Path
    plan: Plan
    previous: Generation | None
    strict: bool
    allow_shrink: bool

    def run(self, model: Model, rebuild: bool, report: Report) -> None:
        """Encode what is new and publish; the summary tells the rest."""
        summary = self.plan.summary
        self._refuse_shrink(self._expected())
        journal = Journal(self.index / "journal.sqlite", fresh=rebuild)
        try:
            encoder = model.load(self.index / ENCODERS)
            reused = None if rebuild else self.previous
            with (
                _Work(encoder, journal, reused, self.plan, report) as work,
                Draft(self.index, _facts(model, encoder, reused), reused) as draft,
            ):
                given = self._fill(draft, work)
                _refuse_skipped(summary, self.strict)
                self._refuse_shrink(given)
                generation = draft.publish()
            summary.generation, summary.published = generation.name, True
            summary.articles = len(generation.article_vectors)
            summary.encoded, summary.reused = work.encoded, work.reused
            generation.close()
            journal.delete()
            keep_only({model.digest, *({self.previous.encoder.digest} if self.previous else ())}, self.index / ENCODERS)
        finally:
            journal.close()

    def _fill(self, draft: Draft, work: _Work) -> Counter[str]:
        """Put every article into the draft, by file: copied where nothing changed, else split and encoded.

        Returns how many articles each file gave.
        """
        given: Counter[str] = Counter()
        coming = work.begun(take_in(self.corpus, self.plan, self.previous))
        for file, one in _ahead(coming, _AHEAD * _HANDFUL * work.encoder.workers):
            match one:
                case None:
                    work.finish(file.path)
                    continue
                case UnreadableArticle():
                    draft.skip(file, one)
                    continue
                case Copy():
                    draft.add_copy(one.first, file, one.id, one.place)
                case StoredArticle():
                    draft.take_over(one, file)
                    work.reused += len(one.passages)
                case _Begun():
                    draft.add(one.article, file, one.passages, *work.finished(one))
            given[file.path] += 1
        if not draft.articles:
            raise HealthSearchError(
                self.corpus, "none of its files can be read", f"The first: {self.plan.summary.skipped[0]}"
            )
        return given

    def _expected(self) -> Counter[str]:
        """How many articles each file would give if it gave as many as last time, also where it has moved."""
        before = self.previous.store.sizes() if self.previous else {}
        old = {new: old for old, new in self.plan.summary.renamed}
        return Counter({file.path: before.get(old.get(file.path, file.path), 0) for file in self.plan.files})

    def _refuse_shrink(self, given: Counter[str]) -> None:
        if not self.allow_shrink:
            moved = {old: given[new] for old, new in self.plan.summary.renamed}
            refuse_shrink(self.corpus, self.previous, {**given, **moved})


@dataclass(frozen=True, slots=True)
class _Begun:
    """A new article with its passages, their keys, and their vectors, found or still being encoded."""

    article: Article
    passages: Sequence[Passage]
    keys: Sequence[str]
    vectors: Sequence[Future[_Vectors]]


_Coming = tuple[SourceFile, _Begun | StoredArticle | Copy | UnreadableArticle | None]


def _ahead(items: Iterable[_Coming], most: int) -> Iterator[_Coming]:
    """The same items in the same order, each asked for while articles of so many passages wait before it."""
    waiting: deque[_Coming] = deque()
    passages = 0
    for item in items:
        waiting.append(item)
        passages += _count(item)
        while passages > most:
            passages -= _count(waiting[0])
            yield waiting.popleft()
    yield from waiting


def _count(item: _Coming) -> int:
    """The passages of an article; whatever else may come counts as one."""
    one = item[1]
    return len(one.passages) if isinstance(one, _Begun | StoredArticle) else 1


class _Work:
    """Vectors for passages, from the cheapest source: the last generation, the journal, the encoder.

    The encoder's threads get them by the handful, while articles after them are read; use it in a ``with`` block,
    whose end stops what is left.
    """

    def __init__(
        self, encoder: Encoder, journal: Journal, previous: Generation | None, plan: Plan, report: Report
    ) -> None:
        self.encoder = encoder
        self.encoded = self.reused = 0
        self._journal = journal
        self._previous = previous
        self._known = previous.store.keys() if previous else {}
        self._report = report
        to_read = [file for file in plan.files if file.path in plan.to_read]
        self._files, self._done = len(to_read), 0
        self._sizes = {file.path: file.size for file in to_read}
        self._bytes_left = sum(self._sizes.values())
        self._bytes_encoded = 0
        self._encoded_before = 0
        self._started = time.monotonic()
        self._pool = ThreadPoolExecutor(encoder.workers)
        self._failure: BaseException | None = None
        self._encoding: dict[str, Future[_Vectors]] = {}
        self._line: dict[str, Passage] = {}

    def __enter__(self) -> _Work:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begun(self, files: Iterable[tuple[SourceFile, Iterable[Found]]]) -> Iterator[_Coming]:
        """What is found in the files, new articles split and handed to the encoder; None at the end of a file."""
        for file, found in files:
            for one in found:
                yield file, self._begin(one) if isinstance(one, Article) else one
            yield file, None

    def finished(self, begun: _Begun) -> tuple[Sequence[str], Matrix, SentenceVectors]:
        """The passages' keys, their (n, dimension) matrix, and the vectors of all their sentences in order."""
        found = []
        if not self._line.keys().isdisjoint(begun.keys):
            self._hand_over()
        for key, vectors in zip(begun.keys, begun.vectors, strict=True):
            found.append(vectors.result())
            if self._encoding.pop(key, None) is not None:
                self.encoded += 1
                self._tell()
        return begun.keys, np.stack([vector for vector, _ in found]), np.concatenate([rows for _, rows in found])

    def finish(self, path: str) -> None:
        """Count a file as done, if it was one to read."""
        if path not in self._sizes:
            return
        self._done += 1
        self._bytes_left -= self._sizes[path]
        if self.encoded > self._encoded_before:
            self._bytes_encoded += self._sizes[path]
            self._encoded_before = self.encoded
        self._tell()

    def _begin(self, article: Article) -> _Begun:
        passages = split(article, self.encoder)
        keys = [passage_key(self.encoder.passage_digest, passage) for passage in passages]
        vectors = [self._vectors(key, passage) for key, passage in zip(keys, passages, strict=True)]
        return _Begun(article, passages, keys, vectors)

    def _vectors(self, key: str, passage: Passage) -> Future[_Vectors]:
        if key in self._encoding:
            self.reused += 1
            return self._encoding[key]
        known = self._kept(key)
        found: Future[_Vectors] = Future()
        if known is None:
            # The next passage of the same text waits for this one.
            self._encoding[key], self._line[key] = found, passage
            if len(self._line) == _HANDFUL:
                self._hand_over()
        else:
            self.reused += 1
            found.set_result(known)
        return found

    def _hand_over(self) -> None:
        passages, self._line = self._line, {}
        self._pool.submit(self._encode, passages, {key: self._encoding[key] for key in passages})

    def _kept(self, key: str) -> _Vectors | None:
        known = self._known.get(key)
        if known is None or self._previous is None:
            return self._journal.get(key, self.encoder.dimension)
        row, first, count = known
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
                found = vector, _as_bytes(sentences)
                self._journal.put(keys[place], *found)
                waiting[keys[place]].set_result(found)
        except BaseException as failure:
            self._failure = failure
            for one in waiting.values():
                if not one.done():
                    one.set_exception(failure)

    def _tell(self) -> None:
        seconds = time.monotonic() - self._started
        left = seconds * self._bytes_left / self._bytes_encoded if self._bytes_encoded else None
        self._report(Progress(self._done, self._files, self.encoded, self.reused, seconds, left))


def _facts(model: Model, encoder: Encoder, reused: Generation | None) -> EncoderFacts:
    # An index that moved between machines may hold vectors of both kinds.
    precisions = {encoder.precision, *(reused.encoder.precision.split("+") if reused else ())}
    return EncoderFacts(
        model.name,
        model.digest,
        encoder.passage_digest,
        encoder.dimension,
        encoder.limit,
        "+".join(sorted(precisions)),
    )


def _as_bytes(rows: Matrix) -> SentenceVectors:
    largest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return np.asarray(np.rint(rows / largest * _LARGEST_BYTE), dtype=np.int8)


def _refuse_skipped(summary: Summary, strict: bool) -> None:
    if strict and summary.skipped:
        raise HealthSearchError(
            summary.skipped[0].place,
            f"{summary.skipped[0].cause}, and with --strict no file may be skipped",
            f"{summary.skipped[0].remedy} Nothing has been changed.",
        )


@contextmanager
def _previous(index: Path, model: Model) -> Iterator[tuple[Generation | None, bool]]:
    """The newest generation that can be opened, to compare with and to reuse; and whether it can go on as it is.

    It cannot when a newer one is damaged, or when the encoder that it names is now found by another name.
    """
    try:
        generation, fault = open_generation(index)
    except HealthSearchError:
        yield None, False
        return
    try:
        yield generation, fault is None and generation.encoder.name == model.name
    finally:
        generation.close()


@contextmanager
def _locked(index: Path) -> Iterator[None]:
    """Keep a second build out; the lock of a builder that died is free at once."""
    holder = index / "builder.txt"
    try:
        index.mkdir(parents=True, exist_ok=True)
        _refuse_links(index)
        with FileLock(index / "build.lock", timeout=0):
            holder.write_text(f"process {os.getpid()}", encoding="utf-8")
            yield
    except Timeout:
        raise BuildRunning(
            index,
            f"another build is running ({_text_of(holder) or 'it has only just begun'})",
            "Wait until it has finished, then build again.",
        ) from None
    except (OSError, sqlite3.OperationalError) as error:
        named = getattr(error, "filename", None)
        if named is not None and not Path(os.fsdecode(named)).is_relative_to(index):
            raise
        raise HealthSearchError(
            index,
            f"the index cannot be written ({getattr(error, 'strerror', None) or error})",
            "Mend the folder's permissions or free some space; the last good index still serves.",
        ) from None


def _refuse_links(index: Path) -> None:
    """An index that came from elsewhere could lead what a build writes and cleans away into any other folder."""
    for path in sorted(index.iterdir()):
        if path.is_symlink():
            raise HealthSearchError(
                path,
                "it is a link, and a build would write and delete where it leads",
                "Remove it, or make the whole index folder the link.",
            )


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""
