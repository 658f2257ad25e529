"""Plain text: read unchanged, without invented headings.

Front matter is read as in Markdown, because exported texts may have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers.decoding import decode
from healthsearch.readers.front_matter import parse

# A first line longer than this is a paragraph, not a title.
_LONGEST_TITLE = 200


def read(data: bytes, path: str) -> Iterator[Article | UnreadableArticle]:
    """The article in a text file; its title comes from the front matter, a short first line or the file name."""
    details, text = parse(decode(data, path), path)
    first = text.lstrip().partition("\n")[0].strip()
    title = first if len(first) <= _LONGEST_TITLE else PurePosixPath(path).stem
    yield details.article(path, text, (), title or PurePosixPath(path).stem)
    yield from details.left_out
