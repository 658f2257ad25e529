"""Writes the articles and passages of a generation, article by article, for ``article_store`` to read."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from healthsearch.article import Article
from healthsearch.article_tables import (
    SCHEMA,
    WRITTEN_COLUMNS,
    article_values,
    passage_values,
    read_only,
)
from healthsearch.corpus import SourceFile
from healthsearch.passages import Passage


class ArticleStoreWriter:
    """Fills a new article store; ``close`` makes it whole."""

    def __init__(self, file: Path, earlier: Path | None = None) -> None:
        """``earlier``: the store that articles may be taken from."""
        self._db = sqlite3.connect(file, isolation_level=None, uri=True)
        # The file is part of a draft: it is flushed once when whole, and thrown away if that never comes.
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(SCHEMA)
        if earlier is not None:
            self._db.execute("ATTACH ? AS earlier", (read_only(earlier),))
        self._db.execute("BEGIN")
        self._articles = self._passages = self._sentences = 0
        self._files: dict[str, int] = {}
        self._closed = False

    def add(self, article: Article, file: SourceFile, passages: Sequence[Passage], keys: Sequence[str]) -> None:
        """Write an article of this file, and its passages with the keys of what was encoded."""
        self._db.execute(
            f"INSERT INTO articles (row, file, {WRITTEN_COLUMNS}) VALUES (?, ?, {', '.join('?' * 17)})",
            (self._articles, self._file_row(file), *article_values(article)),
        )
        for passage, key in zip(passages, keys, strict=True):
            self._db.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self._passages, self._articles, *passage_values(passage, self._sentences, key)),
            )
            self._passages += 1
            self._sentences += len(passage.sentences)
        self._articles += 1

    def take_over(self, row: int, file: SourceFile, passages: range, sentences: range) -> None:
        """Write the article of this row of the earlier store as it stands there, with its passages.

        ``passages``, ``sentences``: their rows there.
        """
        # One article at a time, as ``add`` does: SQLite lays out a file in the order in which rows come to its tables.
        self._db.execute(
            f"INSERT INTO articles (row, file, {WRITTEN_COLUMNS})"
            f" SELECT ?, ?, {WRITTEN_COLUMNS} FROM earlier.articles WHERE row = ?",
            (self._articles, self._file_row(file), row),
        )
        self._db.execute(
            "INSERT INTO passages SELECT row + ?, ?, first, last, headings, context, sentences, first_sentence + ?, key"
            " FROM earlier.passages WHERE row BETWEEN ? AND ? ORDER BY row",
            (
                self._passages - passages.start,
                self._articles,
                self._sentences - sentences.start,
                passages.start,
                passages.stop - 1,
            ),
        )
        self._passages += len(passages)
        self._sentences += len(sentences)
        self._articles += 1

    def add_copy(self, first: str, file: SourceFile, copy: str, place: str) -> None:
        """Note that the text of the article with the id ``first`` stands in this file too, under the id ``copy``."""
        self._db.execute(
            "INSERT INTO copies (article, file, id, place) SELECT row, ?, ?, ? FROM articles WHERE id = ?",
            (self._file_row(file), copy, place, first),
        )

    def close(self) -> None:
        """Commit and close; nothing can be added after. Closing twice is harmless."""
        if not self._closed:
            self._db.execute("COMMIT")
            self._db.close()
            self._closed = True

    def _file_row(self, file: SourceFile) -> int:
        """The row of the file, written when it first gives something."""
        if file.path not in self._files:
            self._files[file.path] = len(self._files)
            self._db.execute("INSERT INTO files VALUES (?, ?, ?)", (self._files[file.path], file.path, file.digest))
        return self._files[file.path]
