"""From ranked passages to what is shown: hits with marks, notes and reasons, grouped by article.

Decides nothing about the order of passages or the verdict; ``search`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from healthsearch.answer import Hit, Result
from healthsearch.article import Article
from healthsearch.generation import Generation
from healthsearch.judge import Evidence, Verdict
from healthsearch.mark import Mark, cautions_of, mark
from healthsearch.newer import newer
from healthsearch.notes import Note, of_article, of_passage
from healthsearch.passages import Passage, Span, names
from healthsearch.polarity import says_no
from healthsearch.reasons import Lists, reasons
from healthsearch.sentences import without_list_marker
from healthsearch.store import StoredPassage
from healthsearch.words import Rows, Scores

# A passage is told of as another match of its article when it comes among the first so many of all.
_ALSO_AMONG = 10
# How many passages before and after a hit are looked at for a warning: a section without headings may be a book.
_CLOSE_BY = 3


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates' rows, best first, ties by row, with their scores; and what these rest on.

    ``evidence`` is None when there was no candidate at all; ``searched``: how many passages could have been one.
    """

    rows: Rows
    scores: Scores
    evidence: Evidence | None
    lists: Lists
    searched: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was read, its vector and the weights of its index words, and what became of it."""

    read: str
    query: Scores
    weights: Mapping[str, float]
    verdict: Verdict
    today: date


@dataclass(frozen=True, slots=True)
class Hits:
    """What is shown of a ranking, for a question, from a generation."""

    generation: Generation
    asked: Asked
    ranking: Ranking

    def results(self, shown: Sequence[int]) -> tuple[Result, ...]:
        """The passages at these places of the ranking as hits, ranked from 1 in this order, grouped by article."""
        rows = [int(self.ranking.rows[place]) for place in shown]
        found = [self.generation.store.passage(row) for row in rows]
        identities = dict.fromkeys(stored.passage.article_id for stored in found)
        articles = {identity: self.generation.store.article(identity) for identity in identities}
        by_row = {
            int(self.generation.article_rows[row]): articles[stored.passage.article_id]
            for row, stored in zip(rows, found, strict=True)
        }
        later = newer(self.generation, by_row)
        also = self._also(set(rows))
        hits: dict[str, list[Hit]] = {identity: [] for identity in articles}
        for rank, (place, stored) in enumerate(zip(shown, found, strict=True), start=1):
            article = articles[stored.passage.article_id]
            hits[article.id].append(self._hit(rank, place, stored, article))
        return tuple(
            Result(
                article,
                tuple(hits[identity]),
                tuple(sorted(also.get(identity, ()))),
                of_article(article, later.get(identity), self.asked.today),
            )
            for identity, article in articles.items()
        )

    def _hit(self, rank: int, place: int, stored: StoredPassage, article: Article) -> Hit:
        row, passage = int(self.ranking.rows[place]), stored.passage
        marks = tuple(mark(passage, self._sentence_cosines(stored), self.asked.weights))
        lists, searched = self.ranking.lists, self.ranking.searched
        return Hit(
            rank=rank,
            score=max(float(self.ranking.scores[place]), 0.0),
            passage=passage,
            marks=marks,
            notes=self._notes(row, passage, marks, article),
            reasons=reasons(self.asked.read, names(article, passage), passage.text, lists.places(row), searched),
        )

    def _notes(self, row: int, passage: Passage, marks: Iterable[Mark], article: Article) -> tuple[Note, ...]:
        answers = [passage.text[found.start : found.end] for found in marks if found.kind == "answer"]
        denied = any(says_no(self.asked.read, answer) for answer in answers)
        cautions = () if cautions_of(passage) else self._caution_beside(row, passage)
        return of_passage(article, opposite=denied and self.asked.verdict != "nothing", cautions=cautions)

    def _sentence_cosines(self, stored: StoredPassage) -> Scores:
        vectors = self.generation.sentence_vectors(stored.first_sentence, len(stored.passage.sentences))
        return np.asarray(vectors @ self.asked.query, dtype=np.float32)

    def _caution_beside(self, row: int, passage: Passage) -> tuple[Span, ...]:
        """The warning of the section's passages close by that is nearest to the question, if there is any."""
        found: list[tuple[float, Span]] = []
        of_articles = self.generation.article_rows
        for step in (-1, 1):
            for at in range(row + step, row + step * (_CLOSE_BY + 1), step):
                if not 0 <= at < len(of_articles) or of_articles[at] != of_articles[row]:
                    break
                other = self.generation.store.passage(at)
                if other.passage.headings != passage.headings:
                    break
                cosines = self._sentence_cosines(other)
                for place in cautions_of(other.passage):
                    start, end = other.passage.sentences[place]
                    start = without_list_marker(other.passage.text, start, end)
                    first = other.passage.start
                    found.append((float(cosines[place]), (first + start, first + end)))
        return (max(found)[1],) if found else ()

    def _also(self, shown: set[int]) -> dict[str, list[Span]]:
        """For each article the passages of it that are among the first of all, but not shown: where they stand."""
        found: dict[str, list[Span]] = {}
        for row in map(int, self.ranking.rows[:_ALSO_AMONG]):
            if row not in shown:
                passage = self.generation.store.passage(row).passage
                found.setdefault(passage.article_id, []).append((passage.start, passage.end))
        return found
