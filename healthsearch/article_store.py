"""Articles and passages of a generation, read by id: one SQLite file, written once and then only read.

Knows no vectors and no words. Row numbers of passages are the ones that every other part uses.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from healthsearch.arrays import Rows
from healthsearch.article import Article
from healthsearch.article_tables import (
    ARTICLE_COLUMNS,
    KnownArticle,
    ListedArticle,
    StoredArticle,
    StoredPassage,
    article_from,
    passage_from,
    read_only,
    schema_statements,
)
from healthsearch.filters import Facets

# What ``article_from`` reads.
_ARTICLE = (
    f"{ARTICLE_COLUMNS}, (SELECT json_group_array(place)"
    " FROM (SELECT place FROM copies WHERE article = a.row ORDER BY row))"
)
# What ``passage_from`` reads.
_PASSAGE = "first, last, p.headings, context, sentences, first_sentence"


class ArticleStore:
    """The finished article store, safe to read from many threads."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(read_only(file), uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        # A connection refers to itself: without this the file would stay open until Python looks for cycles.
        weakref.finalize(self, self._db.close)
        # Views, triggers or computed columns of a file from elsewhere would run what they say.
        if self._all("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid") != schema_statements():
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
        copies: dict[str, list[str]] = {}
        for first, copy in self._all(
            "SELECT a.id, c.id FROM copies c JOIN articles a ON a.row = article ORDER BY c.row"
        ):
            copies.setdefault(first, []).append(copy)
        return copies

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
        for row in self._all(f"SELECT {_ARTICLE} FROM articles a WHERE id = ?", article_id):
            return article_from(row)
        raise KeyError(article_id)

    def articles_of_file(self, path: str) -> Iterator[KnownArticle]:
        """The articles that came from this file, by row."""
        rows = self._all(
            "SELECT a.row, id, a.path, fingerprints FROM articles a JOIN files f ON f.row = file WHERE f.path = ?"
            " ORDER BY a.row",
            path,
        )
        return (KnownArticle(row, article_id, place, json.loads(names)) for row, article_id, place, names in rows)

    def whole_article(self, article_id: str) -> StoredArticle:
        """The article with this id, with its passages; KeyError when there is none."""
        for (row,) in self._all("SELECT row FROM articles WHERE id = ?", article_id):
            return self.whole_article_at(row)
        raise KeyError(article_id)

    def whole_article_at(self, row: int) -> StoredArticle:
        """The article with this row number, which there must be, with its passages."""
        article = self.article_at(row)
        rows = self._all(f"SELECT key, row, {_PASSAGE} FROM passages p WHERE article = ? ORDER BY row", row)
        passages = [
            # Cutting the passages' text out of the article's is quicker here than in SQLite.
            passage_from(number, article.id, article.text[start:end], (start, end, *values))
            for _, number, start, end, *values in rows
        ]
        return StoredArticle(article, passages, [key for key, *_ in rows])

    def whole_articles(self) -> Iterator[StoredArticle]:
        """Every article with its passages, by row."""
        return (self.whole_article_at(row) for (row,) in self._all("SELECT row FROM articles ORDER BY row"))

    def listing(self, part: str, most: int) -> tuple[int, list[ListedArticle]]:
        """How many articles have ``part`` in title, path or publisher; and the first ``most`` of them, by title.

        Capital letters of ASCII count as small ones.
        """
        like = "'%' || replace(replace(replace(?, '!', '!!'), '%', '!%'), '_', '!_') || '%' ESCAPE '!'"
        matching = f"FROM articles a WHERE title || char(10) || path || char(10) || ifnull(publisher, '') LIKE {like}"
        [(count,)] = self._all(f"SELECT count(*) {matching}", part)
        rows = self._all(
            "SELECT title, path, publisher, published, reviewed,"
            f" (SELECT count(*) FROM passages WHERE article = a.row) {matching}"
            " ORDER BY title COLLATE NOCASE, a.row LIMIT ?",
            part,
            most,
        )
        return count, [ListedArticle(*row) for row in rows]

    def articles(self) -> Iterator[Article]:
        """Every article, by row."""
        for (row,) in self._all("SELECT row FROM articles ORDER BY row"):
            yield self.article_at(row)

    def article_at(self, row: int) -> Article:
        """The article with this row number, which there must be."""
        [values] = self._all(f"SELECT {_ARTICLE} FROM articles a WHERE row = ?", row)
        return article_from(values)

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

    def ids(self) -> list[str]:
        """For each article, by row, its id."""
        return [row[0] for row in self._all("SELECT id FROM articles ORDER BY row")]

    def article_rows(self) -> Rows:
        """For each passage, by row, the row of its article."""
        return self._numbers("SELECT article FROM passages ORDER BY row")

    def first_sentences(self) -> Rows:
        """For each passage, by row, the row at which its sentences' vectors begin."""
        return self._numbers("SELECT first_sentence FROM passages ORDER BY row")

    def passage(self, row: int) -> StoredPassage:
        """The passage with this row number; KeyError when there is none."""
        query = (
            f"SELECT a.id, substr(text, first + 1, last - first), {_PASSAGE}"
            " FROM passages p JOIN articles a ON a.row = article WHERE p.row = ?"
        )
        for article_id, text, *values in self._all(query, row):
            return passage_from(row, article_id, text, values)
        raise KeyError(row)

    def _numbers(self, sql: str) -> Rows:
        """A column of whole numbers, without a Python object for each of its rows at a time."""
        with self._lock:
            return np.fromiter((row[0] for row in self._db.execute(sql)), np.int64)

    def _all(self, sql: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()
