"""The search, in order: mend slips, encode, retrieve twice, measure and fuse, rerank, group by article, judge, mark.

``Searcher.search`` is the whole of it; the page and the command line only draw what it returns.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from healthsearch.answer import Answer, Result, answering
from healthsearch.article import Article
from healthsearch.contrast import AnsweringSentence, Contrast, contrast
from healthsearch.embedded import Embedded
from healthsearch.encoder import Encoder
from healthsearch.errors import BUILD_AGAIN, BUILD_COMMAND, HealthSearchError
from healthsearch.fetched import FromStore
from healthsearch.filters import Filter
from healthsearch.fusion import fuse
from healthsearch.generation import Generation
from healthsearch.hits import Hits, Ranking, ReadQuestion
from healthsearch.in_use import open_generation
from healthsearch.index_folder import ENCODERS
from healthsearch.judge import Calibration, Evidence, evidence
from healthsearch.models import find_model, same_model
from healthsearch.published import Inquiry, Published
from healthsearch.reranker import DEPTH, Reranker, reranked
from healthsearch.spelling import Speller
from healthsearch.storage import Store
from healthsearch.urgent import UrgentSigns, urgent
from healthsearch.words import ANALYSIS, has_words, words

# Passages taken from each list before fusion; deep enough for the first ten of either.
CANDIDATES = 200
# One long article must not fill the page.
PASSAGES_PER_ARTICLE = 2
MOST_HITS = 100
# Longer is refused before it is tokenized; the encoder's own limit is checked after.
_LONGEST_QUESTION = 4_000


class Searcher:
    """Answers questions from one published index; safe to share between threads."""

    def __init__(
        self,
        index: Published,
        encoder: Encoder,
        fault: HealthSearchError | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        # How questions are read may differ, as with an adapter; the vectors of passages may not.
        if index.encoder.passage_digest != encoder.passage_digest:
            raise HealthSearchError(
                index.place,
                f"its passages were encoded by another encoder than the {encoder.name} at hand",
                BUILD_AGAIN,
            )
        if index.analysis != ANALYSIS:
            raise HealthSearchError(
                index.place,
                "the words of the index were made by other rules than today's",
                f"Bring it up to date: {BUILD_COMMAND}",
            )
        # One question is too little work to share out, and many are asked at once.
        threadpool_limits(1, user_api="blas")
        self.index = index
        self.encoder = encoder
        self.fault = fault
        self.reranker = reranker
        self.calibration = Calibration.shipped(encoder.digest)
        self.speller = Speller(index.spellings)

    @classmethod
    def open(cls, index: Path, encoder: Encoder | None = None, reranker: Reranker | None = None) -> Searcher:
        """Open the index in use, with this encoder, or else with the one that it names.

        ``fault`` is set when the newest generation is damaged and the one before it serves. Raises NoIndex
        when there is none, HealthSearchError when none can serve, and for an encoder that gives passages other
        vectors than those of the index.
        """
        generation, fault = open_generation(index)
        if encoder is None:
            model = same_model(find_model(generation.encoder.name), generation.encoder.digest)
            encoder = model.load(index / ENCODERS)
        return cls(Embedded(generation), encoder, fault, reranker)

    @classmethod
    def reading(
        cls, store: Store, home: Path, encoder: Encoder | None = None, reranker: Reranker | None = None
    ) -> Searcher:
        """Read another store, with this encoder, or else with the one that it names; ``home`` keeps what that prepares.

        Raises as ``open``.
        """
        index = FromStore(store)
        if encoder is None:
            encoder = same_model(find_model(index.encoder.name), index.encoder.digest).load(home)
        return cls(index, encoder, reranker=reranker)

    @property
    def generation(self) -> Generation:
        """The generation on this machine that it reads. ValueError when it reads another store."""
        if self.index.generation is None:
            raise ValueError(f"{self.index.place} is no generation of this machine")
        return self.index.generation

    def article(self, article_id: str) -> Article:
        """The whole article; KeyError when the index holds none of this id."""
        return self.index.article(article_id)

    def search(
        self,
        question: str,
        k: int = 5,
        *,
        as_typed: bool = False,
        where: Filter = (),
        signs: Iterable[UrgentSigns] = (),
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
        inquiry = self.index.inquiry(query, words(read), where)
        ranking, chosen = self._chosen(read, inquiry, k)
        confidence = self.calibration.confidence(ranking.evidence) if ranking.evidence else 0.0
        verdict = self.calibration.verdict(confidence)
        read_question = ReadQuestion(read, self.index.weights(words(read)), verdict, today or date.today())
        results = Hits(inquiry, read_question, ranking).results(chosen)
        return Answer(
            question=question,
            corrections=corrections,
            verdict=verdict,
            confidence=confidence,
            calibrated=self.calibration.fitted,
            where=where,
            urgent=urgent(read, signs),
            contrast=_contrast(read_question, results),
            searched=ranking.searched,
            generation=self.index.name,
            milliseconds=(time.perf_counter() - started) * 1000,
            results=results,
        )

    def evidence(self, question: str) -> Evidence:
        """What the verdict on a question rests on."""
        read, _ = self.speller.correct(self._checked(question))
        query = self.encoder.encode_query([read])[0]
        _, _, measures = self.index.inquiry(query, words(read)).candidates(CANDIDATES)
        return evidence(measures, fuse(measures))

    def rank_articles(self, question: str, depth: int) -> list[tuple[str, float]]:
        """The ids of up to ``depth`` articles with the score of their best-ranked passage, best first.

        A text that stands in several places is there under each of its ids, since any may be the judged one.
        For measuring: a question without words finds nothing, and one over the encoder's limit is cut.
        """
        if not has_words(question):
            return []
        read, _ = self.speller.correct(" ".join(question.split()))
        query = self.encoder.encode_query([read])[0]
        inquiry = self.index.inquiry(query, words(read))
        ranking = self._ranked(read, inquiry, max(CANDIDATES, 5 * depth))
        best: dict[str, float] = {}
        for article, score in zip(inquiry.article_ids(ranking.rows), ranking.scores, strict=True):
            best.setdefault(article, float(score))
        ranked = [(each, score) for name, score in best.items() for each in (name, *self.index.copies.get(name, ()))]
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

    def _ranked(self, question: str, inquiry: Inquiry, depth: int) -> Ranking:
        lists, rows, measures = inquiry.candidates(depth)
        fused = fuse(measures)
        order = np.argsort(-fused, kind="stable")
        ranked, scores = rows[order], fused[order]
        if self.reranker is not None and len(ranked):
            read = [inquiry.passage(int(row)).encoded_text for row in ranked[:DEPTH]]
            ranked, scores = reranked(ranked, scores, self.reranker.scores(question, read))
        return Ranking(ranked, scores, evidence(measures, fused) if len(rows) else None, lists, inquiry.searched)

    def _chosen(self, question: str, inquiry: Inquiry, k: int) -> tuple[Ranking, list[int]]:
        """What is ranked, and the positions in it of what to show; looks deeper while the cap leaves room."""
        depth = CANDIDATES
        while True:
            ranking = self._ranked(question, inquiry, depth)
            chosen = _capped(inquiry.article_ids(ranking.rows), k)
            if len(chosen) == k or depth >= ranking.searched:
                return ranking, chosen
            depth *= 4


def _capped(articles: Iterable[str], k: int) -> list[int]:
    """The positions of the first ``k`` passages, each given by its article, that respect the cap on those of one."""
    taken: Counter[str] = Counter()
    chosen = []
    for position, article in enumerate(articles):
        if taken[article] < PASSAGES_PER_ARTICLE:
            taken[article] += 1
            chosen.append(position)
            if len(chosen) == k:
                break
    return chosen


def _contrast(question: ReadQuestion, results: Iterable[Result]) -> Contrast | None:
    # Of passages that may not answer nobody can say that one limits the other.
    if question.verdict != "answered":
        return None
    sentences = [
        AnsweringSentence(hit.rank, answering(hit), any(note.kind == "opposite" for note in hit.notes))
        for result in results
        for hit in result.hits
    ]
    return contrast(question.weights, sentences)
