"""Fusion: one score from what a passage means and the words it shares with the question, at three levels.

A passage answers when one of its sentences does, when it is about the same thing as a whole, and when its article
is. Each level is measured by meaning and by words, all on absolute scales, and the measures are added. Sums of
scores keep how much better the first passage is than the second, which ranks forget (after Bruch, Gai & Ingber,
"An analysis of fusion functions for hybrid retrieval", ACM TOIS 42(1), 2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from healthsearch.arrays import Held, Rows, Scores

# How much the words of a sentence count beside its meaning.
SENTENCE_WORDS = 0.5
# One setting for all collections, set with benchmarks/ranking.py so that none of the development sets falls far below
# what weights of its own would give it.
WEIGHTS: Mapping[str, float] = {
    "sentence": 0.75,
    "passage": 0.2,
    "article": 0.2,
    "passage_words": 0.1,
    "article_words": 0.3,
    "name_words": 0.15,
}


class Measurable(Protocol):
    """Passages, by row, with what the measures are made of: a generation, or records fetched from another store."""

    def weights(self, terms: Sequence[str]) -> Mapping[str, float]:
        """How much each distinct index word tells among all passages, unknown words included."""
        ...

    def sentence_counts(self, rows: Rows) -> Rows:
        """For each of the named passages how many sentences it has: one at least."""
        ...

    def words_held(self, rows: Rows, terms: Sequence[str]) -> tuple[Held, Held]:
        """Which of the index words the named passages' names have, (n, terms), and which each of their sentences."""
        ...

    def article_scores(self, rows: Rows, terms: Sequence[str]) -> Scores:
        """For each of the named passages its article's BM25 score as a share of the best possible."""
        ...

    def sentence_cosines(self, query: Scores, rows: Rows) -> Scores:
        """The cosines of the query with every sentence of the named passages, passage after passage."""
        ...

    def passage_cosines(self, query: Scores, rows: Rows) -> Scores:
        """The cosines of the query with the named passages."""
        ...

    def article_cosines(self, query: Scores, rows: Rows) -> Scores:
        """For each of the named passages, the cosine of the query with its article: the mean of all its passages."""
        ...


@dataclass(frozen=True, slots=True)
class Measures:
    """What is known of n passages and a question, each a column of n numbers up to 1.

    ``sentence``: the best sentence's cosine and half its share of the question's words, over their maximum.
    ``passage``, ``article``: cosines. ``passage_words``, ``name_words``: the share of the question's words, by
    weight, that the passage or its names have, and that its names alone have: title, headings, other names.
    ``article_words``: the article's BM25 score as a share of the best possible.
    """

    sentence: Scores
    passage: Scores
    article: Scores
    passage_words: Scores
    article_words: Scores
    name_words: Scores


@dataclass(frozen=True, slots=True)
class WordMeasures:
    """What the question's words say of n passages: the measures of that name, and the share of every sentence.

    ``sentences``: a number for each sentence of the passages, one passage's after the other's; ``firsts``: at which
    of them each passage begins.
    """

    sentences: Scores
    firsts: Rows
    passage_words: Scores
    article_words: Scores
    name_words: Scores


def measure_words(passages: Measurable, rows: Rows, terms: Sequence[str]) -> WordMeasures:
    """Measure the named passages against a question's index words."""
    weights = passages.weights(terms)
    share = np.array(list(weights.values()), np.float32) / sum(weights.values())
    names, sentences = passages.words_held(rows, list(weights))
    counts = passages.sentence_counts(rows)
    firsts = np.cumsum(counts) - counts
    held = names | np.logical_or.reduceat(sentences, firsts)
    return WordMeasures(
        sentences=sentences @ share,
        firsts=firsts,
        passage_words=held @ share,
        article_words=passages.article_scores(rows, terms),
        name_words=names @ share,
    )


def measure(passages: Measurable, rows: Rows, query: Scores, terms: Sequence[str]) -> Measures:
    """Measure the named passages against a question's vector and its index words."""
    held = measure_words(passages, rows, terms)
    scores = passages.sentence_cosines(query, rows) + SENTENCE_WORDS * held.sentences
    return Measures(
        sentence=np.asarray(np.maximum.reduceat(scores, held.firsts) / (1 + SENTENCE_WORDS), np.float32),
        passage=passages.passage_cosines(query, rows),
        article=passages.article_cosines(query, rows),
        passage_words=held.passage_words,
        article_words=held.article_words,
        name_words=held.name_words,
    )


def fuse(measures: Measures, weights: Mapping[str, float] = WEIGHTS) -> Scores:
    """The weighted mean of the measures: scores up to 1 of n passages, for ordering, higher is better."""
    total = sum(weight * getattr(measures, name) for name, weight in weights.items())
    return np.asarray(total / sum(weights.values()), dtype=np.float32)
