"""Two passages of an answer that must be read together: what one says, the other denies or limits.

Only the sentences that are marked as answers are compared, so that a person sees both side by side and decides. Made
for precision, as the notes it rests on are: see ``polarity`` and ``cautions``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from healthsearch.cautions import is_caution
from healthsearch.words import words

Kind = Literal["opposite", "limit"]
# What points the other way was found by the question's own words. With a single word in common, warnings on other
# subjects stood beside what they do not limit.
_SHARED: dict[Kind, int] = {"opposite": 1, "limit": 2}


@dataclass(frozen=True, slots=True)
class Said:
    """The marked sentence of a hit, by the hit's rank; ``opposite``: whether it is noted as pointing the other way."""

    rank: int
    sentence: str
    opposite: bool


@dataclass(frozen=True, slots=True)
class Contrast:
    """The ranks of two hits: ``against`` denies (``opposite``) or limits (``limit``) what ``along`` says."""

    along: int
    against: int
    kind: Kind


def contrast(question: str, told: Iterable[Said]) -> Contrast | None:
    """The best-ranked two of an answer's sentences that deny or limit each other; None when there are no such.

    Both must be about the same of what is asked: share index words of the question, as many as ``_SHARED`` says.
    """
    # What ends with a colon says nothing without the list that it begins.
    ordered = sorted((one for one in told if not one.sentence.rstrip().endswith(":")), key=lambda one: one.rank)
    plain = [one for one in ordered if not one.opposite and not is_caution(one.sentence)]
    denying = [one for one in ordered if one.opposite]
    limiting = [one for one in ordered if not one.opposite and is_caution(one.sentence)]
    asked = set(words(question))
    for other in (*denying, *limiting):
        for one in plain:
            kind: Kind = "opposite" if other.opposite else "limit"
            if len(asked & set(words(one.sentence)) & set(words(other.sentence))) >= _SHARED[kind]:
                return Contrast(one.rank, other.rank, kind)
    return None
