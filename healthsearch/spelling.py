"""Corrects typing errors in a question from the articles' own words.

Never silent: every ``Correction`` is part of the answer and must be shown. Words known to the articles or to an English
word list are unchanged; so are numbers, short words, and words that are close to no other.
The only import of pyspellchecker (its word list; MIT) and of rapidfuzz (edit distances; MIT).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

from healthsearch.words import HYPHENED

# Words on either side of a hyphen are parts of terms ("intra-articular") and are not corrected.
_WORD = re.compile(r"(?<![-\w])[^\W\d_]+(?:['’][^\W\d_]+)*(?![-\w])")
# Words as spelt in the articles.
_LETTERS = re.compile(r"[^\W\d_]{2,}")
# Shorter words are one edit away from too many others.
_SHORTEST = 4
# From this length on two edits are allowed, if the length differs by at most one letter: names of different medicines,
# such as prednisone and prednisolone, may be two edits apart.
_LONG = 10
# One edit apart, and opposites: neither is ever read as the other.
_OPPOSITES = (("hypo", "hyper"), ("intra", "inter"), ("ab", "ad"), ("brady", "tachy"))


@dataclass(frozen=True, slots=True)
class Correction:
    """A word of the question as typed and as read."""

    typed: str
    read_as: str


def spellings(text: str) -> list[str]:
    """The words of the text as spelt, in lower case; of "X-ray" both parts of two letters or more, and "xray"."""
    folded = text.casefold()
    return _LETTERS.findall(folded) + ["".join(parts) for parts in HYPHENED.findall(folded)]


class Speller:
    """Corrects questions to one corpus, given its folded words with their counts."""

    def __init__(self, corpus: Mapping[str, int]) -> None:
        self._corpus = corpus
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(corpus):
            self._by_length[len(word)].append(word)

    def correct(self, question: str) -> tuple[str, tuple[Correction, ...]]:
        """The question as read, and its corrections.

        >>> Speller({"gout": 9, "spinach": 2}).correct("is spinich bad for gowt?")[0]
        'is spinach bad for gout?'
        """
        corrected: dict[str, str] = {}

        def mended(match: re.Match[str]) -> str:
            nearest = self._nearest(match[0].casefold(), match[0])
            if nearest is None:
                return match[0]
            corrected[match[0]] = nearest
            return nearest

        text = _WORD.sub(mended, question)
        return text, tuple(Correction(typed, read_as) for typed, read_as in corrected.items())

    def _nearest(self, word: str, typed: str) -> str | None:
        """The most likely intended corpus word; None if the word is known or nothing is close."""
        if len(word) < _SHORTEST or not word.isascii() or not word.isalpha() or typed.isupper():
            return None
        if word in self._corpus or word in _english():
            return None
        near = [
            (slips, candidate)
            for length in (len(word) - 1, len(word), len(word) + 1)
            for candidate, slips, _ in process.extract(
                word,
                self._by_length.get(length, ()),
                scorer=OSA.distance,
                score_cutoff=2 if len(word) >= _LONG else 1,
                limit=None,
            )
            if not _opposite(word, candidate)
        ]
        return min(near, key=lambda pair: self._unlikeliness(word, *pair))[1] if near else None

    def _unlikeliness(self, word: str, slips: float, candidate: str) -> tuple[float, bool, bool, int, str]:
        """Fewer edits first; then words with the same beginning; then those with only a missing letter."""
        letters = iter(candidate)
        only_missing = all(letter in letters for letter in word)
        return slips, candidate[0] != word[0], not only_missing, -self._corpus[candidate], candidate


@cache
def _english() -> frozenset[str]:
    """English words, so that a correct word missing from the articles is not taken for an error."""
    return frozenset(SpellChecker(language="en").word_frequency.dictionary)


def _opposite(word: str, other: str) -> bool:
    return any(
        (word.startswith(one) and other.startswith(two)) or (word.startswith(two) and other.startswith(one))
        for one, two in _OPPOSITES
    )
