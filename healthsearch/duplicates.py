"""The same text in two places, and the same id for two texts: each is told while articles come in.

Knows articles only; what becomes of a copy is the build's affair.
"""

from __future__ import annotations

import hashlib

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle

# Two answers such as "It is not contagious." may be alike by chance; from here on, that is no chance.
_WORDS_OF_ITS_OWN = 50


class Register:
    """The articles that were taken so far, by id and by text."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}
        self._ids: dict[bytes, str] = {}

    def first_with_text(self, article: Article) -> str | None:
        """Take the article; or, when its text was taken already, the id of the article that has it.

        Raises UnreadableArticle when its id is that of another text.
        """
        text = fingerprint(article)
        if text in self._ids:
            return self._ids[text]
        if article.id in self._paths:
            raise UnreadableArticle(
                article.path,
                f"its id '{article.id}' is also that of {self._paths[article.id]}",
                "Give one of them another id.",
            )
        self._ids[text], self._paths[article.id] = article.id, article.path
        return None

    def path_of(self, article_id: str) -> str:
        """The place of an article that was taken."""
        return self._paths[article_id]


def fingerprint(article: Article) -> bytes:
    """Names the text, whatever its white space; of a short one with its title."""
    words = article.text.split()
    if len(words) < _WORDS_OF_ITS_OWN:
        words = [article.title, "", *words]
    return hashlib.sha256(" ".join(words).encode()).digest()
