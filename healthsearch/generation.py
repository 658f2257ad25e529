"""Generation: one complete, immutable build of the index; and the pointer to the one in use.

Owns the alignment: row i of the vectors, document i of the words and passage i of the article store are the same
passage, and this is checked whenever a generation is opened. ``draft`` writes it.

    index/current.json                 the pointer: which generation is in use, and which came before
    index/encoder/                     the encoder as exported for this machine (see ``graph``)
    index/generations/NAME/            manifest.json  store.sqlite  spellings.json  vocabulary.json
                                       vectors.faiss  sentences.npy  article_vectors.npy  sketch.faiss
                                       coverage/  words/  article_words/
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from healthsearch import projection
from healthsearch.arrays import Held, Matrix, Rows, SentenceVectors
from healthsearch.article_store import ArticleStore
from healthsearch.article_tables import ARTICLE_STORE
from healthsearch.coverage import Coverage, runs
from healthsearch.errors import BUILD_COMMAND, HealthSearchError, NoIndex, UnreadableArticle
from healthsearch.files import digests, read_text, write_atomically
from healthsearch.filters import Facets
from healthsearch.passages import SPLITTING, TARGET_TOKENS
from healthsearch.readers import READING
from healthsearch.rows import mapped
from healthsearch.vectors import SKETCH, Vectors
from healthsearch.words import ANALYSIS, Words

# Raise it when the files of a generation change shape; older indexes are then built anew, never misread.
FORMAT = 5
ENCODERS = "encoder"
_POINTER = "current.json"
GENERATIONS = "generations"
_FOLDER = re.compile(r"[\w-]+")
_REBUILD = f"Build it again: {BUILD_COMMAND}"
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


class Damaged(HealthSearchError):
    """A generation's files are not what was published."""


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """The encoder as the manifest names it; ``passage_digest`` is that of ``Encoder.passage_digest``."""

    name: str
    digest: str
    passage_digest: str
    dimension: int
    limit: int
    precision: str


