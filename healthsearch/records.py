"""What a search measures of passages that were fetched from a store, by the same arithmetic as for a generation.

A generation reads its measures from arrays of all its passages. Another store gives the candidates of a question, each
with its vectors and its words; here they take the place of those arrays. Both give the same measures.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import numpy as np

from healthsearch.arrays import Held, Matrix, Rows, Scores
from healthsearch.article import Article
from healthsearch.passages import Passage, names
from healthsearch.quantisation import dequantised
from healthsearch.storage import ArticleRecord, GenerationFacts, Record, WholeArticle
from healthsearch.vectors import mean
from healthsearch.words import K1, NAME_WEIGHT, B, weight, words
from healthsearch.words_writer import title_words


def digest_of(whole: WholeArticle) -> str:
    """SHA-256 of an article's content as a store keeps it. The keys of its passages stand for their vectors."""
    passages = [asdict(passage) for passage in whole.passages]
    copies = [asdict(copied) for copied in whole.copies]
    what = (asdict(whole.article), whole.path, whole.digest, passages, list(whole.keys), copies)
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def passage_words(article: Article, passage: Passage) -> tuple[str, ...]:
    """The index words of a passage's names and of each of its sentences, as ``Record`` holds them."""
    pieces = [names(article, passage), *(passage.text[start:end] for start, end in passage.sentences)]
    return tuple(f" {' '.join(words(piece))} " for piece in pieces)


def article_record(whole: WholeArticle, of_passages: Iterable[tuple[str, ...]]) -> ArticleRecord:
    """What is measured of an article, from the ``passage_words`` of its passages."""
    counts = Counter(word for _, *sentences in of_passages for piece in sentences for word in piece.split())
    for word in title_words(whole.article):
        counts[word] += NAME_WEIGHT
    told = "".join(f" {word}:{count}" for word, count in counts.items())
    return ArticleRecord(whole.article.id, mean(whole.vectors), f"{told} ", counts.total())


def records_of(whole: WholeArticle, first: int) -> list[Record]:
    """The article's passages as records, the first of them with the row ``first``."""
    of_passages = [passage_words(whole.article, passage) for passage in whole.passages]
    article = article_record(whole, of_passages)
    ends = np.cumsum([len(passage.sentences) for passage in whole.passages])
    sentences = np.split(np.asarray(whole.sentences), ends[:-1])
    return [
        Record(first + at, at, article, whole.vectors[at], sentences[at], of_passages[at])
        for at in range(len(whole.passages))
    ]


class RecordSet:
    """Some records of a store, by row, as ``fusion.Measurable``; the facts are the store's."""

    def __init__(self, facts: GenerationFacts, records: Mapping[int, Record]) -> None:
        self._facts = facts
        self._records = records

    def weights(self, terms: Sequence[str]) -> dict[str, float]:
        """See ``fusion.Measurable``."""
        return weights(self._facts, terms)

    def sentence_counts(self, rows: Rows) -> Rows:
        """See ``fusion.Measurable``."""
        return np.array([len(record.sentences) for record in self._of(rows)], np.int64)

    def words_held(self, rows: Rows, terms: Sequence[str]) -> tuple[Held, Held]:
        """See ``fusion.Measurable``."""
        wanted = [f" {term} " for term in terms]
        held = [[[term in piece for term in wanted] for piece in record.words] for record in self._of(rows)]
        names = [pieces[0] for pieces in held]
        sentences = [piece for pieces in held for piece in pieces[1:]]
        # A question of stop words has no terms.
        shapes = [(len(pieces), len(terms)) for pieces in (names, sentences)]
        return np.array(names, np.bool_).reshape(shapes[0]), np.array(sentences, np.bool_).reshape(shapes[1])

    def article_scores(self, rows: Rows, terms: Sequence[str]) -> Scores:
        """See ``fusion.Measurable``; the formula is that of ``postings``."""
        holding, count = self._facts.holding, self._facts.articles
        of_words = {term: weight(holding.get(term, (0, 0))[1], count) for term in terms}
        best = max(sum(of_words[term] for term in terms), 1e-9)
        articles = {record.article.id: record.article for record in self._of(rows)}
        scores = {}
        for name, article in articles.items():
            slowness = K1 * (1 - B + B * article.length / max(self._facts.article_length, 1e-9))
            counted = ((of_words[term], article.count(term)) for term in terms if term in holding)
            scores[name] = sum(each * (held / (slowness + held)) for each, held in counted if held) / best
        return np.array([scores[record.article.id] for record in self._of(rows)], np.float32)

    def sentence_cosines(self, query: Scores, rows: Rows) -> Scores:
        """See ``fusion.Measurable``."""
        return self._cosines(query, [dequantised(record.sentences) for record in self._of(rows)])

    def passage_cosines(self, query: Scores, rows: Rows) -> Scores:
        """See ``fusion.Measurable``."""
        return self._cosines(query, [record.vector[None, :] for record in self._of(rows)])

    def article_cosines(self, query: Scores, rows: Rows) -> Scores:
        """See ``fusion.Measurable``."""
        return self._cosines(query, [record.article.vector[None, :] for record in self._of(rows)])

    def _of(self, rows: Rows) -> list[Record]:
        return [self._records[row] for row in rows.tolist()]

    def _cosines(self, query: Scores, vectors: Sequence[Matrix]) -> Scores:
        return np.asarray(np.concatenate([*vectors, np.zeros((0, len(query)), np.float32)]) @ query, np.float32)


def weights(facts: GenerationFacts, terms: Sequence[str]) -> dict[str, float]:
    """How much each distinct index word tells among all passages, unknown words included."""
    return {term: weight(facts.holding.get(term, (0, 0))[0], facts.passages) for term in dict.fromkeys(terms)}
