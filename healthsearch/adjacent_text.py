"""The text around a passage, cut where one can start and stop to read.

Knows the article's text and its sentences; nothing of the index and nothing of how it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthsearch.sentences import split_sentences

if TYPE_CHECKING:
    from healthsearch.article import Article
    from healthsearch.passages import Span

# Characters on each side: about a hundred words, enough to see what a quote leans on.
ROOM = 600


def before(article: Article, start: int, room: int = ROOM) -> Span:
    """The stretch of up to ``room`` characters before ``start``, from the beginning of a sentence where it can.

    Without white space around it; empty when there is nothing else.
    """
    first = max(0, start - room)
    sentences = split_sentences(article.text, first, start, article.language)
    if not sentences:
        return start, start
    # The first of several may have lost its beginning.
    whole = sentences[1:] if first > 0 and len(sentences) > 1 else sentences
    return whole[0].start, whole[-1].end


def after(article: Article, end: int, room: int = ROOM) -> Span:
    """The stretch of up to ``room`` characters after ``end``, to the end of a sentence where it can."""
    last = min(len(article.text), end + room)
    sentences = split_sentences(article.text, end, last, article.language)
    if not sentences:
        return end, end
    whole = sentences[:-1] if last < len(article.text) and len(sentences) > 1 else sentences
    return whole[0].start, whole[-1].end
