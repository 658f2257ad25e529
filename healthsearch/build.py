"""The build, in order: see what is new, changed or gone; encode that, and nothing else; publish.

Draws nothing: progress goes to the caller as ``Progress``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from healthsearch.article_tables import KnownArticle
from healthsearch.corpus import misnamed
from healthsearch.draft import Draft
from healthsearch.encoder import Encoder, Model
from healthsearch.encoding import Begun, Encoding, Helpers, Report
from healthsearch.errors import HealthSearchError, NoIndex, UnreadableArticle
from healthsearch.exported import keep_only
from healthsearch.generation import Generation
from healthsearch.history import record
from healthsearch.in_use import open_generation
from healthsearch.index_folder import ENCODERS, GENERATIONS
from healthsearch.index_lock import locked
from healthsearch.intake import Copy, take_in
from healthsearch.journal import Journal
from healthsearch.manifest import EncoderSpec
from healthsearch.plan import Plan, Summary, make_plan, refuse_shrink, refuse_unlisted


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
    helpers: Helpers | None = None,
) -> Summary:
    """Bring ``index`` up to date with ``corpus``, encoding only passages that were never encoded.

    ``rebuild`` encodes everything again, ``dry_run`` only says what would be done, ``strict`` refuses to
    build when a file must be skipped, ``allow_shrink`` lets most of the articles go. ``helpers`` encode on other
    machines, and change nothing of what is built. Raises HealthSearchError with the published index untouched; a dry
    run raises what the build would, as far as nothing need be encoded for it.
    """
    started = time.monotonic()
    _refuse_nested(corpus, index)
    with nullcontext() if dry_run else locked(index), _previous(index, model) as (previous, fault):
        plan = _planned(corpus, previous, model, rebuild, fault)
        job = _Build(corpus, index, plan, previous, strict, allow_shrink, helpers)
        job.refuse_at_once()
        if previous is not None and plan.nothing_to_do:
            plan.summary.generation = previous.name
            plan.summary.articles = len(previous.article_vectors)
            plan.summary.reused = len(previous.vectors)
        elif dry_run:
            job.rehearse()
        else:
            job.run(model, rebuild, report)
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
    helpers: Helpers | None

    def refuse_at_once(self) -> None:
        """Raise HealthSearchError for what can be told without reading a file."""
        _refuse_skipped(self.plan.summary, self.strict)
        if not self.allow_shrink:
            refuse_unlisted(self.plan.summary, self.previous)
        if not self.plan.nothing_to_do:
            self._refuse_shrink(self._expected())

    def rehearse(self) -> None:
        """Read what ``run`` would read and refuse what it would refuse; the summary tells the rest."""
        given: Counter[str] = Counter()
        for file, entries in take_in(self.corpus, self.plan, self.previous):
            for entry in entries:
                if not isinstance(entry, UnreadableArticle):
                    given[file.path] += 1
                    self.plan.summary.articles += not isinstance(entry, Copy)
        self._refuse(given, self.plan.summary.articles)

    def run(self, model: Model, rebuild: bool, report: Report) -> None:
        """Encode what is new and publish; the summary tells the rest."""
        summary = self.plan.summary
        journal = Journal(self.index / "journal.sqlite", fresh=rebuild)
        try:
            encoder = model.load(self.index / ENCODERS)
            reused = None if rebuild else self.previous
            with (
                Encoding(encoder, journal, reused, self.plan, report) as work,
                Draft(self.index, _spec(model, encoder, reused), reused) as draft,
            ):
                if self.helpers:
                    work.be_helped(self.helpers, self.corpus, self.index / ENCODERS)
                self._refuse(self._fill(draft, work), draft.articles)
                generation = draft.publish()
            summary.generation, summary.published = generation.name, True
            summary.articles = len(generation.article_vectors)
            summary.encoded, summary.reused = work.encoded, work.reused
            generation.close()
            journal.delete()
            keep_only({model.digest, *({self.previous.encoder.digest} if self.previous else ())}, self.index / ENCODERS)
        finally:
            journal.close()

    def _fill(self, draft: Draft, work: Encoding) -> Counter[str]:
        """Put every article into the draft, by file: copied where nothing changed, else split and encoded.

        Returns how many articles each file gave.
        """
        given: Counter[str] = Counter()
        for file, entry in work.begun(take_in(self.corpus, self.plan, self.previous)):
            match entry:
                case None:
                    work.finish(file.path)
                    continue
                case UnreadableArticle():
                    draft.skip(file, entry)
                    continue
                case Copy():
                    draft.add_copy(entry.first, file, entry.id, entry.place)
                case KnownArticle():
                    work.reused += draft.take_over(entry.row, entry.id, file)
                case Begun():
                    draft.add(entry.article, file, entry.passages, *work.finished(entry))
            given[file.path] += 1
        return given

    def _refuse(self, given: Counter[str], articles: int) -> None:
        """Raise HealthSearchError when what all files have given should not be published."""
        summary = self.plan.summary
        if not articles:
            raise HealthSearchError(self.corpus, "none of its files can be read", f"The first: {summary.skipped[0]}")
        _refuse_skipped(summary, self.strict)
        self._refuse_shrink(given)

    def _expected(self) -> Counter[str]:
        """How many articles each file would give if it gave as many as last time, also where it has moved."""
        before = self.previous.article_store.sizes() if self.previous else {}
        old = {new: old for old, new in self.plan.summary.renamed}
        return Counter({file.path: before.get(old.get(file.path, file.path), 0) for file in self.plan.files})

    def _refuse_shrink(self, given: Counter[str]) -> None:
        if not self.allow_shrink:
            moved = {old: given[new] for old, new in self.plan.summary.renamed}
            refuse_shrink(self.corpus, self.previous, {**given, **moved})


def _spec(model: Model, encoder: Encoder, reused: Generation | None) -> EncoderSpec:
    # An index that moved between machines may hold vectors of both kinds.
    precisions = {encoder.precision, *(reused.encoder.precision.split("+") if reused else ())}
    return EncoderSpec(
        model.name,
        model.digest,
        encoder.passage_digest,
        encoder.dimension,
        encoder.limit,
        "+".join(sorted(precisions)),
    )


def _refuse_nested(corpus: Path, index: Path) -> None:
    """An index among the articles would become articles, visitors' questions too; articles in it would be deleted."""
    articles, built = corpus.resolve(), index.resolve()
    if built.is_relative_to(articles):
        raise HealthSearchError(
            index,
            f"the index is inside the folder of articles, {corpus}, so that its files would become articles",
            "Name another folder with --index or HEALTHSEARCH_INDEX, and delete this one.",
        )
    if any(articles.is_relative_to(built / name) for name in (GENERATIONS, ENCODERS)):
        raise HealthSearchError(
            corpus,
            f"the articles are in a folder of the index, {index}, which every build clears",
            "Move them to another folder, and name it with --corpus or HEALTHSEARCH_CORPUS.",
        )


