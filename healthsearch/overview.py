"""The collection in numbers: how much there is, by publisher, language, age and length; and what has grown old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice, pairwise
from typing import TypeVar

import numpy as np

from healthsearch.article import Article
from healthsearch.filter_choices import years_before
from healthsearch.filters import Facets, Range
from healthsearch.generation import Generation
from healthsearch.newer import is_old, newer

# Years since an article was reviewed or, without a review, published; and characters: where each step begins.
AGES = (0, 1, 2, 3, 5)
LENGTHS = (0, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
_Value = TypeVar("_Value")
# Articles whose means are compared with all others at a time.
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts of articles by value, None for those that do not say; ``age`` and ``length`` by the step's beginning."""

    articles: int
    passages: int
    publisher: Mapping[str | None, int]
    language: Mapping[str | None, int]
    age: Mapping[int | None, int]
    length: Mapping[int, int]


def overview(generation: Generation, today: date) -> Overview:
    """The numbers of this generation."""
    facets = generation.facets
    steps = np.searchsorted(LENGTHS, generation.article_store.lengths(), side="right") - 1
    lengths = Counter(LENGTHS[step] for step in steps)
    return Overview(
        articles=len(facets),
        passages=len(generation.vectors),
        publisher=_with_rest(facets.counts("publisher"), len(facets)),
        language=_with_rest(facets.counts("language"), len(facets)),
        age=_with_rest(_ages(facets, today), len(facets)),
        length={step: lengths[step] for step in LENGTHS if lengths[step]},
    )


def outdated(generation: Generation, today: date) -> list[Article]:
    """The articles that are so old that advice may have changed, by row."""
    return [article for article in generation.article_store.articles() if is_old(article, today)]


def superseded(generation: Generation) -> list[tuple[Article, Article]]:
    """The articles of which there is a newer one that covers the same, with that one, by row."""
    pairs = []
    rows = enumerate(generation.article_store.articles())
    while articles := dict(islice(rows, _AT_ONCE)):
        later = newer(generation, articles)
        pairs += [(article, later[article.id]) for article in articles.values() if article.id in later]
    return pairs


def _ages(facets: Facets, today: date) -> dict[int, int]:
    reviewed = facets.allowed((Range("reviewed"),))

    def since(years: int | None) -> int:
        """How many articles are no older."""
        least = years_before(today, years).isoformat() if years else None
        within = facets.allowed((Range("reviewed", least),))
        return int((within | ~reviewed & facets.allowed((Range("published", least),))).sum())

    sums = [0, *map(since, (*AGES[1:], None))]
    return {age: more - fewer for age, (fewer, more) in zip(AGES, pairwise(sums), strict=True) if more > fewer}


def _with_rest(counts: Mapping[_Value, int], articles: int) -> dict[_Value | None, int]:
    rest = articles - sum(counts.values())
    with_rest: dict[_Value | None, int] = {value: count for value, count in counts.items()}
    return with_rest | ({None: rest} if rest else {})
