"""What any store of passages does: the seam between our ranking and the engine that holds vectors and words.

A store finds the nearest passages and the best by words, each under the same closed filter, and gives back what it was
given. It knows nothing of fusion, verdicts and marks, and these never see the scale of its scores: those by meaning are
cosines, those by words are relative to the best of their list. ``embedded`` is the store that needs nothing else, and
the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from healthsearch.arrays import Matrix, Rows, Scores, SentenceVectors, Vector
from healthsearch.article import Article
from healthsearch.errors import HealthSearchError
from healthsearch.filters import Filter
from healthsearch.manifest import EncoderSpec, Skipped
from healthsearch.passages import Passage


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """Another place that holds the text of an article: the id it would have there, its file and the file's digest."""

    id: str
    place: str
    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class WholeArticle:
    """An article with all that a build knows of it: its file's path and digest, its passages with their keys, the
    (n, dimension) vectors of these and those of all their sentences, in order.
    """

    article: Article
    path: str
    digest: str
    passages: Sequence[Passage]
    keys: Sequence[str]
    vectors: Matrix
    sentences: SentenceVectors
    copies: Sequence[StoredCopy] = ()


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """What a search measures of an article: the mean of its passages' vectors, and its words.

    ``words`` holds each distinct index word, a colon and how often it counts, with a space before and after each:
    looking up the few words of a question in it is faster than making a dict of all. ``length`` is the sum.
    """

    id: str
    vector: Vector
    words: str
    length: int

    def count(self, word: str) -> int:
        """How often an index word counts in the article."""
        start = self.words.find(f" {word}:")
        return int(self.words[start + len(word) + 2 :].split(" ", 1)[0]) if start >= 0 else 0


@dataclass(frozen=True, slots=True)
class Record:
    """What a search measures of a passage.

    ``position``: its number within its article, from 0. ``words`` are the index words of its names and then of each
    of its sentences, with a space before and after each.
    """

    row: int
    position: int
    article: ArticleRecord
    vector: Vector
    sentences: SentenceVectors
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GenerationFacts:
    """What is known of a generation as a whole: what made it, and what depends on all of its articles.

    ``rules`` as ``manifest.rules``. ``holding``: for each index word how many passages and how many articles have it.
    ``article_length``: the mean of ``ArticleRecord.length``. ``copies``: for each article whose text stands in other
    places too, the ids that it would have there. ``titles``: those of the first articles. ``counts``: for each field
    of a filter how many articles have each value; dates as they are written.
    """

    generation: str
    encoder: EncoderSpec
    rules: Mapping[str, object]
    articles: int
    passages: int
    holding: Mapping[str, tuple[int, int]]
    article_length: float
    spellings: Mapping[str, int]
    copies: Mapping[str, Sequence[str]]
    titles: Sequence[str]
    counts: Mapping[str, Mapping[str, int]]
    skipped: Mapping[str, Skipped]


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """A store at this moment: the facts of what it serves, when that was published, and what it is.

    ``place`` may be shown: it holds no password. ``lexical``: whether it can search by words.
    """

    facts: GenerationFacts
    published: str
    place: str
    engine: str
    lexical: bool


def without_words(info: StoreInfo) -> HealthSearchError | None:
    """What is to be told of a store that cannot search by words; None of any other."""
    if info.lexical:
        return None
    cause = f"{info.engine} cannot search by words, so that passages are found by meaning alone"
    return HealthSearchError(info.place, cause, "Use a newer server: docs/scale.md names the least.")


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Passages by row with their scores, best first."""

    rows: Rows
    scores: Scores


class Store(Protocol):
    """One published generation, read; safe to share between threads.

    A row is the store's number of a passage. The passages of an article have neighbouring rows, in order. Methods raise
    HealthSearchError when the engine cannot be reached, and ValueError for a filter that is none.
    """

    def info(self) -> StoreInfo:
        """What it serves."""
        ...

    def dense(self, query: Vector, k: int, where: Filter = ()) -> Retrieved:
        """The ``k`` passages nearest to one (dimension,) query among those that the filter lets through, by cosine.

        An approximate engine may miss some.
        """
        ...

    def lexical(self, terms: Sequence[str], k: int, where: Filter = ()) -> Retrieved:
        """The ``k`` best passages by BM25 for these index words; scores from 1 down, 1 for the best.

        Nothing where no passage has any of them, and where the engine cannot search by words.
        """
        ...

    def get(self, rows: Rows) -> list[Record]:
        """The named passages, in this order; KeyError when there is none of a row."""
        ...

    def count(self, where: Filter = ()) -> int:
        """How many passages the filter lets through."""
        ...

    def near(self, vector: Vector, cosine: float) -> list[str]:
        """The ids of the articles whose means are at least so near, nearest first."""
        ...

    def read(self, article_id: str) -> tuple[Article, Sequence[Passage]]:
        """An article with its passages in order; KeyError when there is none of this id."""
        ...

    def articles(self) -> Iterator[WholeArticle]:
        """Everything, in the order in which it was given."""
        ...

    def digests(self) -> Mapping[str, str]:
        """For each article, by id, the digest of its content: see ``records.digest_of``."""
        ...


class Maker(Protocol):
    """The next generation being written; searches see nothing of it until it is committed, and then all.

    It begins with articles that the store holds already, of whichever generation; use it in a ``with`` block.
    """

    def __enter__(self) -> Maker: ...

    def __exit__(self, *error: object) -> None: ...

    def digests(self) -> Mapping[str, str]:
        """For each article that it begins with, by id, the digest of its content."""
        ...

    def upsert(self, articles: Iterable[WholeArticle]) -> None:
        """Add articles; each takes the place of one with its id that was there at the beginning. No id comes twice."""
        ...

    def delete_articles(self, ids: Iterable[str]) -> None:
        """Take articles out; ids that there are none of are passed over."""
        ...

    def commit(self, facts: GenerationFacts) -> None:
        """Verify that all that the facts count is there, and publish. Raises HealthSearchError, with nothing changed
        for searches, when it is not.
        """
        ...