def rules() -> dict[str, object]:
    """What, besides articles and encoder, decides the content of a generation."""
    return {
        "format": FORMAT,
        "reading": READING,
        "splitting": SPLITTING,
        "passage_tokens": TARGET_TOKENS,
        "analysis": ANALYSIS,
    }


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file of which something could not become an article: its digest, and (place, cause, remedy) of each."""

    digest: str
    problems: list[tuple[str, str, str]]

    def told(self) -> list[UnreadableArticle]:
        """The problems as they were told."""
        return [UnreadableArticle(*problem) for problem in self.problems]


@dataclass(frozen=True, slots=True)
class Pointer:
    """The content of ``current.json``; ``published`` is a time in UTC, in ISO 8601."""

    generation: str
    previous: str | None
    published: str

    @classmethod
    def read(cls, index: Path) -> Pointer:
        """The pointer of this index. Raises NoIndex when nothing was published, HealthSearchError when unreadable."""
        file = index / _POINTER
        try:
            values = json.loads(read_text(file))
            generation, previous = str(values["generation"]), values["previous"]
            pointer = cls(generation, None if previous is None else str(previous), str(values["published"]))
            if not all(_FOLDER.fullmatch(name) for name in (generation, pointer.previous) if name is not None):
                raise ValueError("no name of a generation")
            return pointer
        except FileNotFoundError:
            raise NoIndex(index, "there is no index yet", f"Build it: {BUILD_COMMAND}") from None
        except (OSError, RecursionError, ValueError, KeyError, TypeError) as error:
            raise HealthSearchError(file, f"the pointer cannot be read ({type(error).__name__})", _REBUILD) from None

    def write(self, index: Path) -> None:
        """Publish: searches see the old pointer or this one, nothing between."""
        write_atomically(index / _POINTER, json.dumps(asdict(self), indent=1))


class Generation:
    """An opened generation. Its parts are safe to read from many threads.

    ``name`` is what its manifest must amount to: the folder's own name, except for a draft's. ``compare``: whether its
    files are read and compared with their digests; needless only just after they were.
    """

    def __init__(self, folder: Path, name: str | None = None, *, compare: bool = True) -> None:
        self.folder = folder
        self.name = name or folder.name
        self.manifest = _read_manifest(folder, self.name)
        try:
            if compare:
                _check_files(folder, self.manifest)
            self.encoder = EncoderFacts(**self.manifest["encoder"])
            self.skipped = {path: Skipped(**told) for path, told in self.manifest["skipped"].items()}
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
                self.spellings = _read_numbers(folder / "spellings.json")
                self._check_alignment(articles, passages, sentences)
                self.article_rows = self.article_store.article_rows()
                self._first_sentences = np.append(self.article_store.first_sentences(), len(self.sentences))
                failing.pop_all()
        except _UNREADABLE as error:
            raise Damaged(folder, f"the index cannot be read ({error})", _REBUILD) from None

    def _check_alignment(self, articles: int, passages: int, sentences: int) -> None:
        counts = self.manifest["counts"]
        found = {"articles": articles, "passages": passages, "sentences": sentences}
        found |= {"words": self.words.postings, "article_words": self.article_words.postings}
        same = passages == len(self.vectors) and sentences == len(self.sentences)
        same = same and articles == len(self.article_vectors) and passages + sentences == len(self.coverage)
        same = same and self.words.known == self.article_words.known == len(self.words.vocabulary)
        if not same or found != counts or self.vectors.dimension != self.encoder.dimension:
            raise Damaged(self.folder, "the parts of the index do not belong together", _REBUILD)

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

    def weights(self, terms: Sequence[str]) -> dict[str, float]:
        """How much each distinct index word tells among all passages, unknown words included."""
        return self.words.weights(terms)

    def sentence_vectors(self, first: int, count: int) -> Matrix:
        """The unit vectors of ``count`` sentences, from row ``first``, as kept in a byte a dimension."""
        return unit_rows(self.sentences[first : first + count])

    def sentence_runs(self, rows: Rows) -> tuple[Rows, Rows]:
        """For each of the named passages, the row of its first sentence, and how many it has: one at least."""
        starts = self._first_sentences[rows]
        return starts, self._first_sentences[rows + 1] - starts

    def sentence_counts(self, rows: Rows) -> Rows:
        """For each of the named passages, how many sentences it has: one at least."""
        return self.sentence_runs(rows)[1]

    def sentence_cosines(self, query: Matrix, rows: Rows) -> Matrix:
        """The cosines of the query with every sentence of the named passages, passage after passage."""
        vectors = self.sentences[runs(*self.sentence_runs(rows))].astype(np.float32)
        # One division a sentence, not one a dimension.
        return np.asarray((vectors @ query) / _lengths(vectors), dtype=np.float32)

    def passage_cosines(self, query: Matrix, rows: Rows) -> Matrix:
        """The cosines of the query with the named passages."""
        return self.vectors.scores(query, rows)

    def article_cosines(self, query: Matrix, rows: Rows) -> Matrix:
        """For each of the named passages, the cosine of the query with its article: the mean of all its passages."""
        return np.asarray(self.article_vectors[self.article_rows[rows]] @ query, dtype=np.float32)

    def article_scores(self, rows: Rows, terms: Sequence[str]) -> Matrix:
        """For each of the named passages its article's BM25 score as a share of the best possible."""
        return self.article_words.scores(terms)[self.article_rows[rows]]

    def near_articles(self, row: int, among: Rows, cosine: float) -> Rows:
        """Of the articles in these rows those that are at least so near to another one: the cosine of both means."""
        near: Rows = among[self.article_vectors[among] @ self.article_vectors[row] >= cosine]
        return near

    def article_cosine(self, one: int, other: int) -> float:
        """The cosine of two articles' means, by their rows."""
        return float(self.article_vectors[one] @ self.article_vectors[other])

    def words_held(self, rows: Rows, terms: Sequence[str]) -> tuple[Held, Held]:
        """Which of the index words the named passages' names have, (n, terms), and which each of their sentences."""
        numbers = self.words.vocabulary
        known = [place for place, term in enumerate(terms) if term in numbers]
        starts, counts = self.sentence_runs(rows)
        # A passage's names stand in one row before its sentences, so every passage before adds one.
        names, sentences = np.zeros((len(rows), len(terms)), bool), np.zeros((int(counts.sum()), len(terms)), bool)
        wanted = [numbers[terms[place]] for place in known]
        names[:, known] = self.coverage.held(starts + rows, wanted)
        sentences[:, known] = self.coverage.held(runs(starts + rows + 1, counts), wanted)
        return names, sentences

    def close(self) -> None:
        """Let go of the files."""
        self.article_store.close()


