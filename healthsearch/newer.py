"""Is there a newer article on the same subject? Told only where two articles are near by meaning and by title.

Conservative: a wrong note costs trust in a sound article. Of the 62 articles that come with the project no two are near
enough by either measure: the nearest reach 0.89 by meaning, and share half of their titles' words
(`python benchmarks/near_articles.py`).
"""

from __future__ import annotations

from datetime import date

from healthsearch.article import Article, parse_date
from healthsearch.generation import Generation
from healthsearch.words import words

# The least cosine of two articles' means, and the least share of their titles' words that both have.
NEAR = 0.9
SAME_TITLE = 0.6


def dated(article: Article) -> date | None:
    """The day that an article's content stands for: of its review, else of its publication."""
    return parse_date(article.reviewed or article.published or "")


def newer(generation: Generation, row: int, article: Article) -> Article | None:
    """The newest of the articles that cover the same as this one, in this ``row``, and are dated later."""
    since = dated(article)
    if since is None:
        return None
    found = []
    for near in generation.near_articles(row, NEAR):
        other = generation.store.article_at(int(near))
        day = dated(other)
        if day and day > since and other.language == article.language and shared(article, other) >= SAME_TITLE:
            found.append((day, other.id, other))
    return max(found, key=lambda one: one[:2])[2] if found else None


def shared(one: Article, other: Article) -> float:
    """The share of two titles' words that both have, from 0 to 1."""
    first, second = set(words(one.title)), set(words(other.title))
    return len(first & second) / max(1, len(first | second))
