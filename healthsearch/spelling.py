"""Typing slips in a question, mended from the articles' own words.

Never silent: whoever shows an answer shows ``Correction`` beside it. A word that the articles or an
English word list know stays as it is; so do numbers, short words, and words that are near no other.
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

# Words on either side of a hyphen are parts of terms ("intra-articular"), and are left alone.
_WORD = re.compile(r"(?<![-\w])[^\W\d_]+(?:['’][^\W\d_]+)*(?![-\w])")
# Words as the articles spell them.
_LETTERS = re.compile(r"[^\W\d_]{2,}")
# Shorter words lie one slip apart from too many others.
_SHORTEST = 4
# From this length on two slips are forgiven, if the word keeps its length but for one letter: names of
# different medicines, such as prednisone and prednisolone, lie closer than that.
_LONG = 10
# One slip apart, and opposites: neither is ever read as the other.
_OPPOSITES = (("hypo", "hyper"), ("intra", "inter"), ("ab", "ad"), ("brady", "tachy"))


@dataclass(frozen=True, slots=True)
class Correction:
    """A word of the question as it was typed, and as it was read."""

    typed: str
    read_as: str


def spellings(text: str) -> list[str]:
    """The words of the text as they are spelt, in small letters."""
    return _LETTERS.findall(text.casefold())


class Speller:
    """Mends questions to one corpus, whose folded words and their counts it is given."""

    def __init__(self, corpus: Mapping[str, int]) -> None:
        self._corpus = corpus
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(corpus):
            self._by_length[len(word)].append(word)

    def correct(self, question: str) -> tuple[str, tuple[Correction, ...]]:
        """The question as read, and what was changed in it.

        >>> Speller({"gout": 9, "spinach": 2}).correct("is spinich bad for gowt?")[0]
        'is spinach bad for gout?'
        """
        found: dict[str, str] = {}

        def mended(match: re.Match[str]) -> str:
            nearest = self._nearest(match[0].casefold(), match[0])
            if nearest is None:
                return match[0]
            found[match[0]] = nearest
            return nearest

        text = _WORD.sub(mended, question)
        return text, tuple(Correction(typed, read_as) for typed, read_as in found.items())

    def _nearest(self, word: str, typed: str) -> str | None:
        """The corpus word that was most likely meant; None when the word is known, or nothing is near."""
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
        """Fewer slips first; then words that begin alike; then those of which only a letter is missing."""
        letters = iter(candidate)
        only_missing = all(letter in letters for letter in word)
        return slips, candidate[0] != word[0], not only_missing, -self._corpus[candidate], candidate


@cache
def _english() -> frozenset[str]:
    """English words, so that a word which the articles happen not to use is not taken for a slip."""
    return frozenset(SpellChecker(language="en").word_frequency.dictionary)


def _opposite(word: str, other: str) -> bool:
    return any(
        (word.startswith(one) and other.startswith(two)) or (word.startswith(two) and other.startswith(one))
        for one, two in _OPPOSITES
    )
