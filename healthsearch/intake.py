"""What comes in, file after file: each article once, its copies by name, and what must be skipped.

A build encodes what comes from here, a dry run only counts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from healthsearch.article import Article, sections
from healthsearch.article_tables import KnownArticle
from healthsearch.corpus import SourceFile
from healthsearch.duplicates import Register, fingerprints
from healthsearch.errors import UnreadableArticle
from healthsearch.generation import Generation
from healthsearch.parallel_reading import read_files
from healthsearch.plan import Plan
from healthsearch.readers import Outcome


@dataclass(frozen=True, slots=True)
class Copy:
    """A text that is also that of the article ``first``: the id that it would have had, and where it stands."""

    first: str
    id: str
    place: str


# What a file may give: a new article, one of the previous generation, another place of a text, a problem.
Entry = Article | KnownArticle | Copy | UnreadableArticle


def take_in(corpus: Path, plan: Plan, previous: Generation | None) -> Iterator[tuple[SourceFile, Iterator[Entry]]]:
    """For every file of the plan, as it was read, its entries; problems go into the plan's summary, too.

    A ``KnownArticle`` is one of the previous generation whose file need not be read. The entries of a file must be
    taken before the next file.
    """
    register = Register()
    with closing(read_files(corpus, plan.files_to_read)) as read:
        for file in plan.files:
            outcomes: Iterator[Outcome | KnownArticle]
            if previous is None or file.path in plan.to_read:
                file, outcomes = next(read)
            else:
                outcomes = previous.article_store.articles_of_file(file.path)
            yield file, _entries(file, outcomes, register, plan)


def _entries(
    file: SourceFile, outcomes: Iterator[Outcome | KnownArticle], register: Register, plan: Plan
) -> Iterator[Entry]:
    has_problems = has_articles = False
    for outcome in _or_nothing(file, outcomes):
        entry = _registered(outcome, register)
        if isinstance(entry, UnreadableArticle):
            plan.summary.skipped.append(entry)
            has_problems = True
        else:
            has_articles = True
        if isinstance(entry, Copy):
            plan.summary.copies.append((entry.place, register.path_of(entry.first)))
        yield entry
    if has_articles and file.path in plan.failed_before:
        plan.summary.added.append(file.path)
    elif has_problems and not has_articles:
        _count_as_skipped(file.path, plan)


def _or_nothing(file: SourceFile, outcomes: Iterator[Outcome | KnownArticle]) -> Iterator[Outcome | KnownArticle]:
    """The file's outcomes; a problem where there are none, such as in a table that has only a header."""
    is_empty = True
    for outcome in outcomes:
        is_empty = False
        yield outcome
    if is_empty:
        yield UnreadableArticle(file.path, "it holds no article", "Put articles in it, or move it out of the corpus.")


def _registered(outcome: Outcome | KnownArticle, register: Register) -> Entry:
    """The outcome as it enters the index: a text that another article has already is a ``Copy`` of that one."""
    if isinstance(outcome, UnreadableArticle):
        return outcome
    if isinstance(outcome, Article) and not sections(outcome):
        return UnreadableArticle(outcome.path, "there is no text below its headings", "Write the text.")
    names = fingerprints(outcome) if isinstance(outcome, Article) else outcome.fingerprints
    try:
        first = register.first_with_text(outcome.id, outcome.path, names)
    except UnreadableArticle as problem:
        return problem
    if first is None:
        return outcome
    # Of two in one file the path would say nothing.
    place = outcome.path if outcome.path != register.path_of(first) else outcome.id
    return Copy(first, outcome.id, place)


def _count_as_skipped(path: str, plan: Plan) -> None:
    """A file that gave nothing is not what it would have been."""
    summary = plan.summary
    for paths in (summary.added, summary.changed, summary.unchanged):
        if path in paths:
            paths.remove(path)
    for pair in summary.renamed:
        if pair[1] == path:
            summary.renamed.remove(pair)
            summary.deleted.append(pair[0])
            break
