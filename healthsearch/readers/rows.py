"""From a row of an export to an article; independent of JSON and CSV.

Columns are recognised by their usual names, including BEIR's ``_id``, ``title`` and ``text``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers.properties import choose_title, fields

_COLUMNS = {
    "text": ("text", "body", "content", "contents", "answer", "abstract", "article"),
    "title": ("title", "headline", "question", "name"),
    "url": ("url", "link", "address"),
    "publisher": ("publisher", "source"),
    "authors": ("authors", "author"),
    "published": ("published", "date", "publication_date"),
    "reviewed": ("reviewed", "last_reviewed"),
    "reviewed_by": ("reviewed_by",),
    "language": ("language", "lang"),
    "licence": ("licence", "license"),
    "also_called": ("also_called", "synonyms", "aliases"),
}
TEXT_COLUMNS = _COLUMNS["text"] + _COLUMNS["title"]
_MANY = {"authors", "reviewed_by", "also_called"}
_PARTS = re.compile(r"[;|]")
# A file with more bad rows is not what it seems to be.
_MOST_BROKEN = 10


class Rows:
    """The rows of the file at ``path``; counts the bad ones."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._stem = str(PurePosixPath(path).with_suffix(""))
        self._broken: list[UnreadableArticle] = []

    def article(self, row: Mapping[str, Any], line: int) -> Iterator[Article | UnreadableArticle]:
        """The article of the row that begins in this line, or its error; nothing for an empty row."""
        values = {str(name).strip().lower(): value for name, value in row.items()}
        beir = values.get("metadata")
        if isinstance(beir, dict):
            values = beir | values
        found = {field: self._first(values, names) for field, names in _COLUMNS.items()}
        if not any(map(_text, values.values())):
            return
        text = _text(found.pop("text")) or _text(found["title"])
        if not text.strip():
            yield self.broken(line, "has neither text nor title")
            return
        many = {field: _texts(found.pop(field)) for field in _MANY}
        single = {field: _text(value) for field, value in found.items()}
        title = choose_title(self._path, single.pop("title"), _first_line(text))
        said = fields(
            **single, authors=many["authors"], reviewed_by=many["reviewed_by"], also_called=many["also_called"]
        )
        yield Article(id=self._id(values, line), path=self._path, title=title, text=text, **said)

    def broken(self, line: int, cause: str) -> UnreadableArticle:
        """The error for a bad row. Raises it for the whole file if there were too many."""
        problem = UnreadableArticle(self._path, f"line {line} {cause}", "Mend the line, or take it out.")
        self._broken.append(problem)
        if len(self._broken) > _MOST_BROKEN:
            raise UnreadableArticle(
                self._path,
                f"more than {_MOST_BROKEN} of its lines cannot be read; the first: {self._broken[0].cause}",
                "Export it anew.",
            )
        return problem

    def _id(self, values: Mapping[str, Any], line: int) -> str:
        if given := _text(values.get("_id")).strip():
            return given
        return f"{self._stem}#{_text(values.get('id')).strip() or line}"

    def _first(self, values: Mapping[str, Any], names: tuple[str, ...]) -> object:
        return next((values[name] for name in names if values.get(name) not in (None, "", [])), None)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [_text(one) for one in value]
    return _PARTS.split(_text(value))


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0].strip()
    return line if len(line) <= 200 else ""
