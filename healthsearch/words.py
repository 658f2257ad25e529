"""Search by words: the only import of bm25s, and of the stemmer.

BM25 (Robertson & Zaragoza 2009, in Lucene's variant) with every score computed at build time. Chosen by
benchmarks/lexical_engines.py. What a word is, is decided here and nowhere else; a question is only ever
a bag of words, so no operator of any query language exists in it.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import bm25s
import numpy as np
import numpy.typing as npt
import Stemmer

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

# Names the analysis and the weights below in the manifest; raise it when they change.
ANALYSIS = "english-5"
_K1 = 1.2
_B = 0.75
# Titles and other names say what an article is about: they count as if they stood this often.
_NAME_WEIGHT = 2

# A number keeps its decimals ("2.5") and stands apart from its unit ("10mg" is "10 mg"); a word keeps its inner
# apostrophe until the stemmer drops it.
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+(?:'[^\W_]+)*")
# "X-ray" is also found as "xray", and the other way round.
_HYPHENED = re.compile(r"(?<![\w-])([^\W\d_]+)[-‐‑]([^\W\d_]+)(?![\w-])")
# Scripts written without spaces: each character is a word of its own.
_UNSPACED = re.compile(r"[぀-ヿ㐀-䶿一-鿿豈-﫿฀-๿]")
_STOP_WORDS = frozenset(
    "a about all also am an and any are as at be been being but by can could did do does doing for from had has"
    " have having he her hers him his how i if in into is it its itself just me my myself of on or our ours out"
    " over she should so some such than that the their theirs them then there these they this those through to"
    " too up us very was we were what when where which while who whom why will with would you your yours".split()
)
_stemmer = Stemmer.Stemmer("english")
# The stemmer keeps "pregnancy" apart from "pregnant", and "infancy" from "infant".
_NOUN = re.compile(r"(?<=.{3})anc(?:y|ies)$")


def words(text: str) -> list[str]:
    """The text's index words, in order: folded, without accents and stop words, stemmed.

    >>> words("Can massages (2.5 hours) help a slipped disc?")
    ['massag', '2.5', 'hour', 'help', 'slip', 'disc']
    """
    plain = text.casefold().replace("’", "'")
    if not plain.isascii():
        folded = unicodedata.normalize("NFKD", plain)
        plain = _UNSPACED.sub(r" \g<0> ", "".join(char for char in folded if not unicodedata.combining(char)))
    return [_stem(word) for word in _WORD.findall(_HYPHENED.sub(_joined, plain)) if word not in _STOP_WORDS]


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    return str(_stemmer.stemWord(_NOUN.sub("ant", word)))


def _joined(match: re.Match[str]) -> str:
    return f"{match[1]} {match[2]} {match[1]}{match[2]}"


def has_words(text: str) -> bool:
    """Whether there is anything in the text to search by, stop words included."""
    return _WORD.search(text) is not None


def highest(scores: Scores, k: int) -> Rows:
    """The rows of the ``k`` highest scores above 0, best first, ties by row.

    >>> highest(np.array([0, 2, 1, 2], np.float32), 3).tolist()
    [1, 3, 2]
    """
    found = np.flatnonzero(scores > 0)
    if k < len(found):
        # A million scores are parted in a tenth of the time that sorting them takes.
        least = np.partition(scores[found], len(found) - k)[len(found) - k]
        found = found[scores[found] >= least]
    return found[np.argsort(-scores[found], kind="stable")][:k]


class Words:
    """The word index of n documents, numbered from 0 in the order given."""

    def __init__(self, index: bm25s.BM25) -> None:
        self._index = index
        self._postings = np.diff(index.scores["indptr"])

    @classmethod
    def of(cls, documents: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Words:
        """Index documents, each given as the index words of (its names: title, headings, other names; its text)."""
        vocabulary: dict[str, int] = {}
        numbered = []
        for names, text in documents:
            index_words = (*itertools.chain.from_iterable([names] * _NAME_WEIGHT), *text)
            numbered.append([vocabulary.setdefault(word, len(vocabulary)) for word in index_words])
        # bm25s gives this id to questions and documents without any known word.
        vocabulary.setdefault("", len(vocabulary))
        index = bm25s.BM25(method="lucene", k1=_K1, b=_B)
        with np.errstate(invalid="ignore", divide="ignore"):
            # Documents without any word at all have an average length of nothing.
            index.index((numbered, vocabulary), create_empty_token=False, show_progress=False)
        return cls(index)

    @classmethod
    def load(cls, folder: Path) -> Words:
        """Open what ``save`` wrote; the big arrays stay on disk until a question needs them."""
        return cls(bm25s.BM25.load(folder, mmap=True))

    def save(self, folder: Path) -> None:
        """Write the index; the same documents give the same bytes."""
        self._index.save(folder, show_progress=False)

    def __len__(self) -> int:
        return int(self._index.scores["num_docs"])

    @property
    def vocabulary(self) -> Mapping[str, int]:
        """The number of every index word."""
        vocabulary: dict[str, int] = self._index.vocab_dict
        return vocabulary

    def scores(self, terms: Sequence[str]) -> Scores:
        """For every document, by row, its BM25 score as a share of the best that any document could have.

        ``terms`` are a question's index words. From 0.0, where none is shared, to below 1.0. A word that no
        document has makes all shares smaller.
        """
        ids = [self._index.vocab_dict[term] for term in terms if term in self._index.vocab_dict]
        if not ids:
            return np.zeros(len(self), np.float32)
        weights = self.weights(terms)
        # In Lucene's variant a word's score approaches its weight, however often it stands in a document.
        best = sum(weights[term] for term in terms)
        return np.asarray(self._index.get_scores_from_ids(ids) / best, dtype=np.float32)

    def weights(self, terms: Sequence[str]) -> dict[str, float]:
        """How much each distinct index word tells: BM25's inverse document frequency, unknown words included."""
        weights = {}
        for term in dict.fromkeys(terms):
            known = self._index.vocab_dict.get(term)
            count = 0 if known is None else int(self._postings[known])
            weights[term] = math.log(1 + (len(self) - count + 0.5) / (count + 0.5))
        return weights
