"""What a searcher reads: a published index, and what one question has found in it.

``embedded`` has both for the generation of this machine, ``fetched`` for any store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from healthsearch.arrays import Rows, Scores
from healthsearch.article import Article
from healthsearch.filters import Filter
from healthsearch.fusion import Measures
from healthsearch.generation import Generation
from healthsearch.manifest import EncoderSpec
from healthsearch.passages import Passage
from healthsearch.reasons import Lists


class Inquiry(Protocol):
    """One question's reading of an index; what was fetched for it is kept for as long as it lives."""

    @property
    def searched(self) -> int:
        """How many passages there are to choose from."""
        ...

    def candidates(self, depth: int) -> tuple[Lists, Rows, Measures]:
        """The ``depth`` nearest passages and the ``depth`` best by words, by row, with what fusion weighs of them."""
        ...

    def article_ids(self, rows: Rows) -> list[str]:
        """For each of the named passages the id of its article."""
        ...

    def article(self, article_id: str) -> Article:
        """The article with this id; KeyError when there is none."""
        ...

    def passage(self, row: int) -> Passage:
        """The passage with this row."""
        ...

    def sentence_cosines(self, row: int) -> Scores:
        """The cosines of the question with every sentence of a passage."""
        ...

    def beside(self, row: int, step: int) -> Iterator[int]:
        """The rows after (1) or before (-1) one, nearest first, within its article."""
        ...

    def newer(self, articles: Mapping[int, Article]) -> dict[str, Article]:
        """For articles, each by the row of one of its passages, the newest of those that cover the same and are dated
        later, by id; an article of which there is none is left out.
        """
        ...


class Published(Protocol):
    """A published index, read; safe to share between threads."""

    @property
    def generation(self) -> Generation | None:
        """The files on this machine, where it is made of such."""
        ...

    @property
    def name(self) -> str:
        """The generation's name."""
        ...

    @property
    def place(self) -> object:
        """Where it is, for messages."""
        ...

    @property
    def encoder(self) -> EncoderSpec:
        """What encoded it."""
        ...

    @property
    def analysis(self) -> object:
        """The rules that its words were made by."""
        ...

    @property
    def spellings(self) -> Mapping[str, int]:
        """The words of the articles as written, each with how often it stands there."""
        ...

    @property
    def copies(self) -> Mapping[str, Sequence[str]]:
        """For each article whose text stands in other places too, the ids that it would have there."""
        ...

    @property
    def article_count(self) -> int:
        """How many articles there are."""
        ...

    def titles(self) -> Sequence[str]:
        """The titles of the first articles."""
        ...

    def value_counts(self) -> Mapping[str, Mapping[str, int]]:
        """For each field of a filter how many articles have each value; dates as they are written."""
        ...

    def weights(self, terms: Sequence[str]) -> Mapping[str, float]:
        """How much each distinct index word tells among all passages, unknown words included."""
        ...

    def article(self, article_id: str) -> Article:
        """The article with this id; KeyError when there is none."""
        ...

    def read(self, article_id: str) -> tuple[Article, Sequence[Passage]]:
        """An article with its passages in order; KeyError when there is none of this id."""
        ...

    def inquiry(self, query: Scores, terms: Sequence[str], where: Filter = ()) -> Inquiry:
        """Ask by a question's vector and index words, among what the filter lets through."""
        ...
