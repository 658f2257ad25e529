"""What comes in, file after file: each article once, its copies by name, and what must be skipped.

A build encodes what comes from here, a dry run only counts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from healthsearch.article import Article, sections
from healthsearch.article_tables import StoredArticle
from healthsearch.corpus import SourceFile
from healthsearch.duplicates import Register
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


Found = Article | StoredArticle | Copy | UnreadableArticle


def take_in(corpus: Path, plan: Plan, previous: Generation | None) -> Iterator[tuple[SourceFile, Iterator[Found]]]:
    """For every file of the plan, as it was read, what is found in it; the plan's summary is told of problems.

    A ``StoredArticle`` is one of the previous generation whose file need not be read. What is found in a file
    must be taken before the next file.
    """
    register = Register()
    with closing(read_files(corpus, plan.files_to_read)) as read:
        for file in plan.files:
            outcomes: Iterator[Outcome | StoredArticle]
            if previous is None or file.path in plan.to_read:
                file, outcomes = next(read)
            else:
                outcomes = previous.article_store.articles_of_file(file.path)
            yield file, _settled(file, outcomes, register, plan)


def _settled(
    file: SourceFile, outcomes: Iterator[Outcome | StoredArticle], register: Register, plan: Plan
) -> Iterator[Found]:
    skipped = False
    given = False
    for outcome in _or_nothing(file, outcomes):
        found = _checked(outcome, register)
        if isinstance(found, UnreadableArticle):
            plan.summary.skipped.append(found)
            skipped = True
        else:
            given = True
        if isinstance(found, Copy):
            plan.summary.copies.append((found.place, register.path_of(found.first)))
        yield found
    if given and file.path in plan.failed_before:
        plan.summary.added.append(file.path)
    elif skipped and not given:
        _count_as_skipped(file.path, plan)


def _or_nothing(file: SourceFile, outcomes: Iterator[Outcome | StoredArticle]) -> Iterator[Outcome | StoredArticle]:
    """What is found in the file; a problem where that is nothing, such as in a table that has only a header."""
    found = False
    for outcome in outcomes:
        found = True
        yield outcome
    if not found:
        yield UnreadableArticle(file.path, "it holds no article", "Put articles in it, or move it out of the corpus.")


def _checked(outcome: Outcome | StoredArticle, register: Register) -> Found:
    if isinstance(outcome, UnreadableArticle):
        return outcome
    article = outcome.article if isinstance(outcome, StoredArticle) else outcome
    if not sections(article):
        return UnreadableArticle(article.path, "there is no text below its headings", "Write the text.")
    try:
        first = register.first_with_text(article)
    except UnreadableArticle as problem:
        return problem
    if first is None:
        return outcome
    # Of two in one file the path would say nothing.
    place = article.path if article.path != register.path_of(first) else article.id
    return Copy(first, article.id, place)


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