def unit_rows(rows: SentenceVectors) -> Matrix:
    """The unit vectors of sentences kept in a byte a dimension; zeros stay zeros."""
    scaled = rows.astype(np.float32)
    return np.asarray(scaled / _lengths(scaled)[:, None], dtype=np.float32)


def _lengths(scaled: Matrix) -> Matrix:
    """The length of every row; 1 for a row of zeros, which stays one."""
    return np.asarray(np.maximum(np.sqrt(np.einsum("ij,ij->i", scaled, scaled)), 1.0), dtype=np.float32)


def open_generation(index: Path) -> tuple[Generation, HealthSearchError | None]:
    """The generation in use; or, when it is damaged, the one before it, and what is wrong.

    Raises NoIndex when none was ever published, HealthSearchError when none can be opened.
    """
    pointer = Pointer.read(index)
    try:
        return Generation(index / GENERATIONS / pointer.generation), None
    except HealthSearchError as fault:
        if Pointer.read(index) != pointer:
            # Builds that were published while it was being read have cleaned it away.
            return open_generation(index)
        if pointer.previous is not None:
            try:
                return Generation(index / GENERATIONS / pointer.previous), fault
            except HealthSearchError:
                pass
        raise fault from None


def model_of(index: Path) -> str | None:
    """The model that the index in use was made with, by its manifest alone; None when there is none to read."""
    try:
        generation = Pointer.read(index).generation
        return str(_read_manifest(index / GENERATIONS / generation, generation)["encoder"]["name"])
    except (HealthSearchError, KeyError, TypeError):
        return None


def fault_of_fallback(index: Path) -> HealthSearchError | None:
    """What is wrong with the generation that would serve if the one in use were damaged; None where there is none.

    Raises as ``Pointer.read`` does.
    """
    pointer = Pointer.read(index)
    if pointer.previous is None:
        return None
    try:
        Generation(index / GENERATIONS / pointer.previous).close()
    except HealthSearchError as fault:
        # A build that was published while it was being read has cleaned it away.
        return fault if Pointer.read(index) == pointer else fault_of_fallback(index)
    return None


def name_of(manifest: dict[str, Any]) -> str:
    """The name of a generation: a digest of all that it is."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]


def manifest_text(manifest: dict[str, Any]) -> str:
    """What its file holds."""
    return json.dumps(manifest, indent=1)


def is_whole(folder: Path) -> bool:
    """Whether this is a generation that can be opened."""
    try:
        Generation(folder).close()
    except HealthSearchError:
        return False
    return True


def _read_manifest(folder: Path, name: str) -> dict[str, Any]:
    file = folder / "manifest.json"
    try:
        text = read_text(file)
        manifest: dict[str, Any] = json.loads(text)
        made_by = manifest["format"]
    except (OSError, RecursionError, ValueError, KeyError, TypeError):
        raise Damaged(file, "the index's manifest is missing or cannot be read", _REBUILD) from None
    if made_by != FORMAT:
        raise HealthSearchError(
            file, f"the index has format {made_by}, and this version reads format {FORMAT}", _REBUILD
        )
    if name_of(manifest) != name or manifest_text(manifest) != text:
        raise Damaged(file, "the index's manifest has changed since it was published", _REBUILD)
    return manifest


def _check_files(folder: Path, manifest: dict[str, Any]) -> None:
    for name, digest in digests(folder, list(manifest["files"].keys())).items():
        if digest is None:
            raise Damaged(folder / name, "a file of the index is missing or cannot be read", _REBUILD)
        if digest != manifest["files"][name]:
            raise Damaged(folder / name, "a file of the index has changed since it was published", _REBUILD)


def _read_numbers(file: Path) -> dict[str, int]:
    numbers: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
    return numbers
