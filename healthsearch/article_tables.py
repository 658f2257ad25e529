"""The SQLite tables of a generation's articles and passages: their schema, and each article and passage as a row.

``article_store_writer`` fills the tables, and ``article_store`` reads them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from healthsearch.article import Article, Heading
from healthsearch.duplicates import fingerprints
from healthsearch.passages import Passage, Span

# The file's name in a generation.
ARTICLE_STORE = "store.sqlite"
SCHEMA = """
CREATE TABLE files (row INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, digest TEXT NOT NULL) STRICT;
CREATE TABLE articles (
    row INTEGER PRIMARY KEY, file INTEGER NOT NULL REFERENCES files (row), id TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL, title TEXT NOT NULL, language TEXT, publisher TEXT, published TEXT, reviewed TEXT,
    url TEXT, licence TEXT,
    authors TEXT NOT NULL, also_called TEXT NOT NULL, sources TEXT NOT NULL, headings TEXT NOT NULL,
    pages TEXT NOT NULL, reviewed_by TEXT NOT NULL, fingerprints TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE INDEX articles_of_file ON articles (file);
CREATE TABLE copies (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles (row),
    file INTEGER NOT NULL REFERENCES files (row), id TEXT NOT NULL, place TEXT NOT NULL
) STRICT;
CREATE INDEX copies_of_article ON copies (article);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles (row),
    first INTEGER NOT NULL, last INTEGER NOT NULL, headings TEXT NOT NULL, context TEXT NOT NULL,
    sentences TEXT NOT NULL, first_sentence INTEGER NOT NULL, key TEXT NOT NULL
) STRICT;
CREATE INDEX passages_of_article ON passages (article);
"""
# The columns that ``article_from`` reads, and those that ``article_values`` writes.
ARTICLE_COLUMNS = (
    "id, path, title, text, headings, language, publisher, authors, published, reviewed, url, licence,"
    " also_called, sources, pages, reviewed_by"
)
WRITTEN_COLUMNS = f"{ARTICLE_COLUMNS}, fingerprints"


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its row, and the row at which its sentences' vectors begin."""

    row: int
    passage: Passage
    first_sentence: int


class KnownArticle(NamedTuple):
    """What a build must know of an article to compare it with others, and to take it over by its row."""

    row: int
    id: str
    path: str
    # See ``duplicates.fingerprints``.
    fingerprints: list[str]


class ListedArticle(NamedTuple):
    """What a list of articles tells of one; ``passages``: how many it has."""

    title: str
    path: str
    publisher: str | None
    published: str | None
    reviewed: str | None
    passages: int


class StoredArticle(NamedTuple):
    """An article with its passages in order and their keys."""

    article: Article
    passages: list[StoredPassage]
    keys: list[str]


def read_only(file: Path) -> str:
    """The URI that opens the file for reading only; SQLite may suppose that nobody writes to it."""
    return f"{file.resolve().as_uri()}?mode=ro&immutable=1"


@cache
def schema_statements() -> list[tuple[str]]:
    """What SQLite keeps of the schema: its statements, by a rule of its own for white space."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        return db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").fetchall()


def article_values(article: Article) -> tuple[str | None, ...]:
    """The values of ``WRITTEN_COLUMNS``."""
    return (
        article.id,
        article.path,
        article.title,
        article.text,
        _json([[heading.level, heading.title, heading.start, heading.end] for heading in article.headings]),
        article.language,
        article.publisher,
        _json(article.authors),
        article.published,
        article.reviewed,
        article.url,
        article.licence,
        _json(article.also_called),
        _json(article.sources),
        _json(article.pages),
        _json(article.reviewed_by),
        _json(fingerprints(article)),
    )


def article_from(row: Sequence[Any]) -> Article:
    """The article of a row of ``ARTICLE_COLUMNS`` and the places of its copies, as JSON."""
    identity, path, title, text, headings, language, publisher, authors, *rest = row
    published, reviewed, url, licence, also_called, sources, pages, reviewed_by, also_at = rest
    return Article(
        id=identity,
        path=path,
        title=title,
        text=text,
        headings=tuple(Heading(*heading) for heading in json.loads(headings)),
        language=language,
        publisher=publisher,
        authors=tuple(json.loads(authors)),
        published=published,
        reviewed=reviewed,
        url=url,
        licence=licence,
        also_called=tuple(json.loads(also_called)),
        sources=tuple(json.loads(sources)),
        pages=tuple(json.loads(pages)),
        reviewed_by=tuple(json.loads(reviewed_by)),
        also_at=tuple(json.loads(also_at)),
    )


def passage_values(passage: Passage, first_sentence: int, key: str) -> tuple[int | str, ...]:
    """The values of all columns of ``passages`` after its row and its article's."""
    headings, sentences = _json(passage.headings), _json(passage.sentences)
    return passage.start, passage.end, headings, passage.context, sentences, first_sentence, key


def passage_from(row: int, article_id: str, text: str, values: Sequence[Any]) -> StoredPassage:
    """The passage of a row, with its text, from what ``passage_values`` gave, but for the key."""
    start, end, headings, context, sentences, first_sentence = values
    spans: tuple[Span, ...] = tuple((first, last) for first, last in json.loads(sentences))
    passage = Passage(article_id, tuple(json.loads(headings)), context, text, start, end, spans)
    return StoredPassage(row, passage, first_sentence)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
