"""Generation: one complete, immutable build of the index, opened. ``draft`` writes it.

Owns the alignment: row i of the vectors, document i of the words and passage i of the article store are the same
passage, and this is checked whenever a generation is opened.

    manifest.json                                        what made it, and the SHA-256 of every other file
    store.sqlite                                         articles and passages: ``article_store``
    vectors.faiss  sketch.faiss  article_vectors.npy     of passages, and the means of each article's: ``vectors``
    sentences.npy                                        vectors of sentences: ``quantisation``
    words/  article_words/  vocabulary.json              words of passages and of articles: ``words``
    coverage/  titles/                                   words of every sentence, and of every title: ``coverage``
    spellings.json                                       words as they are written: ``spelling``
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import numpy as np

from healthsearch import projection, quantisation
from healthsearch.arrays import Held, Matrix, Rows, SentenceVectors
from healthsearch.article_store import ArticleStore
from healthsearch.article_tables import ARTICLE_STORE
from healthsearch.coverage import ArticleWords, Coverage, runs
from healthsearch.errors import BUILD_AGAIN, HealthSearchError
from healthsearch.filters import Facets
from healthsearch.manifest import Damaged, EncoderSpec, Skipped, check_files, read_manifest
from healthsearch.rows import mapped
from healthsearch.vectors import SKETCH, Vectors
from healthsearch.words import Words

# What comes of files that are sound by their checksums and hold something else than a build writes.
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    sqlite3.Error,
)


class Generation:
    """An opened generation. Its parts are safe to read from many threads.

    ``name`` is what its manifest must amount to: the folder's own name, except for a draft's. ``compare``: whether its
    files are read and compared with their digests; needless only just after they were.
    """

    def __init__(self, folder: Path, name: str | None = None, *, compare: bool = True) -> None:
        self.folder = folder
        self.name = name or folder.name
        self.manifest = read_manifest(folder, self.name)
        try:
            if compare:
                check_files(folder, self.manifest)
            self.encoder = EncoderSpec(**self.manifest["encoder"])
            self.skipped = {path: Skipped(**skipped) for path, skipped in self.manifest["skipped"].items()}
            self.article_store = ArticleStore(folder / ARTICLE_STORE)
            with ExitStack() as failing:
                failing.callback(self.article_store.close)
                sketched = SKETCH in self.manifest["files"]
                self.vectors = Vectors.open(folder, self.encoder.dimension, sketched=sketched)
                self.article_vectors: Matrix = mapped(folder / "article_vectors.npy")
                self.sentences: SentenceVectors = mapped(folder / "sentences.npy")
                vocabulary = _read_numbers(folder / "vocabulary.json")
                articles, passages, sentences = self.article_store.counts()
                self.words = Words(folder / "words", vocabulary, passages)
                self.article_words = Words(folder / "article_words", vocabulary, articles)
                self.coverage = Coverage(folder / "coverage")
                self.titles = Coverage(folder / "titles")
                self.spellings = _read_numbers(folder / "spellings.json")
                self._check_alignment(articles, passages, sentences)
                self.article_rows = self.article_store.article_rows()
                self._first_sentences = np.append(self.article_store.first_sentences(), len(self.sentences))
                failing.pop_all()
        except _UNREADABLE as error:
            raise Damaged(folder, f"the index cannot be read ({error})", BUILD_AGAIN) from None

    def _check_alignment(self, articles: int, passages: int, sentences: int) -> None:
        counts = self.manifest["counts"]
        opened = {"articles": articles, "passages": passages, "sentences": sentences}
        opened |= {"words": self.words.postings, "article_words": self.article_words.postings}
        same = passages == len(self.vectors) and sentences == len(self.sentences)
        same = (
            same
            and articles == len(self.article_vectors) == len(self.titles)
            and passages + sentences == len(self.coverage)
        )
        same = same and self.words.known == self.article_words.known == len(self.words.vocabulary)
        if not same or opened != counts or self.vectors.dimension != self.encoder.dimension:
            raise Damaged(self.folder, "the parts of the index do not belong together", BUILD_AGAIN)

    @cached_property
    def facets(self) -> Facets:
        """What the articles can be filtered by."""
        return self.article_store.facets()

    @cached_property
    def map(self) -> Rows:
        """The passages that are drawn on the map, (n, 3): row, and how far across and down; see ``projection``.

        Made when first asked for: it takes seconds, for which every build would wait.
        """
        drawn = projection.drawn(len(self.vectors))
        return np.column_stack([drawn, projection.project(self.vectors.matrix[drawn])])

    @cached_property
    def _first_passages(self) -> Rows:
        return np.searchsorted(self.article_rows, np.arange(len(self.article_vectors) + 1))

    def rows_of(self, articles: range) -> tuple[range, range]:
        """The rows of all passages, and of all sentences' vectors, of the articles in these rows."""
        first, last = (int(self._first_passages[row]) for row in (articles.start, articles.stop))
        return range(first, last), range(*self._first_sentences[[first, last]].tolist())

    def words_of(self, articles: range) -> ArticleWords:
        """The words of the articles in these rows."""
        passages, sentences = self.rows_of(articles)
        first_passages = self._first_passages[articles.start : articles.stop + 1]
        first_sentences = self._first_sentences[passages.start : passages.stop + 1]
        # See ``words_held`` for the places of the pieces.
        pieces = self.coverage.words(sentences.start + passages.start, sentences.stop + passages.stop)
        titles = self.titles.words(articles.start, articles.stop)
        return ArticleWords(np.diff(first_passages), np.diff(first_sentences) + 1, pieces, titles)

    def weights(self, terms: Sequence[str]) -> dict[str, float]:
        """See ``fusion.Measurable``."""
        return self.words.weights(terms)

    def sentence_runs(self, rows: Rows) -> tuple[Rows, Rows]:
        """For each of the named passages, the row of its first sentence, and how many it has: one at least."""
        starts = self._first_sentences[rows]
        return starts, self._first_sentences[rows + 1] - starts

    def sentence_counts(self, rows: Rows) -> Rows:
        """See ``fusion.Measurable``."""
        return self.sentence_runs(rows)[1]

    def sentence_cosines(self, query: Matrix, rows: Rows) -> Matrix:
        """See ``fusion.Measurable``."""
        return quantisation.cosines(self.sentences[runs(*self.sentence_runs(rows))], query)

    def passage_cosines(self, query: Matrix, rows: Rows) -> Matrix:
        """See ``fusion.Measurable``."""
        return self.vectors.scores(query, rows)

    def article_cosines(self, query: Matrix, rows: Rows) -> Matrix:
        """See ``fusion.Measurable``."""
        return np.asarray(self.article_vectors[self.article_rows[rows]] @ query, dtype=np.float32)

    def article_scores(self, rows: Rows, terms: Sequence[str]) -> Matrix:
        """See ``fusion.Measurable``."""
        return self.article_words.scores(terms)[self.article_rows[rows]]

    def near_articles(self, row: int, among: Rows, cosine: float) -> Rows:
        """Of the articles in these rows those that are at least so near to another one: the cosine of both means."""
        near: Rows = among[self.article_vectors[among] @ self.article_vectors[row] >= cosine]
        return near

    def words_held(self, rows: Rows, terms: Sequence[str]) -> tuple[Held, Held]:
        """See ``fusion.Measurable``."""
        numbers = self.words.vocabulary
        known = [column for column, term in enumerate(terms) if term in numbers]
        starts, counts = self.sentence_runs(rows)
        # A passage's names stand in one row before its sentences, so every passage before adds one.
        names, sentences = np.zeros((len(rows), len(terms)), bool), np.zeros((int(counts.sum()), len(terms)), bool)
        wanted = [numbers[terms[column]] for column in known]
        names[:, known] = self.coverage.held(starts + rows, wanted)
        sentences[:, known] = self.coverage.held(runs(starts + rows + 1, counts), wanted)
        return names, sentences

    def close(self) -> None:
        """Let go of the files."""
        self.article_store.close()


def is_whole(folder: Path) -> bool:
    """Whether this is a generation that can be opened."""
    try:
        Generation(folder).close()
    except HealthSearchError:
        return False
    return True


def _read_numbers(file: Path) -> dict[str, int]:
    numbers: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
    return numbers
