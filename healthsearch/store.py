"""Articles and passages on disk, read by id: one SQLite file, written once and then only read.

Knows no vectors and no words. Row numbers of passages are the ones that every other part uses.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from healthsearch.arrays import Rows
from healthsearch.article import Article, Heading
from healthsearch.corpus import SourceFile
from healthsearch.filters import Facets
from healthsearch.passages import Passage, Span

# The file's name in a generation.
STORE = "store.sqlite"
_SCHEMA = """
CREATE TABLE files (row INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, digest TEXT NOT NULL) STRICT;
CREATE TABLE articles (
    row INTEGER PRIMARY KEY, file INTEGER NOT NULL REFERENCES files (row), id TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL, title TEXT NOT NULL, language TEXT, publisher TEXT, published TEXT, reviewed TEXT,
    url TEXT, licence TEXT,
    authors TEXT NOT NULL, also_called TEXT NOT NULL, sources TEXT NOT NULL, headings TEXT NOT NULL,
    pages TEXT NOT NULL, reviewed_by TEXT NOT NULL, text TEXT NOT NULL
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
_ARTICLE = (
    "id, path, title, text, headings, language, publisher, authors, published, reviewed, url, licence,"
    " also_called, sources, pages, reviewed_by"
)
_ALSO_AT = "(SELECT json_group_array(place) FROM (SELECT place FROM copies WHERE article = a.row ORDER BY row))"
_PASSAGE = (
    "p.row, a.id, p.headings, p.context, substr(a.text, p.first + 1, p.last - p.first), p.first, p.last,"
    " p.sentences, p.first_sentence"
)


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its row, and the row at which its sentences' vectors begin."""

    row: int
    passage: Passage
    first_sentence: int


class StoredArticle(NamedTuple):
    """An article with its passages in order and their keys."""

    article: Article
    passages: list[StoredPassage]
    keys: list[str]


class StoreWriter:
    """Fills a new store, article by article; ``close`` makes it whole."""

    def __init__(self, file: Path, earlier: Path | None = None) -> None:
        """``earlier``: the store that articles may be taken from."""
        self._db = sqlite3.connect(file, isolation_level=None, uri=True)
        # The file is part of a draft: it is flushed once when whole, and thrown away if that never comes.
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)
        if earlier is not None:
            self._db.execute("ATTACH ? AS earlier", (_read_only(earlier),))
        self._db.execute("BEGIN")
        self._articles = self._passages = self._sentences = 0
        self._files: dict[str, int] = {}
        self._closed = False

    def add(self, article: Article, file: SourceFile, passages: Sequence[Passage], keys: Sequence[str]) -> None:
        """Write an article of this file, and its passages with the keys of what was encoded."""
        self._db.execute(
            f"INSERT INTO articles (row, file, {_ARTICLE}) VALUES (?, ?, {', '.join('?' * 16)})",
            (
                self._articles,
                self._file(file),
                article.id,
                article.path,
                article.title,
                article.text,
                _json([[h.level, h.title, h.start, h.end] for h in article.headings]),
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
            ),
        )
        for passage, key in zip(passages, keys, strict=True):
            self._db.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._passages,
                    self._articles,
                    passage.start,
                    passage.end,
                    _json(passage.headings),
                    passage.context,
                    _json(passage.sentences),
                    self._sentences,
                    key,
                ),
            )
            self._passages += 1
            self._sentences += len(passage.sentences)
        self._articles += 1

    def take_over(self, known: StoredArticle, file: SourceFile) -> None:
        """Write an article of the earlier store, as it stands there."""
        first = known.passages[0]
        self._db.execute(
            f"INSERT INTO articles (row, file, {_ARTICLE}) SELECT ?, ?, {_ARTICLE} FROM earlier.articles WHERE id = ?",
            (self._articles, self._file(file), known.article.id),
        )
        self._db.execute(
            "INSERT INTO passages SELECT row + ?, ?, first, last, headings, context, sentences, first_sentence + ?, key"
            " FROM earlier.passages WHERE row BETWEEN ? AND ? ORDER BY row",
            (
                self._passages - first.row,
                self._articles,
                self._sentences - first.first_sentence,
                first.row,
                known.passages[-1].row,
            ),
        )
        self._passages += len(known.passages)
        self._sentences += sum(len(stored.passage.sentences) for stored in known.passages)
        self._articles += 1

    def add_copy(self, first: str, file: SourceFile, copy: str, place: str) -> None:
        """Note that the text of the article with the id ``first`` stands in this file too, under the id ``copy``."""
        self._db.execute(
            "INSERT INTO copies (article, file, id, place) SELECT row, ?, ?, ? FROM articles WHERE id = ?",
            (self._file(file), copy, place, first),
        )

    def _file(self, file: SourceFile) -> int:
        """The row of the file, written when it first gives something."""
        if file.path not in self._files:
            self._files[file.path] = len(self._files)
            self._db.execute("INSERT INTO files VALUES (?, ?, ?)", (self._files[file.path], file.path, file.digest))
        return self._files[file.path]

    def close(self) -> None:
        """Commit and close; nothing can be added after. Closing twice is harmless."""
        if not self._closed:
            self._db.execute("COMMIT")
            self._db.close()
            self._closed = True


