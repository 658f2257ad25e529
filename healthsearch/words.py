"""Search by words: the only import of the stemmer.

BM25 (Robertson & Zaragoza 2009, Lucene's variant) with all scores computed at build time, as in bm25s (Lù 2024,
arXiv:2407.03618); benchmarks/lexical_engines.py compares alternatives. Word analysis is defined here only. A question
is a bag of words; there are no query operators.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import Stemmer

from healthsearch.arrays import Rows, Scores
from healthsearch.rows import mapped

# Names the analysis and the weights below in the manifest; raise it when they change.
ANALYSIS = "english-6"
K1 = 1.2
B = 0.75
# Titles and other names say what an article is about, so they count this many times.
NAME_WEIGHT = 2
# The files of an index: the start of each word's postings, and the document and score of each posting.
STARTS, DOCUMENTS, SCORES = "starts.npy", "documents.npy", "scores.npy"

# A number keeps its decimals ("2.5") and stands apart from its unit ("10mg" is "10 mg"); a word keeps its inner
# apostrophe until the stemmer drops it.
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+(?:'[^\W_]+)*")
# "X-ray" is also found as "xray" and vice versa.
HYPHENED = re.compile(r"(?<![\w-])([^\W\d_]+)[-‐‑]([^\W\d_]+)(?![\w-])")
# "10,000" is "10000"; "2,5" is a decimal.
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d|,\d)")
# Else folding would make one number of the figures of "5½", and of "10⁵". "CO₂" is "CO2", and "m²" is "m2".
_RAISED = re.compile(r"[¼-¾⅐-⅟↉]|(?<=\d)[²³¹⁰⁴-⁹]+")
# Scripts without spaces: each character is a word.
_UNSPACED = re.compile(r"[぀-ヿ㐀-䶿一-鿿豈-﫿฀-๿]")
_STOP_WORDS = frozenset(
    "a about all also am an and any are as at be been being but by can could did do does doing for from had has"
    " have having he her hers him his how i if in into is it its itself just me my myself of on or our ours out"
    " over she should so some such than that the their theirs them then there these they this those through to"
    " too up us very was we were what when where which while who whom why will with would you your yours".split()
)
_stemmer = Stemmer.Stemmer("english")
# The stemmer does not unite "pregnancy" with "pregnant", or "infancy" with "infant".
_NOUN = re.compile(r"(?<=.{3})anc(?:y|ies)$")


def words(text: str) -> list[str]:
    """The index words of the text, in order: folded, without accents and stop words, stemmed.

    >>> words("Can massages (2.5 hours) help a slipped disc?")
    ['massag', '2.5', 'hour', 'help', 'slip', 'disc']
    """
    plain = text.casefold().replace("’", "'")
    if not plain.isascii():
        folded = unicodedata.normalize("NFKD", _RAISED.sub(r" \g<0> ", plain))
        plain = _UNSPACED.sub(r" \g<0> ", "".join(char for char in folded if not unicodedata.combining(char)))
    plain = HYPHENED.sub(_joined, _GROUPED.sub(_ungrouped, plain))
    return [_stem(word) for word in _WORD.findall(plain) if word not in _STOP_WORDS]


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    return str(_stemmer.stemWord(_NOUN.sub("ant", word)))


def _joined(match: re.Match[str]) -> str:
    return f"{match[1]} {match[2]} {match[1]}{match[2]}"


def _ungrouped(match: re.Match[str]) -> str:
    return match[0].replace(",", "")


def has_words(text: str) -> bool:
    """Whether the text has any words, stop words included."""
    return _WORD.search(text) is not None


def highest(scores: Scores, k: int) -> Rows:
    """The rows of the ``k`` highest scores above 0, best first, ties by row.

    >>> highest(np.array([0, 2, 1, 2], np.float32), 3).tolist()
    [1, 3, 2]
    """
    rows = np.flatnonzero(scores > 0)
    if k < len(rows):
        # Partitioning a million scores takes a tenth of the time of sorting them.
        least = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
        rows = rows[scores[rows] >= least]
    return rows[np.argsort(-scores[rows], kind="stable")][:k]


class Words:
    """The word index of n documents, numbered from 0: for each word the documents that have it, and its scores there.

    ``known``: how many different words there are; ``postings``: how many pairs of a word and a document that has it.
    """

    def __init__(self, folder: Path, vocabulary: Mapping[str, int], count: int) -> None:
        """Open it; the big arrays stay on disk until a question needs them. ``count``: how many documents there are."""
        self.vocabulary = vocabulary
        self._count = count
        self._starts: Rows = np.load(folder / STARTS)
        self._documents: npt.NDArray[np.int32] = mapped(folder / DOCUMENTS)
        self._scores: Scores = mapped(folder / SCORES)
        self.known, self.postings = len(self._starts) - 1, int(self._starts[-1])
        if not len(self._documents) == len(self._scores) == self.postings:
            raise ValueError("the word index is cut off")

    def __len__(self) -> int:
        return self._count

    def scores(self, terms: Sequence[str]) -> Scores:
        """For every document, by row, its BM25 score as a share of the best that any document could have.

        ``terms`` are a question's index words. From 0.0, where none is shared, to below 1.0. A word that no
        document has makes all shares smaller.
        """
        scores = np.zeros(len(self), np.float32)
        numbers = [self.vocabulary[term] for term in terms if term in self.vocabulary]
        if not numbers:
            return scores
        weights = self.weights(terms)
        # In Lucene's variant a word's score approaches its weight, however often it occurs in a document.
        best = sum(weights[term] for term in terms)
        for number in numbers:
            postings = self._postings_of(number)
            scores[self._documents[postings]] += self._scores[postings]
        return np.asarray(scores / best, dtype=np.float32)

    def holding(self, terms: Iterable[str], least: int) -> Rows:
        """The rows of the documents that have at least ``least``, one or more, of these distinct index words."""
        counts = np.zeros(len(self), np.int32)
        for term in terms:
            if term in self.vocabulary:
                counts[self._documents[self._postings_of(self.vocabulary[term])]] += 1
        return np.flatnonzero(counts >= least)

    def holding_counts(self) -> list[int]:
        """For each word of the vocabulary, by number, how many documents have it."""
        counts: list[int] = np.diff(self._starts).tolist()
        return counts

    def weights(self, terms: Sequence[str]) -> dict[str, float]:
        """How much each distinct index word tells: BM25's inverse document frequency, unknown words included."""
        weights = {}
        for term in dict.fromkeys(terms):
            number = self.vocabulary.get(term)
            holding = 0 if number is None else int(self._starts[number + 1] - self._starts[number])
            weights[term] = weight(holding, len(self))
        return weights

    def _postings_of(self, number: int) -> slice:
        """Where the postings of a word stand, by its number in the vocabulary."""
        return slice(self._starts[number], self._starts[number + 1])


def weight(holding: int, count: int) -> float:
    """The inverse document frequency of a word that ``holding`` of ``count`` documents have."""
    return math.log(1 + (count - holding + 0.5) / (holding + 0.5))
