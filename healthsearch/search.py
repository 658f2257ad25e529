"""The search, in order: mend slips, encode, retrieve twice, measure and fuse, rerank, group by article, judge, mark.

``Searcher.search`` is the whole of it; the page and the command line only draw what it returns.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from healthsearch.article import Article, page_at, parse_date
from healthsearch.encoder import Encoder, find_model
from healthsearch.errors import HealthSearchError
from healthsearch.fusion import Measures, fuse, measure
from healthsearch.generation import Generation, open_generation
from healthsearch.judge import Calibration, Evidence, Verdict, evidence
from healthsearch.mark import Mark, cautions_of, mark
from healthsearch.passages import Passage, Span
from healthsearch.polarity import says_no
from healthsearch.reranker import DEPTH, Reranker
from healthsearch.sentences import without_list_marker
from healthsearch.spelling import Correction, Speller
from healthsearch.store import StoredPassage
from healthsearch.words import ANALYSIS, has_words, words

# Passages taken from each list before fusion; deep enough for the first ten of either.
CANDIDATES = 200
# One long article must not fill the page.
PASSAGES_PER_ARTICLE = 2
MOST_HITS = 100
# How many passages before and after a hit are looked at for a warning: a section without headings may be a book.
_CLOSE_BY = 3
# Longer is refused before it is tokenized; the encoder's own limit is checked after.
_LONGEST_QUESTION = 4_000
# Health advice is commonly reviewed every three years (for example by NICE and the NHS).
_OLD_AFTER_YEARS = 3

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found: ``rank`` from 1, ``score`` from 0 to 1 for ordering only, marks within its text.

    ``cautions``: where the passage holds none itself, the warning close by in the same section that is nearest to
    the question, as a span of the article's text.
    """

    rank: int
    score: float
    passage: Passage
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]
    cautions: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The hits of one article, best first."""

    article: Article
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything there is to say to a question; results by their best hit.

    With the verdict ``nothing`` the hits are the nearest passages, and do not answer. ``corrections`` are the
    words of the question that were read otherwise than typed; whoever shows the answer shows them.
    ``calibrated``: whether the confidence was fitted to the encoder in use; if not, it is a rough guide.
    """

    question: str
    corrections: tuple[Correction, ...]
    verdict: Verdict
    confidence: float
    calibrated: bool
    generation: str
    milliseconds: float
    results: tuple[Result, ...]

    def marks(self, hit: Hit) -> list[Mark]:
        """The hit's marks as they may be shown: where nothing answers, no sentence is the answer."""
        return [found for found in hit.marks if found.kind == "caution" or self.verdict != "nothing"]

    @property
    def hits(self) -> list[tuple[Hit, Article]]:
        """Every hit with its article, by rank."""
        pairs = [(hit, result.article) for result in self.results for hit in result.hits]
        return sorted(pairs, key=lambda pair: pair[0].rank)

    def as_json(self) -> dict[str, Any]:
        """The contract's form; new fields may be added, none is taken away."""
        return {
            "question": self.question,
            "corrections": [asdict(correction) for correction in self.corrections],
            "verdict": self.verdict,
            "confidence": round(self.confidence, 4),
            "calibrated": self.calibrated,
            "generation": self.generation,
            "milliseconds": round(self.milliseconds, 1),
            "hits": [_hit_json(hit, article) for hit, article in self.hits],
        }


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
                "Build it again: python build_index.py",
            )
        if generation.manifest["analysis"] != ANALYSIS:
            raise HealthSearchError(
                generation.folder,
                "the words of the index were made by other rules than today's",
                "Bring it up to date: python build_index.py",
            )
        self.generation = generation
        self.encoder = encoder
        self.fault = fault
        self.reranker = reranker
        self.calibration = Calibration.shipped(generation.encoder.digest)
        self.speller = Speller(generation.spellings)
        self._copies = generation.store.copies()
        self._articles = np.array(generation.store.article_ids(), dtype=object)

    @classmethod
    def open(cls, index: Path, encoder: Encoder | None = None, reranker: Reranker | None = None) -> Searcher:
        """Open the index in use, with the encoder that it names unless that is given.

        ``fault`` is set when the newest generation is damaged and the one before it serves. Raises NoIndex
        when there is none, HealthSearchError when none can serve.
        """
        generation, fault = open_generation(index)
        if encoder is None or encoder.digest != generation.encoder.digest:
            encoder = find_model(generation.encoder.name).load()
        return cls(generation, encoder, fault, reranker)

    def article(self, article_id: str) -> Article:
        """The whole article; KeyError when the index holds none of this id."""
        return self.generation.store.article(article_id)

    def search(self, question: str, k: int = 5, *, as_typed: bool = False, today: date | None = None) -> Answer:
        """The ``k`` best passages, at most two of an article, with the verdict on the whole.

        ``as_typed`` leaves typing slips as they are. Raises HealthSearchError when the question is empty,
        wordless or too long, ValueError for a ``k`` outside 1 to 100.
        """
        started = time.perf_counter()
        if not 1 <= k <= MOST_HITS:
            raise ValueError(f"k must be from 1 to {MOST_HITS}, not {k}")
        asked = self._checked(question)
        read, corrections = (asked, ()) if as_typed else self.speller.correct(asked)
        query = self.encoder.encode_query([read])[0]
        rows, scores, found, chosen = self._chosen(read, query, k)
        articles = {identity: self.article(identity) for identity in dict.fromkeys(self._articles[rows[chosen]])}
        weights = self.generation.words.weights(words(read))
        confidence = self.calibration.confidence(found)
        verdict = self.calibration.verdict(confidence)
        hits = []
        for rank, place in enumerate(chosen, start=1):
            found_hit = self._hit(rank, int(rows[place]), float(scores[place]), query, weights)
            notes = _notes(read, verdict, found_hit, articles[found_hit.passage.article_id], today or date.today())
            hits.append(replace(found_hit, notes=notes))
        return Answer(
            question=asked,
            corrections=corrections,
            verdict=verdict,
            confidence=confidence,
            calibrated=self.calibration.fitted,
            generation=self.generation.name,
            milliseconds=(time.perf_counter() - started) * 1000,
            results=_grouped(hits, articles),
        )

    def evidence(self, question: str) -> Evidence:
        """What the verdict on a question rests on."""
        read, _ = self.speller.correct(self._checked(question))
        query = self.encoder.encode_query([read])[0]
        return self._ranked(read, query, CANDIDATES)[2]

    def candidates(self, question: str, query: Scores, depth: int) -> tuple[Rows, Measures]:
        """The ``depth`` nearest passages and the ``depth`` best by words, by row, with what fusion weighs of them."""
        generation, terms = self.generation, words(question)
        shared = generation.words.scores(terms)
        nearest, _ = generation.vectors.search(query, depth)
        matching = np.argsort(-shared, kind="stable")[:depth]
        rows = np.union1d(nearest, matching[shared[matching] > 0])
        return rows, measure(generation, rows, query, terms)

    def rank_articles(self, question: str, depth: int) -> list[tuple[str, float]]:
        """The ids of up to ``depth`` articles with the score of their best-ranked passage, best first.

        A text that stands in several places is there under each of its ids, since any may be the judged one.
        For measuring: a question without words finds nothing, and one over the encoder's limit is cut.
        """
        if not has_words(question):
            return []
        read, _ = self.speller.correct(" ".join(question.split()))
        query = self.encoder.encode_query([read])[0]
        rows, scores, _ = self._ranked(read, query, max(CANDIDATES, 5 * depth))
        best: dict[str, float] = {}
        for row, score in zip(rows, scores, strict=True):
            best.setdefault(str(self._articles[row]), float(score))
        ranked = [(each, score) for found, score in best.items() for each in (found, *self._copies.get(found, ()))]
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

    def _ranked(self, question: str, query: Scores, depth: int) -> tuple[Rows, Scores, Evidence]:
        """The candidates' rows, best first, ties by row, with their fused scores; and what the verdict rests on."""
        rows, measures = self.candidates(question, query, depth)
        fused = fuse(measures)
        order = np.argsort(-fused, kind="stable")
        ranked, scores = rows[order], fused[order]
        if self.reranker is not None:
            # The scores stay in their order: they say how near the best ones are, not which of them is which.
            top = ranked[:DEPTH]
            read = [self.generation.store.passage(int(row)).passage.encoded_text for row in top]
            ranked[:DEPTH] = top[np.argsort(-self.reranker.scores(question, read), kind="stable")]
        return ranked, scores, evidence(measures, fused)

    def _chosen(self, question: str, query: Scores, k: int) -> tuple[Rows, Scores, Evidence, list[int]]:
        """What is ranked, and the places of the rows to show; looks deeper while the cap leaves room."""
        depth = CANDIDATES
        while True:
            rows, scores, found = self._ranked(question, query, depth)
            chosen = self._capped(rows, k)
            if len(chosen) == k or depth >= len(self._articles):
                return rows, scores, found, chosen
            depth *= 4

    def _capped(self, rows: Rows, k: int) -> list[int]:
        """The places of the first ``k`` rows that respect the cap on passages of one article."""
        taken: Counter[str] = Counter()
        chosen = []
        for place, row in enumerate(rows):
            article = self._articles[row]
            if taken[article] < PASSAGES_PER_ARTICLE:
                taken[article] += 1
                chosen.append(place)
                if len(chosen) == k:
                    break
        return chosen

    def _sentence_cosines(self, query: Scores, stored: StoredPassage) -> Scores:
        vectors = self.generation.sentence_vectors(stored.first_sentence, len(stored.passage.sentences))
        return np.asarray(vectors @ query, dtype=np.float32)

    def _hit(self, rank: int, row: int, score: float, query: Scores, weights: dict[str, float]) -> Hit:
        stored = self.generation.store.passage(row)
        marks = mark(stored.passage, self._sentence_cosines(query, stored), weights)
        cautions = () if cautions_of(stored.passage) else self._caution_beside(row, stored.passage, query)
        return Hit(rank, max(score, 0.0), stored.passage, tuple(marks), (), cautions)

    def _caution_beside(self, row: int, passage: Passage, query: Scores) -> tuple[Span, ...]:
        """The warning of the section's passages close by that is nearest to the question, if there is any."""
        found: list[tuple[float, Span]] = []
        for step in (-1, 1):
            for at in range(row + step, row + step * (_CLOSE_BY + 1), step):
                if not 0 <= at < len(self._articles) or self._articles[at] != passage.article_id:
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


