"""Two passages of an answer that must be read together: what one says, the other denies or limits.

Only the sentences that are marked as answers are compared, so that a person sees both side by side and decides. Made
for precision, as the notes it rests on are: see ``polarity`` and ``cautions``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from healthsearch.cautions import is_caution, is_limit
from healthsearch.words import words

ContrastKind = Literal["opposite", "limit"]
# What points the other way was found by the question's own words. With a single word in common, warnings on other
# subjects stood beside what they do not limit.
_SHARED: dict[ContrastKind, int] = {"opposite": 1, "limit": 2}


@dataclass(frozen=True, slots=True)
class AnsweringSentence:
    """The marked sentence of a hit, by the hit's rank; ``opposite``: whether it is noted as pointing the other way."""

    rank: int
    text: str
    opposite: bool


@dataclass(frozen=True, slots=True)
class Contrast:
    """The ranks of two hits: ``against`` denies (``opposite``) or limits (``limit``) what ``along`` says."""

    along: int
    against: int
    kind: ContrastKind


def contrast(question: str, sentences: Iterable[AnsweringSentence]) -> Contrast | None:
    """The best-ranked two of an answer's sentences that deny or limit each other; None when there are no such.

    Both must be about the same of what is asked: share index words of the question, as many as ``_SHARED`` says.
    """
    # What ends with a colon says nothing without the list that it begins.
    complete = (sentence for sentence in sentences if not sentence.text.rstrip().endswith(":"))
    ranked = sorted(complete, key=lambda sentence: sentence.rank)
    plain = [sentence for sentence in ranked if not sentence.opposite and not is_caution(sentence.text)]
    denying = [sentence for sentence in ranked if sentence.opposite]
    # When to get help limits nothing: signs of an emergency stood against other signs of the same.
    limiting = [sentence for sentence in ranked if not sentence.opposite and is_limit(sentence.text)]
    asked = set(words(question))
    for against in (*denying, *limiting):
        for along in plain:
            kind: ContrastKind = "opposite" if against.opposite else "limit"
            if len(asked & set(words(along.text)) & set(words(against.text))) >= _SHARED[kind]:
                return Contrast(along.rank, against.rank, kind)
    return None
