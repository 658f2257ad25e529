"""Marks: the sentence of a passage that answers, and the cautions that limit it.

Marks the article's own words or nothing; whether a passage answers at all is for ``judge``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from healthsearch.passages import Passage, Span
from healthsearch.sentences import without_list_marker
from healthsearch.words import words

Scores = npt.NDArray[np.float32]

# How much the share of the question's words counts beside the cosine; from 0.3 to 1.2 it makes no difference.
_WORD_WEIGHT = 0.5
# A passage full of warnings would be all marks; the nearest to the answer are the ones that limit it.
_MOST_CAUTIONS = 2

_PROFESSIONAL = r"(?:doctor|midwife|pharmacist|surgeon|prescriber|nurse|physician)"
_CAUTION = re.compile(
    r"\b(?:"
    # what must not be done
    r"do not|don['’]t|never|must not|should not|shouldn['’]t|avoid|contraindicated"
    r"|not (?:be )?(?:safe|suitable|recommended|advised|suited|for everyone)"
    # what can harm
    r"|unsafe|dangerous|harmful|overdose|can be fatal"
    # what needs somebody else first
    rf"|unless (?:a|your|the) {_PROFESSIONAL}"
    rf"|only (?:after|if|when|under|with|on)\b.{{0,60}}\b(?:{_PROFESSIONAL}|diagnosis|advice|supervision)"
    rf"|(?:see|ask|tell|call|contact|speak to|talk to|check with) (?:a|your|the) (?:{_PROFESSIONAL}|local emergency)"
    r"|emergency (?:department|number|services)"
    r")\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """``passage.text[start:end]`` and what it is to the question."""

    start: int
    end: int
    kind: Literal["answer", "caution"]


def mark(passage: Passage, cosines: Scores, question: Mapping[str, float]) -> list[Mark]:
    """The answering sentence and up to two cautions next to it, in reading order.

    ``cosines`` are those of the question with the passage's n sentences; ``question`` holds the weight of
    each of the question's index words. An answer that is itself a caution is marked as the answer.
    """
    if not passage.sentences:
        return []
    scores = cosines + _WORD_WEIGHT * np.array(
        [coverage(question, passage.text[start:end]) for start, end in passage.sentences], dtype=np.float32
    )
    best = int(np.argmax(scores))
    cautions = [
        number
        for number, (start, end) in enumerate(passage.sentences)
        if number != best and is_caution(passage.text[start:end])
    ]
    nearest = sorted(cautions, key=lambda number: (abs(number - best), number < best))[:_MOST_CAUTIONS]
    marks = [_mark(passage, passage.sentences[best], "answer")]
    marks += [_mark(passage, passage.sentences[number], "caution") for number in nearest]
    return sorted(marks, key=lambda found: found.start)


def coverage(question: Mapping[str, float], text: str) -> float:
    """The share, by weight, of the question's index words that stand in the text; 0.0 for no words."""
    total = sum(question.values())
    found = set(words(text))
    return sum(weight for word, weight in question.items() if word in found) / total if total else 0.0


def is_caution(sentence: str) -> bool:
    """Whether the sentence warns, forbids or sends to a professional.

    >>> is_caution("Do not drive."), is_caution("Massage relaxes the muscles.")
    (True, False)
    """
    return _CAUTION.search(sentence) is not None


def _mark(passage: Passage, span: Span, kind: Literal["answer", "caution"]) -> Mark:
    start, end = span
    return Mark(without_list_marker(passage.text, start, end), end, kind)


def pieces_of(text: str, marks: Sequence[Mark]) -> list[tuple[str, Mark | None]]:
    """The text in pieces, each with its mark or None, for whoever draws it.

    >>> pieces_of("Rest. Then walk.", [Mark(6, 16, "answer")])[0]
    ('Rest. ', None)
    """
    pieces: list[tuple[str, Mark | None]] = []
    at = 0
    for found in marks:
        pieces += [(text[at : found.start], None), (text[found.start : found.end], found)]
        at = found.end
    pieces.append((text[at:], None))
    return [piece for piece in pieces if piece[0]]
