"""Articles and passages on disk, read by id: one SQLite file, written once and then only read.

Knows no vectors and no words. Row numbers of passages are the ones that every other part uses.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthsearch.article import Article, Heading
from healthsearch.filters import Facets
from healthsearch.passages import Passage, Span

_SCHEMA = """
CREATE TABLE articles (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, path TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
    title TEXT NOT NULL, language TEXT, publisher TEXT, published TEXT, reviewed TEXT, url TEXT, licence TEXT,
    authors TEXT NOT NULL, also_called TEXT NOT NULL, sources TEXT NOT NULL, headings TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles (row),
    first INTEGER NOT NULL, last INTEGER NOT NULL, headings TEXT NOT NULL, context TEXT NOT NULL,
    sentences TEXT NOT NULL, first_sentence INTEGER NOT NULL, key TEXT NOT NULL
) STRICT;
CREATE INDEX passages_of_article ON passages (article);
"""
_ARTICLE = (
    "id, path, title, text, headings, language, publisher, authors, published, reviewed, url, licence,"
    " also_called, sources"
)
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


class StoreWriter:
    """Fills a new store, article by article; ``close`` makes it whole."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        # The file is part of a draft: it is flushed once when whole, and thrown away if that never comes.
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self._articles = self._passages = self._sentences = 0
        self._closed = False

    def path_of(self, article_id: str) -> str | None:
        """The file of the article already written under this id, if any."""
        found = self._db.execute("SELECT path FROM articles WHERE id = ?", (article_id,)).fetchone()
        return None if found is None else str(found[0])

    def add(self, article: Article, digest: str, passages: Sequence[Passage], keys: Sequence[str]) -> None:
        """Write an article of a file with this digest, and its passages with the keys of what was encoded."""
        self._db.execute(
            f"INSERT INTO articles (row, digest, {_ARTICLE}) VALUES (?, ?, {', '.join('?' * 14)})",
            (
                self._articles,
                digest,
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

    def close(self) -> None:
        """Commit and close; nothing can be added after. Closing twice is harmless."""
        if not self._closed:
            self._db.execute("COMMIT")
            self._db.close()
            self._closed = True


class Store:
    """The finished store, safe to read from many threads."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def counts(self) -> tuple[int, int, int]:
        """How many articles, passages and sentences there are."""
        [(articles,)] = self._all("SELECT count(*) FROM articles")
        [(passages,)] = self._all("SELECT count(*) FROM passages")
        [(sentences,)] = self._all("SELECT coalesce(sum(json_array_length(sentences)), 0) FROM passages")
        return articles, passages, sentences

    def faults(self) -> list[str]:
        """What SQLite's own check finds wrong with the file."""
        return [str(row[0]) for row in self._all("PRAGMA integrity_check") if row[0] != "ok"]

    def digests(self) -> dict[str, str]:
        """For each article's file its digest, by path."""
        return dict(self._all("SELECT path, digest FROM articles ORDER BY path"))

    def ids(self) -> dict[str, str]:
        """For each article's file its id, by path."""
        return dict(self._all("SELECT path, id FROM articles ORDER BY path"))

    def keys(self) -> dict[str, tuple[int, int, int]]:
        """For each key of an encoded passage: its row, its first sentence's row, and how many sentences."""
        rows = self._all("SELECT key, row, first_sentence, json_array_length(sentences) FROM passages")
        return {key: (row, first, count) for key, row, first, count in rows}

    def article(self, article_id: str) -> Article:
        """The article with this id; KeyError when there is none."""
        found = self._all(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", article_id)
        if not found:
            raise KeyError(article_id)
        return _article(found[0])

    def article_of_file(self, path: str) -> tuple[Article, list[StoredPassage], list[str]]:
        """The article that came from this file, its passages in order and their keys."""
        [found] = self._all(f"SELECT {_ARTICLE} FROM articles WHERE path = ?", path)
        rows = self._all(
            f"SELECT {_PASSAGE}, p.key FROM passages p JOIN articles a ON a.row = p.article"
            " WHERE a.path = ? ORDER BY p.row",
            path,
        )
        return _article(found), [_passage(row[:-1]) for row in rows], [row[-1] for row in rows]

    def articles(self) -> Iterator[Article]:
        """Every article, by row."""
        for (row,) in self._all("SELECT row FROM articles ORDER BY row"):
            yield self.article_at(row)

    def article_at(self, row: int) -> Article:
        """The article with this row number, which there must be."""
        [found] = self._all(f"SELECT {_ARTICLE} FROM articles WHERE row = ?", row)
        return _article(found)

    def facets(self) -> Facets:
        """What every article, by row, can be filtered by."""
        rows = self._all("SELECT publisher, language, path, published, reviewed FROM articles ORDER BY row")
        return Facets((who, language, path.rpartition("/")[0], *dates) for who, language, path, *dates in rows)

    def article_ids(self) -> list[str]:
        """For each passage, by row, the id of its article."""
        rows = self._all("SELECT a.id FROM passages p JOIN articles a ON a.row = p.article ORDER BY p.row")
        return [row[0] for row in rows]

    def article_rows(self) -> list[int]:
        """For each passage, by row, the row of its article."""
        return [row[0] for row in self._all("SELECT article FROM passages ORDER BY row")]

    def first_sentences(self) -> list[int]:
        """For each passage, by row, the row at which its sentences' vectors begin."""
        return [row[0] for row in self._all("SELECT first_sentence FROM passages ORDER BY row")]

    def passage(self, row: int) -> StoredPassage:
        """The passage with this row number; KeyError when there is none."""
        found = self._all(
            f"SELECT {_PASSAGE} FROM passages p JOIN articles a ON a.row = p.article WHERE p.row = ?", row
        )
        if not found:
            raise KeyError(row)
        return _passage(found[0])

    def _all(self, sql: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def _article(row: Sequence[Any]) -> Article:
    identity, path, title, text, headings, language, publisher, authors, *rest = row
    published, reviewed, url, licence, also_called, sources = rest
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
    )


def _passage(row: Sequence[Any]) -> StoredPassage:
    number, article_id, headings, context, text, start, end, sentences, first_sentence = row
    spans: tuple[Span, ...] = tuple((first, last) for first, last in json.loads(sentences))
    passage = Passage(article_id, tuple(json.loads(headings)), context, text, start, end, spans)
    return StoredPassage(number, passage, first_sentence)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