def _refuse_skipped(summary: Summary, strict: bool) -> None:
    if strict and summary.skipped:
        raise HealthSearchError(
            summary.skipped[0].place,
            f"{summary.skipped[0].cause}, and with --strict no file may be skipped",
            f"{summary.skipped[0].remedy} Nothing has been changed.",
        )


def _planned(corpus: Path, previous: Generation | None, model: Model, rebuild: bool, fault: str) -> Plan:
    plan = make_plan(corpus, previous, model.digest, rebuild=rebuild or bool(fault))
    plan.summary.reason = "that was asked for" if rebuild else fault or plan.summary.reason
    plan.summary.misnamed = list(misnamed(corpus, plan.files_to_read))
    return plan


@contextmanager
def _previous(index: Path, model: Model) -> Iterator[tuple[Generation | None, str]]:
    """The newest generation that can be opened, to compare with and to reuse; and why it cannot go on as it is.

    It cannot when a newer one is damaged, or when the encoder that it names is now found by another name.
    """
    try:
        generation, fault = open_generation(index)
    except NoIndex:
        yield None, ""
        return
    except HealthSearchError as error:
        yield None, error.cause
        return
    try:
        if fault is not None:
            yield generation, fault.cause
        elif generation.encoder.name != model.name:
            yield generation, f"the encoder was called {generation.encoder.name}"
        else:
            yield generation, ""
    finally:
        generation.close()
