"""Is there a newer article on the same subject? Told only where two articles are near by meaning and by title.

Conservative: a wrong note costs trust in a sound article. Of the 62 articles that come with the project no two are near
enough by either measure: the nearest reach 0.89 by meaning, and share half of their titles' words
(`python benchmarks/near_articles.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from healthsearch.article import Article, parse_date
from healthsearch.generation import Generation
from healthsearch.words import words

# The least cosine of two articles' means, and the least share of their titles' words that both have.
NEAR = 0.9
SAME_TITLE = 0.6
# Health advice is commonly reviewed every three years (for example by NICE and the NHS).
OLD_AFTER_YEARS = 3


def dated(article: Article) -> date | None:
    """The day that an article's content stands for: of its review, else of its publication."""
    return parse_date(article.reviewed or article.published or "")


def is_old(article: Article, today: date) -> bool:
    """Whether its content is so old that advice may have changed since."""
    since = dated(article)
    return since is not None and (today - since).days > OLD_AFTER_YEARS * 365.25


def newer(generation: Generation, articles: Mapping[int, Article]) -> dict[str, Article]:
    """For each of these articles, by row, the newest of those that cover the same and are dated later, by id.

    An article of which there is none is left out.
    """
    newest = {}
    # What is found for a question is often near to the same others.
    read = dict(articles)
    for row, article in articles.items():
        title = _title_words(article.title)
        if title and dated(article):
            # Only what has so many of the title's words can share them, and few have: not all means need be compared.
            among = generation.article_words.holding(title, math.ceil(SAME_TITLE * len(title)))
            near = generation.near_articles(row, among[among != row], NEAR).tolist()
            read.update((other, generation.article_store.article_at(other)) for other in near if other not in read)
            later = latest(article, (read[other] for other in near))
            if later:
                newest[article.id] = later
    return newest


def latest(article: Article, others: Iterable[Article]) -> Article | None:
    """The newest of the others that are dated later, in the same language and with nearly the same title."""
    since = dated(article)
    later = [
        (day, other.id, other)
        for other in others
        if (day := dated(other)) and since and day > since
        if other.language == article.language and shared(article, other) >= SAME_TITLE
    ]
    return max(later, key=lambda candidate: candidate[:2])[2] if later else None


def shared(article: Article, other: Article) -> float:
    """The share of two titles' words that both have, from 0 to 1."""
    first, second = _title_words(article.title), _title_words(other.title)
    return len(first & second) / max(1, len(first | second))


# The same articles are near for many questions.
@lru_cache(maxsize=20_000)
def _title_words(title: str) -> frozenset[str]:
    return frozenset(words(title))
