"""Stand-ins whose results can be worked out on paper, for tests in which the real index code runs.

``KeywordEncoder`` has one axis a word: a text's vector counts how often each word stands in it, brought to
length 1, so that the cosine of "massage" and "massage rest" is 1/√2. One more axis, the last, is for
texts without any of the words: they are at 1 to each other and at 0 to all others.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from healthsearch.arrays import Matrix, Vector
from healthsearch.article import Article, Heading
from healthsearch.corpus import SourceFile
from healthsearch.passages import Span

KEYWORDS = ("massage", "disc", "rest", "walking", "pain", "sleep", "heat", "vaccine")


class SpaceTokenizer:
    """A ``passages.Tokenizer``: what stands between white space is a token."""

    parts_add_up = False

    def __init__(self, limit: int = 64) -> None:
        self.limit = limit

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[match.span() for match in re.finditer(r"\S+", text)] for text in texts]


class LetterTokenizer(SpaceTokenizer):
    """Every character but white space is a token, as with scripts that are written without spaces."""

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[match.span() for match in re.finditer(r"\S", text)] for text in texts]


@dataclass(slots=True)
class KeywordModel:
    """An ``encoder.Model``, and the tally of all work that its encoders were given.

    ``encoded`` lists the text of every passage encoded, in order, over all loads. With ``interrupt_at`` n,
    the n-th passage (from 1) is not encoded: the build is interrupted there, as by Ctrl-C. ``adapter`` stands for
    one that would read questions otherwise: another model, whose passages have the same vectors.
    """

    keywords: tuple[str, ...] = KEYWORDS
    limit: int = 64
    name: str = "keywords"
    interrupt_at: int | None = None
    adapter: str = ""
    loads: int = 0
    encoded: list[str] = field(default_factory=list)

    @property
    def passage_digest(self) -> str:
        return hashlib.sha256(repr((self.keywords, self.limit)).encode()).hexdigest()

    @property
    def digest(self) -> str:
        return self.passage_digest + self.adapter

    def load(self, home: Path | None = None) -> KeywordEncoder:
        self.loads += 1
        return KeywordEncoder(self)


class KeywordEncoder(SpaceTokenizer):
    """An ``encoder.Encoder`` with one axis a word; like the real one it refuses a passage over its limit."""

    precision = "float32"
    workers = 1

    def __init__(self, model: KeywordModel | None = None) -> None:
        self.model = model or KeywordModel()
        super().__init__(self.model.limit)
        self.name = self.model.name
        self.digest = self.model.digest
        self.passage_digest = self.model.passage_digest
        self.dimension = len(self.model.keywords) + 1

    def vector(self, text: str) -> Vector:
        """The (dimension,) unit vector of a text."""
        found = re.findall(r"\w+", text.casefold())
        counts = np.array([found.count(keyword) for keyword in self.model.keywords] + [0], dtype=np.float32)
        if not counts.any():
            counts[-1] = 1
        return np.asarray(counts / np.linalg.norm(counts), dtype=np.float32)

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        return self._matrix(queries)

    def encode_passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> Iterator[tuple[int, Vector, Matrix]]:
        for place, (text, sentences) in enumerate(passages):
            yield place, *self._passage(text, sentences)

    def _passage(self, text: str, sentences: Sequence[Span]) -> tuple[Vector, Matrix]:
        if len(self.token_spans([text])[0]) > self.limit:
            raise ValueError(f"a passage of over {self.limit} tokens")
        if len(self.model.encoded) + 1 == self.model.interrupt_at:
            raise KeyboardInterrupt
        self.model.encoded.append(text)
        return self.vector(text), self._matrix([text[start:end] for start, end in sentences])

    def _matrix(self, texts: Sequence[str]) -> Matrix:
        rows = [self.vector(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dimension)


def source(path: str, digest: str = "d") -> SourceFile:
    """A file of the corpus as it was read."""
    return SourceFile(path, digest, 1)


def an_article(*blocks: str, title: str = "A title", language: str | None = "en", **fields: Any) -> Article:
    """An article of blocks with a blank line between; a block that begins with ``#`` marks is a heading."""
    text, headings = "", []
    for block in blocks:
        marks = re.match(r"(#{1,6}) ", block)
        words = block[marks.end() :] if marks else block
        if text:
            text += "\n\n"
        if marks:
            headings.append(Heading(len(marks[1]), words, len(text), len(text) + len(words)))
        text += words
    return Article(
        id=fields.pop("id", "an-article"),
        path="an-article.md",
        title=title,
        text=text,
        headings=tuple(headings),
        language=language,
        **fields,
    )
