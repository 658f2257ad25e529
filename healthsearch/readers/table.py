"""CSV and TSV with a header: one article per row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers.decoding import as_utf_8
from healthsearch.readers.rows import TEXT_COLUMNS, Rows

_SEPARATORS = ",;\t|"
_LONGEST_HEADER = 10_000
# A cell may hold a whole article; Python's own limit is 131,072 characters.
csv.field_size_limit(5_000_000)


def read(data: bytes, path: str) -> Iterator[Article | UnreadableArticle]:
    """The article of every row; a bad row is reported with its line.

    Raises UnreadableArticle if the header has no text column.
    """
    lines = io.TextIOWrapper(io.BytesIO(as_utf_8(data, path)), encoding="utf-8", newline="")
    first = lines.readline(_LONGEST_HEADER)
    lines.seek(0)
    table = csv.reader(lines, delimiter=max(_SEPARATORS, key=first.count), strict=True)
    rows = Rows(path)
    header: list[str] = []
    while True:
        line = table.line_num + 1
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            yield rows.broken(line, f"is not a row ({error})")
            continue
        if not header:
            header = _checked([cell.strip() for cell in cells], path)
        elif len(cells) > len(header):
            yield rows.broken(line, f"has {len(cells)} cells, and the header has {len(header)}")
        else:
            yield from rows.article(dict(zip(header, cells, strict=False)), line)


def _checked(header: list[str], path: str) -> list[str]:
    if not {name.lower() for name in header} & set(TEXT_COLUMNS):
        raise UnreadableArticle(
            path,
            "its first line names no column of texts",
            f"Name the columns there; one of them {', '.join(TEXT_COLUMNS[:-1])} or {TEXT_COLUMNS[-1]}.",
        )
    return header
