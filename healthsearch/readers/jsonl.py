"""JSONL: one article per line, each an object; BEIR corpora are read as they are.

Line by line, so that a file of tens of megabytes is never in memory as one tree.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers.decoding import as_utf_8
from healthsearch.readers.rows import Rows


def read(data: bytes, path: str) -> Iterator[Article | UnreadableArticle]:
    """The article of every line; a bad line is reported and the others are read."""
    rows = Rows(path)
    for number, line in enumerate(io.BytesIO(as_utf_8(data, path)), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            yield rows.broken(number, f"is not JSON ({getattr(error, 'msg', 'a number of too many digits')})")
        except RecursionError:
            yield rows.broken(number, "is nested too deeply")
        else:
            if isinstance(value, dict):
                yield from rows.article(value, number)
            else:
                yield rows.broken(number, "is not an object with a text")
