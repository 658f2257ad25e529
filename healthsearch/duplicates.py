"""Detects the same text in two places and the same id for two texts, article by article.

The build decides what happens to a duplicate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import PurePosixPath

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle

# Short texts ("No.") may be equal by coincidence; texts from this length on are not.
_WORDS_OF_ITS_OWN = 50


class Register:
    """The articles added so far, by id and by text."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def first_with_text(self, article_id: str, path: str, names: Sequence[str]) -> str | None:
        """Add an article with these ``fingerprints``; if its text is known, return the id of the one that has it.

        Raises UnreadableArticle if another text has its id.
        """
        known = next((self._ids[name] for name in names if name in self._ids), None)
        if known is not None:
            return known
        if article_id in self._paths:
            raise UnreadableArticle(
                path,
                f"its id '{article_id}' is also that of {self._paths[article_id]}",
                "Give one of them another id.",
            )
        self._paths[article_id] = path
        self._ids |= dict.fromkeys(names, article_id)
        return None

    def path_of(self, article_id: str) -> str:
        """The path of an article added before."""
        return self._paths[article_id]


def fingerprints(article: Article) -> list[str]:
    """Digests of the text with its title, ignoring white space; under another title it answers other questions.

    A title that is only the file's name may differ in a copy of a longer text.
    """
    words = article.text.split()
    unnamed = article.title == PurePosixPath(article.path).stem and len(words) >= _WORDS_OF_ITS_OWN
    titles = [article.title, *([""] if unnamed else [])]
    texts = (" ".join([*title.split(), "\n", *words]) for title in titles)
    return [hashlib.sha256(text.encode()).hexdigest() for text in texts]
