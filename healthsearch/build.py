"""The build, in order: see what is new, changed or gone; encode that, and nothing else; publish.

Draws nothing: progress goes to the caller as ``Progress``.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from healthsearch.article import Article
from healthsearch.corpus import SourceFile
from healthsearch.encoder import Encoder, Model
from healthsearch.errors import BuildRunning, HealthSearchError, UnreadableArticle
from healthsearch.generation import Draft, EncoderFacts, Generation, open_generation
from healthsearch.history import record
from healthsearch.intake import Copy, take_in
from healthsearch.journal import Journal, SentenceVectors, passage_key
from healthsearch.passages import Passage, split
from healthsearch.plan import Plan, Summary, make_plan, refuse_shrink
from healthsearch.store import StoredArticle
from healthsearch.vectors import Matrix

# A sentence's vector is kept as whole numbers, its largest entry brought to this: a byte a dimension.
_LARGEST_BYTE = 127


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
            encoder = model.load()
            work = _Work(encoder, journal, None if rebuild else self.previous, self.plan, report)
            facts = EncoderFacts(model.name, model.digest, encoder.passage_digest, encoder.dimension, encoder.limit)
            with Draft(self.index, facts) as draft:
                given = self._fill(draft, work)
                _refuse_skipped(summary, self.strict)
                self._refuse_shrink(given)
                generation = draft.publish()
            summary.generation, summary.published = generation.name, True
            summary.encoded, summary.reused = work.encoded, work.reused
            generation.close()
            journal.delete()
        finally:
            journal.close()

    def _fill(self, draft: Draft, work: _Work) -> Counter[str]:
        """Put every article into the draft, by file: copied where nothing changed, else split and encoded.

        Returns how many articles each file gave.
        """
        given: Counter[str] = Counter()
        for file, found in take_in(self.corpus, self.plan, self.previous):
            for one in found:
                match one:
                    case UnreadableArticle():
                        draft.skip(file, one)
                        continue
                    case Copy():
                        draft.add_copy(one.first, file, one.id, one.place)
                    case StoredArticle():
                        work.take_over(draft, file, one)
                    case Article():
                        passages = split(one, work.encoder)
                        draft.add(one, file, passages, *work.encode(passages))
                given[file.path] += 1
            work.finish(file.path)
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


class _Work:
    """Vectors for passages, from the cheapest source: the last generation, the journal, the encoder."""

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

    def encode(self, passages: Sequence[Passage]) -> tuple[list[str], Matrix, SentenceVectors]:
        """The passages' keys, their (n, dimension) matrix, and the vectors of all their sentences in order."""
        keys = [passage_key(self.encoder.passage_digest, passage) for passage in passages]
        found = [self._one(key, passage) for key, passage in zip(keys, passages, strict=True)]
        return keys, np.stack([vector for vector, _ in found]), np.concatenate([rows for _, rows in found])

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

    def take_over(self, draft: Draft, file: SourceFile, known: StoredArticle) -> None:
        """Put an article of an unchanged file into the draft, with what the last generation has of it."""
        if self._previous is None:
            raise ValueError("there is no generation to take articles from")
        first, last = known.passages[0], known.passages[-1]
        vectors = self._previous.vectors.rows(first.row, last.row + 1)
        sentences = self._previous.sentences[first.first_sentence : last.first_sentence + len(last.passage.sentences)]
        draft.add(known.article, file, [entry.passage for entry in known.passages], known.keys, vectors, sentences)
        self.reused += len(known.passages)

    def _one(self, key: str, passage: Passage) -> tuple[Matrix, SentenceVectors]:
        known = self._known.get(key)
        if known is not None and self._previous is not None:
            row, first, count = known
            self.reused += 1
            return self._previous.vectors.rows(row, row + 1)[0], self._previous.sentences[first : first + count]
        kept = self._journal.get(key, self.encoder.dimension)
        if kept is not None:
            self.reused += 1
            return kept
        vector, sentences = self.encoder.encode_passage(passage.encoded_text, passage.encoded_sentences)
        rows = _as_bytes(sentences)
        self._journal.put(key, vector[0], rows)
        self.encoded += 1
        self._tell()
        return vector[0], rows

    def _tell(self) -> None:
        seconds = time.monotonic() - self._started
        left = seconds * self._bytes_left / self._bytes_encoded if self._bytes_encoded else None
        self._report(Progress(self._done, self._files, self.encoded, self.reused, seconds, left))


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
        raise HealthSearchError(
            index,
            f"the index cannot be written ({getattr(error, 'strerror', None) or error})",
            "Mend the folder's permissions or free some space; the last good index still serves.",
        ) from None


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""
