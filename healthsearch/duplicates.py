"""The same text in two places, and the same id for two texts: each is told while articles come in.

Knows articles only; what becomes of a copy is the build's affair.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle

# "No." may answer what two files are named after; from here on two texts are not alike by chance.
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
        names = fingerprints(article)
        known = next((self._ids[name] for name in names if name in self._ids), None)
        if known is not None:
            return known
        if article.id in self._paths:
            raise UnreadableArticle(
                article.path,
                f"its id '{article.id}' is also that of {self._paths[article.id]}",
                "Give one of them another id.",
            )
        self._paths[article.id] = article.path
        self._ids |= dict.fromkeys(names, article.id)
        return None

    def path_of(self, article_id: str) -> str:
        """The place of an article that was taken."""
        return self._paths[article_id]


def fingerprints(article: Article) -> list[bytes]:
    """Name the text under its title, whatever their white space: under another title it answers other questions.

    A title that is only the file's name is one that another copy of a longer text need not have.
    """
    words = article.text.split()
    unnamed = article.title == PurePosixPath(article.path).stem and len(words) >= _WORDS_OF_ITS_OWN
    titles = [article.title, *([""] if unnamed else [])]
    texts = (" ".join([*title.split(), "\n", *words]) for title in titles)
    return [hashlib.sha256(text.encode()).digest() for text in texts]