class Store:
    """The finished store, safe to read from many threads."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(_read_only(file), uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        # A connection refers to itself: without this the file would stay open until Python looks for cycles.
        weakref.finalize(self, self._db.close)
        # Views, triggers or computed columns of a file from elsewhere would run what they say.
        if self._all("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid") != _statements():
            self.close()
            raise ValueError(f"{file.name} has other tables than a build makes")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def counts(self) -> tuple[int, int, int]:
        """How many articles, passages and sentences there are."""
        [(articles,)] = self._all("SELECT count(*) FROM articles")
        [(passages,)] = self._all("SELECT count(*) FROM passages")
        # Counting every passage's sentences would take seconds of opening a large store.
        last = "SELECT first_sentence + json_array_length(sentences) FROM passages ORDER BY row DESC LIMIT 1"
        sentences = sum(row[0] for row in self._all(last))
        return articles, passages, sentences

    def faults(self) -> list[str]:
        """What SQLite's own check finds wrong with the file."""
        return [str(row[0]) for row in self._all("PRAGMA integrity_check") if row[0] != "ok"]

    def digests(self) -> dict[str, str]:
        """For each file that gave an article, or a copy of one, its digest, by path."""
        return dict(self._all("SELECT path, digest FROM files ORDER BY path"))

    def digest(self, path: str) -> str | None:
        """The digest of the file of this path; None when it gave nothing."""
        return next((digest for (digest,) in self._all("SELECT digest FROM files WHERE path = ?", path)), None)

    def sizes(self) -> dict[str, int]:
        """For each of these files how many articles it gave, copies among them."""
        given = "SELECT file FROM articles UNION ALL SELECT file FROM copies"
        return dict(self._all(f"SELECT path, count(*) FROM ({given}) JOIN files f ON f.row = file GROUP BY path"))

    def files_with_copies(self) -> set[str]:
        """The files of which a text is also that of another article, which stands for it."""
        return {path for (path,) in self._all("SELECT DISTINCT f.path FROM copies c JOIN files f ON f.row = c.file")}

    def copy_places(self) -> list[tuple[str, str]]:
        """Every place that holds the text of an article from elsewhere, and that article's place."""
        return self._all("SELECT place, path FROM copies c JOIN articles a ON a.row = article ORDER BY c.row")

    def copies(self) -> dict[str, list[str]]:
        """For each article whose text stands in other places too, by its id, the ids that it would have there."""
        found: dict[str, list[str]] = {}
        for first, copy in self._all(
            "SELECT a.id, c.id FROM copies c JOIN articles a ON a.row = article ORDER BY c.row"
        ):
            found.setdefault(first, []).append(copy)
        return found

    def file_of(self, article_id: str) -> tuple[str, str]:
        """The path and the digest of the file that an article came from; KeyError when there is none of this id."""
        query = "SELECT f.path, f.digest FROM articles a JOIN files f ON f.row = a.file WHERE a.id = ?"
        for path, digest in self._all(query, article_id):
            return path, digest
        raise KeyError(article_id)

    def copies_of(self, article_id: str) -> list[tuple[str, str, str, str]]:
        """Other places of an article's text: its id there, the place, and the file's path and digest."""
        return self._all(
            "SELECT c.id, c.place, f.path, f.digest FROM copies c JOIN articles a ON a.row = c.article"
            " JOIN files f ON f.row = c.file WHERE a.id = ? ORDER BY c.row",
            article_id,
        )

    def keys(self) -> dict[str, tuple[int, int, int]]:
        """For each key of an encoded passage: its row, its first sentence's row, and how many sentences."""
        rows = self._all("SELECT key, row, first_sentence, json_array_length(sentences) FROM passages")
        return {key: (row, first, count) for key, row, first, count in rows}

    def article(self, article_id: str) -> Article:
        """The article with this id; KeyError when there is none."""
        found = self._all(f"SELECT {_ARTICLE}, {_ALSO_AT} FROM articles a WHERE id = ?", article_id)
        if not found:
            raise KeyError(article_id)
        return _article(found[0])

    def articles_of_file(self, path: str) -> Iterator[StoredArticle]:
        """The articles that came from this file, by row."""
        rows = self._all(
            "SELECT a.row FROM articles a JOIN files f ON f.row = a.file WHERE f.path = ? ORDER BY 1", path
        )
        return (self._whole(row) for (row,) in rows)

    def whole_article(self, article_id: str) -> StoredArticle:
        """The article with this id, with its passages; KeyError when there is none."""
        found = self._all("SELECT row FROM articles WHERE id = ?", article_id)
        if not found:
            raise KeyError(article_id)
        return self._whole(found[0][0])

    def whole_articles(self) -> Iterator[StoredArticle]:
        """Every article with its passages, by row."""
        return (self._whole(row) for (row,) in self._all("SELECT row FROM articles ORDER BY row"))

    def articles(self) -> Iterator[Article]:
        """Every article, by row."""
        for (row,) in self._all("SELECT row FROM articles ORDER BY row"):
            yield self.article_at(row)

    def article_at(self, row: int) -> Article:
        """The article with this row number, which there must be."""
        [found] = self._all(f"SELECT {_ARTICLE}, {_ALSO_AT} FROM articles a WHERE row = ?", row)
        return _article(found)

    def facets(self) -> Facets:
        """What every article, by row, can be filtered by."""
        rows = self._all("SELECT publisher, language, path, published, reviewed FROM articles ORDER BY row")
        return Facets((who, language, path.rpartition("/")[0], *dates) for who, language, path, *dates in rows)

    def titles(self, most: int) -> list[str]:
        """The titles of the first ``most`` articles, by row."""
        return [row[0] for row in self._all("SELECT title FROM articles ORDER BY row LIMIT ?", most)]

    def lengths(self) -> list[int]:
        """For each article, by row, the characters of its text."""
        return [row[0] for row in self._all("SELECT length(text) FROM articles ORDER BY row")]

    def _whole(self, row: int) -> StoredArticle:
        [found] = self._all(f"SELECT {_ARTICLE}, {_ALSO_AT} FROM articles a WHERE row = ?", row)
        article = _article(found)
        # Cutting the passages' text out of the article's is quicker here than in SQLite.
        rows = self._all(
            "SELECT row, headings, context, first, last, sentences, first_sentence, key FROM passages"
            " WHERE article = ? ORDER BY row",
            row,
        )
        passages = [
            _passage((number, article.id, headings, context, article.text[start:end], start, end, *rest))
            for number, headings, context, start, end, *rest, _ in rows
        ]
        return StoredArticle(article, passages, [key for *_, key in rows])

    def ids(self) -> list[str]:
        """For each article, by row, its id."""
        return [row[0] for row in self._all("SELECT id FROM articles ORDER BY row")]

    def article_ids(self) -> list[str]:
        """For each passage, by row, the id of its article."""
        ids = self.ids()
        return [ids[row] for row in self.article_rows()]

    def article_rows(self) -> Rows:
        """For each passage, by row, the row of its article."""
        return self._numbers("SELECT article FROM passages ORDER BY row")

    def first_sentences(self) -> Rows:
        """For each passage, by row, the row at which its sentences' vectors begin."""
        return self._numbers("SELECT first_sentence FROM passages ORDER BY row")

    def passage(self, row: int) -> StoredPassage:
        """The passage with this row number; KeyError when there is none."""
        found = self._all(
            f"SELECT {_PASSAGE} FROM passages p JOIN articles a ON a.row = p.article WHERE p.row = ?", row
        )
        if not found:
            raise KeyError(row)
        return _passage(found[0])

    def _numbers(self, sql: str) -> Rows:
        """A column of whole numbers, without a Python object for each of its rows at a time."""
        with self._lock:
            return np.fromiter((row[0] for row in self._db.execute(sql)), np.int64)

    def _all(self, sql: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def _read_only(file: Path) -> str:
    return f"{file.resolve().as_uri()}?mode=ro&immutable=1"


@cache
def _statements() -> list[tuple[str]]:
    """What SQLite keeps of the schema: its statements, by a rule of its own for white space."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(_SCHEMA)
        return db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").fetchall()


def _article(row: Sequence[Any]) -> Article:
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


def _passage(row: Sequence[Any]) -> StoredPassage:
    number, article_id, headings, context, text, start, end, sentences, first_sentence = row
    spans: tuple[Span, ...] = tuple((first, last) for first, last in json.loads(sentences))
    passage = Passage(article_id, tuple(json.loads(headings)), context, text, start, end, spans)
    return StoredPassage(number, passage, first_sentence)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
