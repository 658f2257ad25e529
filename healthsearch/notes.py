"""Notes: what a person must be told beside a hit. One account, which page, Markdown, terminal and JSON all tell.

The search makes them once; ``wording.note`` puts each into a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from healthsearch.article import Article
from healthsearch.newer import is_old
from healthsearch.passages import Span

NoteKind = Literal["opposite", "caution", "old", "superseded", "copies"]


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to be told of a passage of ``article``, or of the whole article.

    ``opposite``: the question asks for what the marked sentence forbids. ``caution``: a warning of the same section
    stands outside of the passage, at ``span`` of the article's text. ``old``: the article's review or publication is
    years ago. ``superseded``: ``newer`` covers the same subject. ``copies``: the text is also in other places.
    """

    kind: NoteKind
    article: Article
    span: Span | None = None
    newer: Article | None = None

    @property
    def quote(self) -> str:
        """The article's own words that belong to the note; empty where there are none."""
        return self.article.text[slice(*self.span)] if self.span else ""


def of_passage(article: Article, *, opposite: bool, cautions: Iterable[Span]) -> tuple[Note, ...]:
    """The notes of a passage itself; ``cautions``: warnings that stand outside of it."""
    told = [Note("opposite", article)] if opposite else []
    return (*told, *(Note("caution", article, span=span) for span in cautions))


def of_article(article: Article, newer: Article | None, today: date) -> tuple[Note, ...]:
    """The notes of the article as a whole, which hold for each of its passages."""
    told = [Note("old", article)] if is_old(article, today) else []
    told += [Note("superseded", article, newer=newer)] if newer else []
    return (*told, Note("copies", article)) if article.also_at else tuple(told)
