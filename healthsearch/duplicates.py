"""Detects the same text in two places and the same id for two texts, article by article.

The build decides what happens to a duplicate.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle

# Short texts ("No.") may be equal by coincidence; texts from this length on are not.
_WORDS_OF_ITS_OWN = 50


class Register:
    """The articles added so far, by id and by text."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}
        self._ids: dict[bytes, str] = {}

    def first_with_text(self, article: Article) -> str | None:
        """Add the article; if its text is known already, return the id of the article that has it instead.

        Raises UnreadableArticle if another text has its id.
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
        """The path of an article added before."""
        return self._paths[article_id]


def fingerprints(article: Article) -> list[bytes]:
    """Digests of the text with its title, ignoring white space; under another title it answers other questions.

    A title that is only the file's name may differ in a copy of a longer text.
    """
    words = article.text.split()
    unnamed = article.title == PurePosixPath(article.path).stem and len(words) >= _WORDS_OF_ITS_OWN
    titles = [article.title, *([""] if unnamed else [])]
    texts = (" ".join([*title.split(), "\n", *words]) for title in titles)
    return [hashlib.sha256(text.encode()).digest() for text in texts]
