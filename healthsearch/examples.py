"""Questions to begin with: titles of the articles that are short, plain questions."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 46
# Only letters and the plainest marks are let through, so that a title can stand on a button whose text is interpreted.
_PLAIN_QUESTION = re.compile(r"[^\W\d_][^\W_]*(?:,? [^\W_]+(?:[-'’][^\W_]+)*)+ ?\?")


def examples(titles: Iterable[str], count: int) -> list[str]:
    """Up to ``count`` of the titles that are such questions, all different, spread over the order given.

    >>> examples(["What is gout?", "Rest", "What is gout?", "How to sleep?"], 4)
    ['What is gout?', 'How to sleep?']
    """
    different = dict.fromkeys(titles)
    short = [title for title in different if _PLAIN_QUESTION.fullmatch(title) and len(title) <= _LONGEST]
    return short[:: max(1, len(short) // count)][:count] if count else []