def _grouped(hits: Iterable[Hit], articles: Mapping[str, Article]) -> tuple[Result, ...]:
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.passage.article_id, []).append(hit)
    return tuple(Result(articles[identity], tuple(found)) for identity, found in groups.items())


def _notes(question: str, verdict: Verdict, hit: Hit, article: Article, today: date) -> tuple[str, ...]:
    answers = [hit.passage.text[found.start : found.end] for found in hit.marks if found.kind == "answer"]
    denied = verdict != "nothing" and any(says_no(question, answer) for answer in answers)
    notes = ["opposite"] if denied else []
    dated = parse_date(article.reviewed or article.published or "")
    if dated and (today - dated).days > _OLD_AFTER_YEARS * 365.25:
        notes.append("old")
    return tuple(notes)


def _hit_json(hit: Hit, article: Article) -> dict[str, Any]:
    passage = hit.passage
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        "article_id": article.id,
        "title": article.title,
        "headings": list(passage.headings),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "marks": [{"start": found.start, "end": found.end, "kind": found.kind} for found in hit.marks],
        "notes": list(hit.notes),
        "cautions": [{"start": start, "end": end, "text": article.text[start:end]} for start, end in hit.cautions],
        "url": article.url,
        "published": article.published,
        "reviewed": article.reviewed,
        "language": article.language,
        "path": article.path,
        "page": page_at(article, passage.start),
        "also_at": list(article.also_at),
        "publisher": article.publisher,
    }
