"""The passages as points, with what there is to say of each, and a question with what it found among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from healthsearch.answer import Answer
from healthsearch.arrays import Matrix
from healthsearch.article import Article
from healthsearch.generation import Generation
from healthsearch.passages import Passage
from healthsearch.projection import AMONG, SIDE, between
from healthsearch.search import Searcher

# Characters of a passage's beginning that a point tells.
_BEGINNING = 160
# The cosine from which a passage is the one that is looked for.
_ITSELF = 0.9999
# What a letter of a label and a line of labels need, in parts of the map's side: on a wide screen and on a narrow one.
_WIDE, _NARROW = (0.0115, 0.034), (0.025, 0.034)
_LONGEST = 26


@dataclass(frozen=True, slots=True)
class Point:
    """A passage on the map; ``across`` and ``down`` run from 0 to 1."""

    across: float
    down: float
    article: str
    folder: str
    headings: tuple[str, ...]
    beginning: str


@dataclass(frozen=True, slots=True)
class Label:
    """The title of an article, shortened, where most of its passages are; ``narrow``: there is room on a phone too."""

    across: float
    down: float
    title: str
    narrow: bool


@dataclass(frozen=True, slots=True)
class QuestionPoint:
    """A question on the map, and its hits in the order of the answer."""

    question: tuple[float, float]
    hits: tuple[Point, ...]


def points(generation: Generation) -> list[Point]:
    """Every passage that is drawn, by row."""
    store = generation.article_store
    return [
        _point((across / SIDE, down / SIDE), article, store.passage(row).passage)
        for of_article, drawn in groupby(generation.map.tolist(), lambda one: int(generation.article_rows[one[0]]))
        for article in [store.article_at(of_article)]
        for row, across, down in drawn
    ]


def labels(found: Iterable[Point]) -> Iterator[Label]:
    """Titles that can stand on the map without touching each other, those of the most passages first."""
    by_article: dict[str, list[Point]] = {}
    for point in found:
        by_article.setdefault(point.article, []).append(point)
    wide, narrow = _Room(*_WIDE), _Room(*_NARROW)
    for title, of_article in sorted(by_article.items(), key=lambda item: -len(item[1])):
        across = float(np.median([point.across for point in of_article]))
        down = float(np.median([point.down for point in of_article]))
        short = title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1].rstrip()}…"
        if wide.take(across, down, short):
            yield Label(across, down, short, narrow.take(across, down, short))


class _Room:
    """The map as lines of text that may not touch."""

    def __init__(self, letter: float, line: float) -> None:
        self._letter, self._line = letter, line
        self._taken: list[tuple[float, float, float]] = []

    def take(self, across: float, down: float, text: str) -> bool:
        """Whether there is room for a text with its middle here, which is then taken."""
        half = len(text) * self._letter / 2
        free = all(abs(down - d) > self._line or abs(across - a) > half + h for a, d, h in self._taken)
        if free:
            self._taken.append((across, down, half))
        return free


def asked(searcher: Searcher, answer: Answer) -> QuestionPoint | None:
    """The question of an answer on the map, and its hits; None when another generation gave the answer."""
    generation = searcher.generation
    if answer.generation != generation.name:
        return None
    # Without a correction there was none to make, or none was wanted.
    read = searcher.speller.correct(answer.question)[0] if answer.corrections else answer.question
    hits = []
    for hit, article in answer.hits:
        passages = generation.article_store.whole_article(article.id).passages
        row = next(stored.row for stored in passages if stored.passage.start == hit.passage.start)
        place = _place(generation, generation.vectors.rows(row, row + 1)[0])
        hits.append(_point(place, article, hit.passage))
    return QuestionPoint(_place(generation, searcher.encoder.encode_query([read])[0]), tuple(hits))


def _place(generation: Generation, vector: Matrix) -> tuple[float, float]:
    """Where a vector stands on the map: between the drawn passages nearest to it."""
    drawn, places = generation.map[:, 0], generation.map[:, 1:]
    mask = np.zeros(len(generation.vectors), np.bool_)
    mask[drawn] = True
    rows, cosines = generation.vectors.search(vector, AMONG, mask)
    nearest = places[np.searchsorted(drawn, rows)]
    across, down = nearest[0] if cosines[0] > _ITSELF else between(cosines, nearest)
    return float(across) / SIDE, float(down) / SIDE


def _point(place: tuple[float, float], article: Article, passage: Passage) -> Point:
    line = " ".join(passage.text.split())
    beginning = line if len(line) <= _BEGINNING else f"{line[: _BEGINNING - 1].rstrip()}…"
    return Point(*place, article.title, article.path.rpartition("/")[0], passage.headings, beginning)
