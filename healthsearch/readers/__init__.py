"""File formats, looked up by suffix: each reader turns the bytes of one file into an article.

A reader takes bytes, so that no format ever opens a path that an article names.
"""

from __future__ import annotations

from collections.abc import Callable

from healthsearch.article import Article
from healthsearch.readers import markdown, plain

Reader = Callable[[bytes, str], Article]

READERS: dict[str, Reader] = {".md": markdown.read, ".markdown": markdown.read, ".txt": plain.read}
