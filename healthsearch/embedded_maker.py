"""Writes the next generation of an index folder article by article, as from another store.

A build writes it by ``Draft`` too, from files.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from healthsearch.corpus import SourceFile
from healthsearch.draft import Draft
from healthsearch.embedded import Embedded, copies_of
from healthsearch.errors import HealthSearchError
from healthsearch.in_use import open_generation
from healthsearch.index_lock import locked
from healthsearch.manifest import EncoderSpec, rules
from healthsearch.storage import GenerationFacts, StoredCopy, WholeArticle


class EmbeddedMaker:
    """See ``storage.Maker``. It begins with the generation in use, if that was made by the same rules and encoder."""

    def __init__(self, index: Path, encoder: EncoderSpec) -> None:
        self._index, self._encoder = index, encoder
        self._begun: Embedded | None = None
        self._gone: set[str] = set()

    def __enter__(self) -> EmbeddedMaker:
        with ExitStack() as ends:
            ends.enter_context(locked(self._index))
            self._begun = self._in_use()
            if self._begun is not None:
                ends.callback(self._begun.generation.close)
            previous = self._begun.generation if self._begun else None
            self._draft = ends.enter_context(Draft(self._index, self._encoder, previous))
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._ends.close()

    def digests(self) -> dict[str, str]:
        """See ``Maker``."""
        return dict(self._begun.digests()) if self._begun else {}

    def upsert(self, articles: Iterable[WholeArticle]) -> None:
        """See ``Maker``."""
        for whole in articles:
            self._gone.add(whole.article.id)
            file = SourceFile(whole.path, whole.digest, 0)
            self._draft.add(whole.article, file, whole.passages, whole.keys, whole.vectors, whole.sentences)
            self._add_copies(whole.article.id, whole.copies)

    def delete_articles(self, ids: Iterable[str]) -> None:
        """See ``Maker``."""
        self._gone.update(ids)

    def commit(self, facts: GenerationFacts) -> None:
        """See ``Maker``."""
        if self._begun is not None:
            article_store = self._begun.generation.article_store
            for row, article_id in enumerate(article_store.ids()):
                if article_id not in self._gone:
                    self._draft.take_over(row, article_id, SourceFile(*article_store.file_of(article_id), 0))
                    self._add_copies(article_id, copies_of(article_store, article_id))
        if self._draft.articles != facts.articles:
            raise HealthSearchError(
                self._index,
                f"{self._draft.articles:,} articles came, and there should be {facts.articles:,}",
                "Fetch them again; nothing has been changed.",
            )
        for path, skipped in facts.skipped.items():
            for problem in skipped.errors():
                self._draft.skip(SourceFile(path, skipped.digest, 0), problem)
        self._draft.publish().close()

    def _add_copies(self, article_id: str, copies: Iterable[StoredCopy]) -> None:
        for copied in copies:
            self._draft.add_copy(article_id, SourceFile(copied.path, copied.digest, 0), copied.id, copied.place)

    def _in_use(self) -> Embedded | None:
        try:
            generation, _ = open_generation(self._index)
        except HealthSearchError:
            return None
        made_by = {name: generation.manifest.get(name) for name in rules()}
        if made_by == rules() and generation.encoder.passage_digest == self._encoder.passage_digest:
            return Embedded(generation)
        generation.close()
        return None
