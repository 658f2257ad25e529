"""Marks: the sentence of a passage that answers, and the cautions that limit it.

Only words of the article are marked; ``judge`` decides whether a passage answers at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from healthsearch.arrays import Scores
from healthsearch.cautions import is_caution
from healthsearch.passages import Passage, Span
from healthsearch.sentences import without_list_marker
from healthsearch.words import words

# The weight of the share of the question's words against the cosine: higher than in ranking, because all sentences of
# a passage are about the same subject.
_WORDS = 1.0
# In a passage full of warnings everything would be marked; those nearest to the question limit its answer.
_MOST_CAUTIONS = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """``passage.text[start:end]`` and its role for the question."""

    start: int
    end: int
    kind: Literal["answer", "caution"]


def mark(passage: Passage, cosines: Scores, question: Mapping[str, float]) -> list[Mark]:
    """The answering sentence and up to two cautions, in reading order.

    ``cosines`` are those of the question with the passage's n sentences; ``question`` holds the weight of
    each of the question's index words. An answer that is itself a caution is marked as the answer.
    """
    if not passage.sentences:
        return []
    shares = [word_share(question, passage.text[start:end]) for start, end in passage.sentences]
    scores = cosines + _WORDS * np.array(shares, dtype=np.float32)
    best = int(np.argmax(scores))
    cautions = [number for number in cautions_of(passage) if number != best]
    nearest = sorted(cautions, key=lambda number: -scores[number])[:_MOST_CAUTIONS]
    marks = [_mark(passage, passage.sentences[best], "answer")]
    marks += [_mark(passage, passage.sentences[number], "caution") for number in nearest]
    return sorted(marks, key=lambda mark: mark.start)


def cautions_of(passage: Passage) -> list[int]:
    """The positions of those of the passage's sentences that are warnings."""
    return [position for position, (start, end) in enumerate(passage.sentences) if is_caution(passage.text[start:end])]


def word_share(question: Mapping[str, float], text: str) -> float:
    """The share, by weight, of the question's index words that the text contains; 0.0 for no words."""
    total = sum(question.values())
    contained = set(words(text))
    return sum(weight for word, weight in question.items() if word in contained) / total if total else 0.0


def _mark(passage: Passage, span: Span, kind: Literal["answer", "caution"]) -> Mark:
    start, end = span
    return Mark(without_list_marker(passage.text, start, end), end, kind)


def pieces_of(text: str, marks: Sequence[Mark]) -> list[tuple[str, Mark | None]]:
    """The text in pieces, each with its mark or None, for display.

    >>> pieces_of("Rest. Then walk.", [Mark(6, 16, "answer")])[0]
    ('Rest. ', None)
    """
    pieces: list[tuple[str, Mark | None]] = []
    at = 0
    for mark in marks:
        pieces += [(text[at : mark.start], None), (text[mark.start : mark.end], mark)]
        at = mark.end
    pieces.append((text[at:], None))
    return [piece for piece in pieces if piece[0]]
