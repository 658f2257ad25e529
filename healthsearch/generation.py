"""Generation: one complete, immutable build of the index; and the pointer to the one in use.

Owns the alignment: row i of the vectors, document i of the words and passage i of the store are the same
passage, and this is checked whenever a generation is opened. Owns the promise that a generation is complete
or does not exist: it is written beside, flushed, read back, and then published by renaming a small pointer.

    index/current.json                 the pointer: which generation is in use, and which came before
    index/encoder/                     the encoder as exported for this machine (see ``graph``)
    index/generations/NAME/            manifest.json  store.sqlite  vectors.faiss  sentences.npy
                                       words/  article_words/  coverage/  spellings.json  map.npy
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from healthsearch import projection
from healthsearch.article import Article
from healthsearch.corpus import SourceFile
from healthsearch.coverage import Coverage, Rows, runs
from healthsearch.errors import HealthSearchError, NoIndex, UnreadableArticle
from healthsearch.filters import Facets
from healthsearch.journal import SentenceVectors
from healthsearch.passages import SPLITTING, TARGET_TOKENS, Passage, names
from healthsearch.spelling import spellings
from healthsearch.store import Store, StoreWriter
from healthsearch.vectors import Matrix, Vectors
from healthsearch.words import ANALYSIS, Words, words

Held = npt.NDArray[np.bool_]

# Raise it when the files of a generation change shape; older indexes are then built anew, never misread.
FORMAT = 4
ENCODERS = "encoder"
_POINTER = "current.json"
_GENERATIONS = "generations"
_DRAFT = ".draft"
_DAMAGED = ".damaged"
_FOLDER = re.compile(r"[\w-]+")
_REBUILD = "Build it again: python build_index.py"
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
    return {"format": FORMAT, "splitting": SPLITTING, "passage_tokens": TARGET_TOKENS, "analysis": ANALYSIS}


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
            raise NoIndex(index, "there is no index yet", "Build it: python build_index.py") from None
        except (OSError, RecursionError, ValueError, KeyError, TypeError) as error:
            raise HealthSearchError(file, f"the pointer cannot be read ({type(error).__name__})", _REBUILD) from None

    def write(self, index: Path) -> None:
        """Publish: readers see the old pointer or this one, nothing between."""
        draft = index / f"{_POINTER}{_DRAFT}"
        draft.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        _flush(draft)
        draft.replace(index / _POINTER)
        _flush(index)


class Generation:
    """An opened generation. Its parts are safe to read from many threads.

    ``name`` is what its manifest must amount to: the folder's own name, except for a draft's.
    """

    def __init__(self, folder: Path, name: str | None = None) -> None:
        self.folder = folder
        self.name = name or folder.name
        self.manifest = _read_manifest(folder, self.name)
        try:
            _check_files(folder, self.manifest)
            self.encoder = EncoderFacts(**self.manifest["encoder"])
            self.skipped = {path: Skipped(**told) for path, told in self.manifest["skipped"].items()}
            self.store = Store(folder / "store.sqlite")
            self.vectors = Vectors.from_bytes(np.fromfile(folder / "vectors.faiss", dtype=np.uint8))
            self.sentences: SentenceVectors = np.load(folder / "sentences.npy", mmap_mode="r")
            self.words = Words.load(folder / "words")
            self.article_words = Words.load(folder / "article_words")
            self.coverage = Coverage.load(folder / "coverage")
            self.spellings: dict[str, int] = json.loads((folder / "spellings.json").read_text(encoding="utf-8"))
            self._check_alignment()
            self.article_rows = np.array(self.store.article_rows(), dtype=np.int64)
            self.article_vectors = self.vectors.means(self.article_rows, len(self.article_words))
            self._first_sentences = np.array([*self.store.first_sentences(), len(self.sentences)], dtype=np.int64)
        except _UNREADABLE as error:
            raise Damaged(folder, f"the index cannot be read ({error})", _REBUILD) from None

    def _check_alignment(self) -> None:
        articles, passages, sentences = self.store.counts()
        counts = self.manifest["counts"]
        found = {"articles": articles, "passages": passages, "sentences": sentences}
        same = passages == len(self.vectors) == len(self.words) and sentences == len(self.sentences)
        same = same and articles == len(self.article_words) and passages + sentences == len(self.coverage)
        if not same or found != counts or self.vectors.dimension != self.encoder.dimension:
            raise Damaged(self.folder, "the parts of the index do not belong together", _REBUILD)

    @cached_property
    def facets(self) -> Facets:
        """What the articles can be filtered by."""
        return self.store.facets()

    @cached_property
    def map(self) -> Rows:
        """The passages that are drawn on the map, (n, 3): row, and how far across and down; see ``projection``."""
        return np.asarray(np.load(self.folder / "map.npy"), dtype=np.int64)

    def sentence_vectors(self, first: int, count: int) -> Matrix:
        """The unit vectors of ``count`` sentences, from row ``first``, as kept in a byte a dimension."""
        return _unit_rows(self.sentences[first : first + count])

    def sentence_runs(self, rows: Rows) -> tuple[Rows, Rows]:
        """For each of the named passages, the row of its first sentence, and how many it has: one at least."""
        starts = self._first_sentences[rows]
        return starts, self._first_sentences[rows + 1] - starts

    def sentence_cosines(self, query: Matrix, rows: Rows) -> Matrix:
        """The cosines of the query with every sentence of the named passages, passage after passage."""
        vectors = self.sentences[runs(*self.sentence_runs(rows))].astype(np.float32)
        # One division a sentence, not one a dimension.
        return np.asarray((vectors @ query) / _lengths(vectors), dtype=np.float32)

    def article_cosines(self, query: Matrix, rows: Rows) -> Matrix:
        """For each of the named passages, the cosine of the query with its article: the mean of all its passages."""
        return np.asarray(self.article_vectors[self.article_rows[rows]] @ query, dtype=np.float32)

    def near_articles(self, rows: Sequence[int], cosine: float) -> list[Rows]:
        """For each of these articles the rows of the others that are at least so near: the cosine of both means."""
        cosines = self.article_vectors @ self.article_vectors[list(rows)].T
        cosines[list(rows), np.arange(len(rows))] = -1
        return [np.flatnonzero(near >= cosine) for near in cosines.T]

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
        self.store.close()


def _unit_rows(rows: SentenceVectors) -> Matrix:
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
        return Generation(index / _GENERATIONS / pointer.generation), None
    except HealthSearchError as fault:
        if pointer.previous is not None:
            try:
                return Generation(index / _GENERATIONS / pointer.previous), fault
            except HealthSearchError:
                pass
        raise fault from None


class Draft:
    """A generation being written. Use it in a ``with`` block: what is not published is removed."""

    def __init__(self, index: Path, encoder: EncoderFacts) -> None:
        self._index = index
        self._encoder = encoder
        self._folder = index / _GENERATIONS / _DRAFT
        self._vectors: list[Matrix] = []
        self._sentences: list[SentenceVectors] = []
        self._digest = hashlib.sha256()
        self._skipped: dict[str, Skipped] = {}
        self.articles = 0

    def __enter__(self) -> Draft:
        # A killed build leaves its draft behind; only the holder of the lock comes here.
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._store = StoreWriter(self._folder / "store.sqlite")
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(
        self,
        article: Article,
        file: SourceFile,
        passages: Sequence[Passage],
        keys: Sequence[str],
        vectors: Matrix,
        sentences: SentenceVectors,
    ) -> None:
        """Add an article of this file: its passages, their keys and (n, dimension) vectors, those of its sentences."""
        count = sum(len(passage.sentences) for passage in passages)
        if not len(passages) == len(keys) == len(vectors) or len(sentences) != count:
            raise ValueError(f"{article.id!r}: {len(passages)} passages, {len(vectors)} vectors, {count} sentences")
        self._store.add(article, file, passages, keys)
        self._vectors.append(np.asarray(vectors, dtype=np.float32))
        self._sentences.append(np.asarray(sentences, dtype=np.int8))
        self._digest.update(f"{article.id}\0{file.path}\0{file.digest}\n".encode())
        self.articles += 1

    def add_copy(self, first: str, file: SourceFile, copy: str, place: str) -> None:
        """Note that the text of the article ``first`` stands in this file too, where its id would be ``copy``."""
        self._store.add_copy(first, file, copy, place)
        self._digest.update(f"{copy}\0{file.path}\0{file.digest}\0{first}\n".encode())

    def skip(self, file: SourceFile, problem: UnreadableArticle) -> None:
        """Note a file of which something could not become an article."""
        told = self._skipped.setdefault(file.path, Skipped(file.digest, []))
        told.problems.append((problem.place, problem.cause, problem.remedy))

    def publish(self) -> Generation:
        """Write, flush, read back and publish; returns the generation, opened from its files."""
        self._store.close()
        dimension = self._encoder.dimension
        matrix = np.concatenate([*self._vectors, np.empty((0, dimension), np.float32)])
        Vectors.of(matrix).to_bytes().tofile(self._folder / "vectors.faiss")
        drawn = projection.drawn(len(matrix))
        np.save(self._folder / "map.npy", np.column_stack([drawn, projection.project(matrix[drawn])]))
        np.save(self._folder / "sentences.npy", np.concatenate([*self._sentences, np.empty((0, dimension), np.int8)]))
        store = Store(self._folder / "store.sqlite")
        _write_words(store, self._folder)
        articles, passages, sentences = store.counts()
        store.close()
        manifest = {
            **rules(),
            "encoder": asdict(self._encoder),
            "articles_digest": self._digest.hexdigest(),
            "skipped": {path: asdict(skipped) for path, skipped in self._skipped.items()},
            "counts": {"articles": articles, "passages": passages, "sentences": sentences},
            "files": {path.relative_to(self._folder).as_posix(): _sha256(path) for path in _files(self._folder)},
        }
        (self._folder / "manifest.json").write_text(_manifest_text(manifest), encoding="utf-8")
        for path in (*_files(self._folder), *_folders(self._folder), self._folder):
            _flush(path)
        name = _name(manifest)
        Generation(self._folder, name).close()
        return self._put_in_place(name)

    def _put_in_place(self, name: str) -> Generation:
        home = self._index / _GENERATIONS
        target = home / name
        # Of the same content: one that is whole serves on, perhaps to a reader at this moment.
        if not _is_whole(target):
            if target.exists():
                shutil.rmtree(home / _DAMAGED, ignore_errors=True)
                target.rename(home / _DAMAGED)
            self._folder.rename(target)
            _flush(home)
        before = next((old for old in self._served() if old != name and _is_whole(home / old)), None)
        Pointer(name, before, datetime.now(UTC).isoformat()).write(self._index)
        for old in home.iterdir():
            if old.name not in (name, before):
                shutil.rmtree(old, ignore_errors=True)
        return Generation(target)

    def _served(self) -> list[str]:
        """The generations that the pointer names, the one in use first."""
        try:
            pointer = Pointer.read(self._index)
        except HealthSearchError:
            return []
        return [name for name in (pointer.generation, pointer.previous) if name]


def read_text(file: Path) -> str:
    """The text of a file of an index; OSError for what may never end, such as a device that a link leads to."""
    if file.exists() and not file.is_file():
        raise OSError(f"{file} is no file")
    return file.read_text(encoding="utf-8")


def _write_words(store: Store, folder: Path) -> None:
    """Everything that is found by words, from one analysis of the articles."""
    passages, articles, pieces = [], [], []
    spelt: Counter[str] = Counter()
    # Every word once in memory, however often it stands in the articles.
    known: dict[str, str] = {}

    def once(text: str) -> list[str]:
        return [known.setdefault(word, word) for word in words(text)]

    for article, stored_passages, _ in store.whole_articles():
        whole: list[str] = []
        headings: set[str] = set()
        for stored in stored_passages:
            passage = stored.passage
            of_names = once(names(article, passage))
            of_sentences = [once(passage.text[start:end]) for start, end in passage.sentences]
            text = list(itertools.chain.from_iterable(of_sentences))
            passages.append((of_names, text))
            pieces += [of_names, *of_sentences]
            whole += text
            headings.update(passage.headings)
            spelt.update(spellings(passage.text))
        titles = "\n".join((article.title, *article.also_called))
        articles.append((once(titles), whole))
        spelt.update(spellings("\n".join((titles, *sorted(headings)))))
    by_passage = Words.of(passages)
    by_passage.save(folder / "words")
    Words.of(articles).save(folder / "article_words")
    (folder / "coverage").mkdir()
    Coverage.of(pieces, by_passage.vocabulary).save(folder / "coverage")
    (folder / "spellings.json").write_text(
        json.dumps(dict(sorted(spelt.items())), ensure_ascii=False), encoding="utf-8"
    )


def _name(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]


def _manifest_text(manifest: dict[str, Any]) -> str:
    return json.dumps(manifest, indent=1)


def _is_whole(folder: Path) -> bool:
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
    if _name(manifest) != name or _manifest_text(manifest) != text:
        raise Damaged(file, "the index's manifest has changed since it was published", _REBUILD)
    return manifest


def _check_files(folder: Path, manifest: dict[str, Any]) -> None:
    own = set(_files(folder))
    for name, digest in manifest["files"].items():
        path = folder / name
        try:
            # A manifest from elsewhere could name a device that never ends, or a file of somebody else.
            if path not in own:
                raise FileNotFoundError(path)
            found = _sha256(path)
        except OSError:
            raise Damaged(path, "a file of the index is missing or cannot be read", _REBUILD) from None
        if found != digest:
            raise Damaged(path, "a file of the index has changed since it was published", _REBUILD)


def _files(folder: Path) -> list[Path]:
    """Every file in it, but no link to one."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_dir())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Ask the disk to keep a file, or a folder's list of names where the system can do that."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
