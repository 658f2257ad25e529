"""From ranked passages to what is shown: hits with marks, notes and reasons, grouped by article.

Decides nothing about the order of passages or the verdict; ``search`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from healthsearch.answer import Hit, Result
from healthsearch.arrays import Rows, Scores
from healthsearch.article import Article
from healthsearch.judge import Evidence, Verdict
from healthsearch.mark import Mark, cautions_of, mark
from healthsearch.notes import Note, of_article, of_passage
from healthsearch.passages import Passage, Span, names
from healthsearch.polarity import says_no
from healthsearch.published import Inquiry
from healthsearch.reasons import Lists, reasons
from healthsearch.sentences import without_list_marker

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
class ReadQuestion:
    """A question as it was read, slips corrected; the weights of its index words, and the verdict on its answer."""

    text: str
    weights: Mapping[str, float]
    verdict: Verdict
    today: date


@dataclass(frozen=True, slots=True)
class Hits:
    """What is shown of a ranking, for a question, by what it has found."""

    inquiry: Inquiry
    question: ReadQuestion
    ranking: Ranking

    def results(self, shown: Sequence[int]) -> tuple[Result, ...]:
        """The passages at these positions of the ranking as hits, ranked from 1 in this order, grouped by article."""
        rows = [int(self.ranking.rows[position]) for position in shown]
        passages = [self.inquiry.passage(row) for row in rows]
        identities = dict.fromkeys(passage.article_id for passage in passages)
        articles = {identity: self.inquiry.article(identity) for identity in identities}
        later = self.inquiry.newer(
            {row: articles[passage.article_id] for row, passage in zip(rows, passages, strict=True)}
        )
        also = self._also(set(rows))
        hits: dict[str, list[Hit]] = {identity: [] for identity in articles}
        for rank, (position, passage) in enumerate(zip(shown, passages, strict=True), start=1):
            article = articles[passage.article_id]
            hits[article.id].append(self._hit(rank, position, passage, article))
        return tuple(
            Result(
                article,
                tuple(hits[identity]),
                tuple(sorted(also.get(identity, ()))),
                of_article(article, later.get(identity), self.question.today),
            )
            for identity, article in articles.items()
        )

    def _hit(self, rank: int, position: int, passage: Passage, article: Article) -> Hit:
        row = int(self.ranking.rows[position])
        marks = tuple(mark(passage, self.inquiry.sentence_cosines(row), self.question.weights))
        lists, searched = self.ranking.lists, self.ranking.searched
        return Hit(
            rank=rank,
            score=max(float(self.ranking.scores[position]), 0.0),
            passage=passage,
            marks=marks,
            notes=self._notes(row, passage, marks, article),
            reasons=reasons(self.question.text, names(article, passage), passage.text, lists.ranks(row), searched),
        )

    def _notes(self, row: int, passage: Passage, marks: Iterable[Mark], article: Article) -> tuple[Note, ...]:
        answers = [passage.text[each.start : each.end] for each in marks if each.kind == "answer"]
        denied = any(says_no(self.question.text, answer) for answer in answers)
        cautions = () if cautions_of(passage) else self._caution_beside(row, passage)
        return of_passage(article, opposite=denied and self.question.verdict != "nothing", cautions=cautions)

    def _caution_beside(self, row: int, passage: Passage) -> tuple[Span, ...]:
        """The warning of the section's passages close by that is nearest to the question, if there is any."""
        cautions: list[tuple[float, Span]] = []
        for step in (-1, 1):
            for at in islice(self.inquiry.beside(row, step), _CLOSE_BY):
                other = self.inquiry.passage(at)
                if other.headings != passage.headings:
                    break
                cosines = self.inquiry.sentence_cosines(at)
                for sentence in cautions_of(other):
                    start, end = other.sentences[sentence]
                    start = without_list_marker(other.text, start, end)
                    first = other.start
                    cautions.append((float(cosines[sentence]), (first + start, first + end)))
        return (max(cautions)[1],) if cautions else ()

    def _also(self, shown: set[int]) -> dict[str, list[Span]]:
        """For each article the passages of it that are among the first of all, but not shown: where they stand."""
        spans: dict[str, list[Span]] = {}
        for row in map(int, self.ranking.rows[:_ALSO_AMONG]):
            if row not in shown:
                passage = self.inquiry.passage(row)
                spans.setdefault(passage.article_id, []).append((passage.start, passage.end))
        return spans
