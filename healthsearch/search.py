"""The search, in order: mend slips, encode, retrieve twice, measure and fuse, rerank, group by article, judge, mark.

``Searcher.search`` is the whole of it; the page and the command line only draw what it returns.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from healthsearch.answer import Answer, Hit, Result, answering
from healthsearch.article import Article
from healthsearch.contrast import Contrast, Said, contrast
from healthsearch.encoder import Encoder
from healthsearch.errors import BUILD_COMMAND, HealthSearchError
from healthsearch.filters import Filter
from healthsearch.fusion import Measures, fuse, measure
from healthsearch.generation import ENCODERS, Generation, open_generation
from healthsearch.judge import Calibration, Evidence, Verdict, evidence
from healthsearch.mark import Mark, cautions_of, mark
from healthsearch.models import find_model, same_model
from healthsearch.newer import is_old, newer
from healthsearch.passages import Passage, Span, names
from healthsearch.polarity import says_no
from healthsearch.reasons import Lists, reasons
from healthsearch.reranker import DEPTH, Reranker
from healthsearch.sentences import without_list_marker
from healthsearch.spelling import Speller
from healthsearch.store import StoredPassage
from healthsearch.urgent import Signs, urgent
from healthsearch.vectors import Mask
from healthsearch.words import ANALYSIS, Rows, Scores, has_words, highest, words

# Passages taken from each list before fusion; deep enough for the first ten of either.
CANDIDATES = 200
# One long article must not fill the page.
PASSAGES_PER_ARTICLE = 2
MOST_HITS = 100
# A passage is told of as another match of its article when it comes among the first so many of all.
_ALSO_AMONG = 10
# How many passages before and after a hit are looked at for a warning: a section without headings may be a book.
_CLOSE_BY = 3
# Longer is refused before it is tokenized; the encoder's own limit is checked after.
_LONGEST_QUESTION = 4_000


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The candidates' rows, best first, ties by row, with their fused scores; and what these rest on.

    ``evidence`` is None when there was no candidate at all; ``searched``: how many passages could have been one.
    """

    rows: Rows
    scores: Scores
    evidence: Evidence | None
    lists: Lists
    searched: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it was read, its vector and the weights of its index words, and what became of it."""

    read: str
    query: Scores
    weights: dict[str, float]
    verdict: Verdict
    today: date


class Searcher:
    """Answers questions from one generation; safe to share between threads."""

    def __init__(
        self,
        generation: Generation,
        encoder: Encoder,
        fault: HealthSearchError | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        if generation.encoder.digest != encoder.digest:
            raise HealthSearchError(
                generation.folder,
                f"the index was made with another encoder than the {encoder.name} at hand",
                f"Build it again: {BUILD_COMMAND}",
            )
        if generation.manifest["analysis"] != ANALYSIS:
            raise HealthSearchError(
                generation.folder,
                "the words of the index were made by other rules than today's",
                f"Bring it up to date: {BUILD_COMMAND}",
            )
        # One question is too little work to share out, and many are asked at once.
        threadpool_limits(1, user_api="blas")
        self.generation = generation
        self.encoder = encoder
        self.fault = fault
        self.reranker = reranker
        self.calibration = Calibration.shipped(generation.encoder.digest)
        self.speller = Speller(generation.spellings)
        self.copies = generation.store.copies()
        self._ids = np.array(generation.store.ids(), dtype=object)

    @classmethod
    def open(cls, index: Path, encoder: Encoder | None = None, reranker: Reranker | None = None) -> Searcher:
        """Open the index in use, with the encoder that it names unless that is given.

        ``fault`` is set when the newest generation is damaged and the one before it serves. Raises NoIndex
        when there is none, HealthSearchError when none can serve.
        """
        generation, fault = open_generation(index)
        if encoder is None or encoder.digest != generation.encoder.digest:
            model = same_model(find_model(generation.encoder.name), generation.encoder.digest)
            encoder = model.load(index / ENCODERS)
        return cls(generation, encoder, fault, reranker)

    def article(self, article_id: str) -> Article:
        """The whole article; KeyError when the index holds none of this id."""
        return self.generation.store.article(article_id)

    def search(
        self,
        question: str,
        k: int = 5,
        *,
        as_typed: bool = False,
        where: Filter = (),
        signs: Iterable[Signs] = (),
        today: date | None = None,
    ) -> Answer:
        """The ``k`` best passages, at most two of an article, with the verdict on the whole.

        ``as_typed`` leaves typing slips as they are. ``where``: which articles may answer; a filter that lets none
        through gives no hits. ``signs``: the corpus's urgent ones, see ``read_signs``. Raises HealthSearchError
        when the question is empty, wordless or too long, ValueError for a ``k`` outside 1 to 100 and for a filter
        that is none.
        """
        started = time.perf_counter()
        if not 1 <= k <= MOST_HITS:
            raise ValueError(f"k must be from 1 to {MOST_HITS}, not {k}")
        question = self._checked(question)
        read, corrections = (question, ()) if as_typed else self.speller.correct(question)
        query = self.encoder.encode_query([read])[0]
        among = self._among(where)
        ranking, chosen = self._chosen(read, query, k, among)
        rows = ranking.rows
        articles = {identity: self.article(identity) for identity in dict.fromkeys(self._articles(rows[chosen]))}
        confidence = self.calibration.confidence(ranking.evidence) if ranking.evidence else 0.0
        verdict = self.calibration.verdict(confidence)
        weights = self.generation.words.weights(words(read))
        asked = _Asked(read, query, weights, verdict, today or date.today())
        later = self._newer(rows[chosen], articles)
        hits = [self._hit(asked, rank, ranking, place, articles, later) for rank, place in enumerate(chosen, start=1)]
        also = self._also(set(map(int, rows[chosen])), rows)
        return Answer(
            question=question,
            corrections=corrections,
            verdict=verdict,
            confidence=confidence,
            calibrated=self.calibration.fitted,
            where=where,
            urgent=urgent(read, signs),
            contrast=_contrast(read, verdict, hits),
            searched=ranking.searched,
            generation=self.generation.name,
            milliseconds=(time.perf_counter() - started) * 1000,
            results=_grouped(hits, articles, also, later),
        )

    def evidence(self, question: str) -> Evidence:
        """What the verdict on a question rests on."""
        read, _ = self.speller.correct(self._checked(question))
        query = self.encoder.encode_query([read])[0]
        _, _, measures = self.candidates(read, query, CANDIDATES)
        return evidence(measures, fuse(measures))

    def candidates(
        self, question: str, query: Scores, depth: int, among: Mask | None = None
    ) -> tuple[Lists, Rows, Measures]:
        """The ``depth`` nearest passages and the ``depth`` best by words, by row, with what fusion weighs of them.

        ``among``: which of the passages may be any; all of them by default.
        """
        terms = words(question)
        shared = self.generation.words.scores(terms)
        if among is not None:
            shared = np.where(among, shared, np.float32(0))
        nearest, _ = self.generation.vectors.search(query, depth, among)
        lists = Lists(nearest, highest(shared, depth))
        rows = np.union1d(lists.nearest, lists.matching)
        return lists, rows, measure(self.generation, rows, query, terms)

    def rank_articles(self, question: str, depth: int) -> list[tuple[str, float]]:
        """The ids of up to ``depth`` articles with the score of their best-ranked passage, best first.

        A text that stands in several places is there under each of its ids, since any may be the judged one.
        For measuring: a question without words finds nothing, and one over the encoder's limit is cut.
        """
        if not has_words(question):
            return []
        read, _ = self.speller.correct(" ".join(question.split()))
        query = self.encoder.encode_query([read])[0]
        ranking = self._ranked(read, query, max(CANDIDATES, 5 * depth))
        best: dict[str, float] = {}
        for article, score in zip(self._articles(ranking.rows), ranking.scores, strict=True):
            best.setdefault(article, float(score))
        ranked = [(each, score) for found, score in best.items() for each in (found, *self.copies.get(found, ()))]
        return ranked[:depth]

    def _checked(self, question: str) -> str:
        # Half of a surrogate pair, as a broken client may send, is no text.
        question = " ".join(question.encode("utf-8", "replace").decode("utf-8").split())
        if not question:
            raise HealthSearchError("question", "it is empty", "Type what you want to know.")
        if not has_words(question):
            raise HealthSearchError("question", "it holds no words", "Ask in words.")
        if len(question) > _LONGEST_QUESTION or self._tokens(question) > self.encoder.limit:
            raise HealthSearchError(
                "question",
                f"it is too long ({len(question):,} characters)",
                "Ask in one or two sentences; about 150 words can be read.",
            )
        return question

    def _tokens(self, question: str) -> int:
        return len(self.encoder.token_spans([question])[0])

    def _among(self, where: Filter) -> Mask | None:
        """Which passages a filter lets answer; None for all."""
        return self.generation.facets.allowed(where)[self.generation.article_rows] if where else None

    def _ranked(self, question: str, query: Scores, depth: int, among: Mask | None = None) -> _Ranking:
        lists, rows, measures = self.candidates(question, query, depth, among)
        fused = fuse(measures)
        order = np.argsort(-fused, kind="stable")
        ranked, scores = rows[order], fused[order]
        if self.reranker is not None and len(ranked):
            # The scores stay in their order: they say how near the best ones are, not which of them is which.
            top = ranked[:DEPTH]
            read = [self.generation.store.passage(int(row)).passage.encoded_text for row in top]
            ranked[:DEPTH] = top[np.argsort(-self.reranker.scores(question, read), kind="stable")]
        searched = len(self.generation.vectors) if among is None else int(among.sum())
        return _Ranking(ranked, scores, evidence(measures, fused) if len(rows) else None, lists, searched)

    def _chosen(self, question: str, query: Scores, k: int, among: Mask | None) -> tuple[_Ranking, list[int]]:
        """What is ranked, and the places of the rows to show; looks deeper while the cap leaves room."""
        depth = CANDIDATES
        while True:
            ranking = self._ranked(question, query, depth, among)
            chosen = self._capped(ranking.rows, k)
            if len(chosen) == k or depth >= ranking.searched:
                return ranking, chosen
            depth *= 4

    def _articles(self, rows: Rows) -> list[str]:
        """For each of the named passages the id of its article."""
        return list(self._ids[self.generation.article_rows[rows]])

    def _capped(self, rows: Rows, k: int) -> list[int]:
        """The places of the first ``k`` rows that respect the cap on passages of one article."""
        taken: Counter[str] = Counter()
        chosen = []
        for place, article in enumerate(self._articles(rows)):
            if taken[article] < PASSAGES_PER_ARTICLE:
                taken[article] += 1
                chosen.append(place)
                if len(chosen) == k:
                    break
        return chosen

    def _newer(self, rows: Rows, articles: Mapping[str, Article]) -> dict[str, Article | None]:
        """For each article of these passages the newer one that covers the same, if there is any."""
        at = {int(row): articles[self._ids[row]] for row in self.generation.article_rows[rows]}
        found = newer(self.generation, at)
        return {article.id: found.get(article.id) for article in at.values()}

    def _also(self, shown: set[int], rows: Rows) -> dict[str, list[Span]]:
        """For each article the passages of it that are among the first of all, but not shown: where they stand."""
        found: dict[str, list[Span]] = {}
        for row in map(int, rows[:_ALSO_AMONG]):
            if row not in shown:
                passage = self.generation.store.passage(row).passage
                found.setdefault(passage.article_id, []).append((passage.start, passage.end))
        return found

    def _sentence_cosines(self, query: Scores, stored: StoredPassage) -> Scores:
        vectors = self.generation.sentence_vectors(stored.first_sentence, len(stored.passage.sentences))
        return np.asarray(vectors @ query, dtype=np.float32)

    def _hit(
        self,
        asked: _Asked,
        rank: int,
        ranking: _Ranking,
        place: int,
        articles: Mapping[str, Article],
        later: Mapping[str, Article | None],
    ) -> Hit:
        row = int(ranking.rows[place])
        stored = self.generation.store.passage(row)
        passage = stored.passage
        article = articles[passage.article_id]
        marks = tuple(mark(passage, self._sentence_cosines(asked.query, stored), asked.weights))
        places = ranking.lists.places(row)
        return Hit(
            rank=rank,
            score=max(float(ranking.scores[place]), 0.0),
            passage=passage,
            marks=marks,
            notes=_notes(asked, passage, marks, article, later[article.id] is not None),
            cautions=() if cautions_of(passage) else self._caution_beside(row, passage, asked.query),
            reasons=reasons(asked.read, names(article, passage), passage.text, places, ranking.searched),
        )

    def _caution_beside(self, row: int, passage: Passage, query: Scores) -> tuple[Span, ...]:
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
                cosines = self._sentence_cosines(query, other)
                for place in cautions_of(other.passage):
                    start, end = other.passage.sentences[place]
                    start = without_list_marker(other.passage.text, start, end)
                    first = other.passage.start
                    found.append((float(cosines[place]), (first + start, first + end)))
        return (max(found)[1],) if found else ()


def _grouped(
    hits: Iterable[Hit],
    articles: Mapping[str, Article],
    also: Mapping[str, list[Span]],
    later: Mapping[str, Article | None],
) -> tuple[Result, ...]:
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.passage.article_id, []).append(hit)
    return tuple(
        Result(articles[identity], tuple(found), tuple(sorted(also.get(identity, ()))), later[identity])
        for identity, found in groups.items()
    )


def _contrast(question: str, verdict: Verdict, hits: Iterable[Hit]) -> Contrast | None:
    if verdict == "nothing":
        return None
    return contrast(question, [Said(hit.rank, answering(hit), "opposite" in hit.notes) for hit in hits])


def _notes(
    asked: _Asked, passage: Passage, marks: Iterable[Mark], article: Article, superseded: bool
) -> tuple[str, ...]:
    answers = [passage.text[found.start : found.end] for found in marks if found.kind == "answer"]
    denied = asked.verdict != "nothing" and any(says_no(asked.read, answer) for answer in answers)
    notes = ["opposite"] if denied else []
    if is_old(article, asked.today):
        notes.append("old")
    if superseded:
        notes.append("superseded")
    return tuple(notes)
