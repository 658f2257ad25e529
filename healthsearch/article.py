"""Article: what a person opens, as text with headings and what its source says of itself.

Knows no file format (``readers``), no encoder and no index.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading line of an article: ``text[start:end]`` is the heading as it reads, without markup."""

    level: int
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """One article; all offsets anywhere are Unicode code points into ``text``.

    ``path`` is the file's place in the corpus, with forward slashes; several articles may come from one
    file. Dates are ISO 8601 as far as the source gives them ("2024", "2024-05" or "2024-05-17"), or None.
    ``pages``: where each page of a paged file begins in ``text``. ``also_at``: other places of the corpus
    that hold the same text, which only an index knows.
    """

    id: str
    path: str
    title: str
    text: str
    headings: tuple[Heading, ...] = ()
    language: str | None = None
    publisher: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    reviewed: str | None = None
    reviewed_by: tuple[str, ...] = ()
    url: str | None = None
    licence: str | None = None
    also_called: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    also_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The text between two headings, and the headings that it stands under, outermost first."""

    headings: tuple[str, ...]
    start: int
    end: int


def sections(article: Article) -> list[Section]:
    """The article's sections in reading order; together they hold all text but the heading lines.

    A heading that only repeats the title is left out of the path, since the title is shown anyway.
    """
    between: list[Section] = []
    path: list[Heading] = []
    start = 0
    for heading in article.headings:
        between.append(Section(_titles(path, article.title), start, heading.start))
        path = [above for above in path if above.level < heading.level] + [heading]
        start = heading.end
    between.append(Section(_titles(path, article.title), start, len(article.text)))
    return [section for section in between if article.text[section.start : section.end].strip()]


def _titles(path: list[Heading], title: str) -> tuple[str, ...]:
    return tuple(heading.title for heading in path if heading.title.casefold() != title.casefold())


def page_at(article: Article, offset: int) -> int | None:
    """The number, from 1, of the page on which ``text[offset]`` stands; None where there are no pages."""
    return bisect_right(article.pages, offset) if article.pages else None


def parse_date(text: str) -> date | None:
    """The first day that an ISO date of any precision can mean; None when it is not one.

    >>> parse_date("2024-05"), parse_date("May 2024")
    (datetime.date(2024, 5, 1), None)
    """
    parts = text.split("-")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() for part in parts) or len(parts[0]) != 4:
        return None
    year, month, day = (*map(int, parts), *(1, 1)[len(parts) - 1 :])
    try:
        return date(year, month, day)
    except ValueError:
        return None
