"""Draft: the next generation.

Owns the promise that a generation is complete or does not exist: it is written beside those in use, flushed, read back,
and then published by renaming a small pointer. Articles go into its files as they come, so that a build needs no more
memory for many than for few.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from healthsearch.arrays import Matrix, SentenceVectors
from healthsearch.article import Article
from healthsearch.article_store import ArticleStore
from healthsearch.article_store_writer import ArticleStoreWriter
from healthsearch.article_tables import ARTICLE_STORE
from healthsearch.corpus import SourceFile
from healthsearch.errors import HealthSearchError, UnreadableArticle
from healthsearch.files import digests, flush, names
from healthsearch.generation import Generation, is_whole
from healthsearch.index_folder import GENERATIONS, Pointer
from healthsearch.manifest import MANIFEST, EncoderSpec, Skipped, generation_name, manifest_text, rules
from healthsearch.passages import Passage
from healthsearch.rows import RowWriter, mapped
from healthsearch.vectors import EXACT_UP_TO, SKETCH, Sketch, Vectors, mean
from healthsearch.vectors import writer as vectors_writer
from healthsearch.words import DOCUMENTS
from healthsearch.words_writer import WordsWriter

_DRAFT = ".draft"
_DAMAGED = ".damaged"
# Articles whose vectors and words are taken over together, at most.
_LONGEST_RUN = 2_000


class Draft:
    """A generation being written. Use it in a ``with`` block: what is not published is removed."""

    def __init__(
        self,
        index: Path,
        encoder: EncoderSpec,
        previous: Generation | None = None,
        exact_up_to: int = EXACT_UP_TO,
    ) -> None:
        """``previous``: the generation that articles may be taken from, made by the same rules.

        ``exact_up_to``: how many passages there may be before their nearest are looked for by a sketch.
        """
        self._index = index
        self._encoder = encoder
        self._previous = previous
        self._exact_up_to = exact_up_to
        self._folder = index / GENERATIONS / _DRAFT
        self._digest = hashlib.sha256()
        self._skipped: dict[str, Skipped] = {}
        # Of the previous generation's articles, by row: which are taken over; those that ``_end_run`` does next.
        self._taken_over = np.zeros(len(previous.article_vectors) if previous else 0, np.bool_)
        self._run = range(0)
        self.articles = 0

    def __enter__(self) -> Draft:
        # A killed build leaves its draft behind; only the holder of the lock comes here.
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        dimension = self._encoder.dimension
        with ExitStack() as ends:
            # On a full disk no file can even be closed; then most of all the folder must go.
            ends.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self._writers = ends.enter_context(ExitStack())
            earlier = self._previous.folder / ARTICLE_STORE if self._previous else None
            article_store = ArticleStoreWriter(self._folder / ARTICLE_STORE, earlier)
            self._article_store = self._writers.enter_context(closing(article_store))
            self._vectors = self._writers.enter_context(closing(vectors_writer(self._folder, dimension)))
            articles = self._folder / "article_vectors.npy"
            self._article_vectors = self._writers.enter_context(closing(RowWriter(articles, np.float32, (dimension,))))
            sentences = self._folder / "sentences.npy"
            self._sentences = self._writers.enter_context(closing(RowWriter(sentences, np.int8, (dimension,))))
            earlier_words = (self._previous.words.vocabulary, self._previous.spellings) if self._previous else ({}, {})
            self._words = self._writers.enter_context(closing(WordsWriter(self._folder, *earlier_words)))
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

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
        self._end_run()
        self._article_store.add(article, file, passages, keys)
        self._words.add(article, passages)
        self._vectors.add(vectors)
        self._article_vectors.add(mean(vectors)[None, :])
        self._sentences.add(sentences)
        self._count(article.id, file)

    def take_over(self, row: int, article_id: str, file: SourceFile) -> int:
        """Add the article of this row of the previous generation, whose file has not changed, with all that is known.

        Returns how many passages it has.
        """
        if self._previous is None:
            raise ValueError("there is no generation to take articles from")
        if row != self._run.stop or len(self._run) == _LONGEST_RUN:
            self._end_run()
            self._run = range(row, row)
        self._run = range(self._run.start, row + 1)
        passages, sentences = self._previous.rows_of(range(row, row + 1))
        self._article_store.take_over(row, file, passages, sentences)
        self._count(article_id, file)
        self._taken_over[row] = True
        return len(passages)

    def _end_run(self) -> None:
        """Write the vectors and words of articles that stand one after the other in the previous generation."""
        articles, self._run = self._run, range(0)
        if self._previous is None or not articles:
            return
        passages, sentences = self._previous.rows_of(articles)
        self._vectors.add(self._previous.vectors.matrix[passages.start : passages.stop])
        self._article_vectors.add(self._previous.article_vectors[articles.start : articles.stop])
        self._sentences.add(self._previous.sentences[sentences.start : sentences.stop])
        self._words.take_over(self._previous.words_of(articles))

    def _count(self, article_id: str, file: SourceFile) -> None:
        self._digest.update(f"{article_id}\0{file.path}\0{file.digest}\n".encode())
        self.articles += 1

    def add_copy(self, first: str, file: SourceFile, copy: str, place: str) -> None:
        """Note that the text of the article ``first`` stands in this file too, where its id would be ``copy``."""
        self._article_store.add_copy(first, file, copy, place)
        self._digest.update(f"{copy}\0{file.path}\0{file.digest}\0{first}\n".encode())

    def skip(self, file: SourceFile, problem: UnreadableArticle) -> None:
        """Note a file of which something could not become an article."""
        skipped = self._skipped.setdefault(file.path, Skipped(file.digest, []))
        skipped.problems.append((problem.place, problem.cause, problem.remedy))

    def publish(self) -> Generation:
        """Flush, read back and publish; returns the generation, opened from its files."""
        self._end_run()
        self._leave_out()
        self._writers.close()
        self._write_sketch()
        self._words.finish()
        for path in self._folder.rglob("*"):
            flush(path)
        with closing(ArticleStore(self._folder / ARTICLE_STORE)) as article_store:
            articles, passages, sentences = article_store.counts()
        postings = {name: len(mapped(self._folder / name / DOCUMENTS)) for name in ("words", "article_words")}
        manifest = {
            **rules(),
            "encoder": asdict(self._encoder),
            "articles_digest": self._digest.hexdigest(),
            "skipped": {path: asdict(skipped) for path, skipped in self._skipped.items()},
            "counts": {"articles": articles, "passages": passages, "sentences": sentences, **postings},
            "files": digests(self._folder, names(self._folder)),
        }
        file = self._folder / MANIFEST
        file.write_text(manifest_text(manifest), encoding="utf-8")
        flush(file)
        flush(self._folder)
        name = generation_name(manifest)
        Generation(self._folder, name, compare=False).close()
        return self._put_in_place(name)

    def _leave_out(self) -> None:
        """Tell what of the previous generation has not been taken over."""
        if self._previous is not None:
            for row in np.flatnonzero(~self._taken_over).tolist():
                stored = self._previous.article_store.whole_article_at(row)
                self._words.leave_out(stored.article, [each.passage for each in stored.passages])

    def _write_sketch(self) -> None:
        """Where there are many vectors."""
        vectors = Vectors.open(self._folder, self._encoder.dimension, sketched=False)
        if len(vectors) > self._exact_up_to:
            Sketch.of(vectors.matrix).to_bytes().tofile(self._folder / SKETCH)

    def _put_in_place(self, name: str) -> Generation:
        home = self._index / GENERATIONS
        target = home / name
        # Of the same content: one that is whole serves on, perhaps to a search at this moment.
        if not is_whole(target):
            if target.exists():
                shutil.rmtree(home / _DAMAGED, ignore_errors=True)
                target.rename(home / _DAMAGED)
            self._folder.rename(target)
            flush(home)
        before = next((old for old in self._served() if old != name and self._was_whole(old)), None)
        Pointer(name, before, datetime.now(UTC).isoformat()).write(self._index)
        for old in home.iterdir():
            if old.name not in (name, before):
                shutil.rmtree(old, ignore_errors=True)
        return Generation(target, compare=False)

    def _was_whole(self, name: str) -> bool:
        """Whether a generation can be fallen back on; that from which articles are taken was read as it was opened."""
        if self._previous is not None and self._previous.name == name:
            return True
        return is_whole(self._index / GENERATIONS / name)

    def _served(self) -> list[str]:
        """The generations that the pointer names, the one in use first."""
        try:
            return Pointer.read(self._index).generations
        except HealthSearchError:
            return []
