"""Answer: everything that there is to say to a question, for whoever draws it.

Holds what the search found and knows its JSON; finds nothing itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from healthsearch.article import Article, page_at
from healthsearch.filters import Filter, filter_json

if TYPE_CHECKING:
    from healthsearch.contrast import Contrast
    from healthsearch.judge import Verdict
    from healthsearch.mark import Mark
    from healthsearch.passages import Passage, Span
    from healthsearch.reasons import Reasons
    from healthsearch.spelling import Correction
    from healthsearch.urgent import Notice


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found: ``rank`` from 1, ``score`` from 0 to 1 for ordering only, marks within its text.

    ``cautions``: where the passage holds none itself, the warning close by in the same section that is nearest to
    the question, as a span of the article's text. ``reasons``: why it was found.
    """

    rank: int
    score: float
    passage: Passage
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]
    cautions: tuple[Span, ...]
    reasons: Reasons


@dataclass(frozen=True, slots=True)
class Result:
    """The hits of one article, best first.

    ``also``: spans of the article's other passages that match nearly as well, in reading order. ``newer``: the article
    of the collection that covers the same and is dated later; the hits' note ``superseded`` tells of it.
    """

    article: Article
    hits: tuple[Hit, ...]
    also: tuple[Span, ...]
    newer: Article | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything there is to say to a question; results by their best hit.

    With the verdict ``nothing`` the hits are the nearest passages, and do not answer. ``corrections`` are the
    words of the question that were read otherwise than typed; whoever shows the answer shows them.
    ``calibrated``: whether the confidence was fitted to the encoder in use; if not, it is a rough guide.
    ``where``: the filter; ``searched``: how many passages it let answer. ``urgent``: the notices that the question
    calls for, to be shown first. ``contrast``: two hits to be read together, as one denies or limits the other.
    """

    question: str
    corrections: tuple[Correction, ...]
    verdict: Verdict
    confidence: float
    calibrated: bool
    where: Filter
    searched: int
    urgent: tuple[Notice, ...]
    contrast: Contrast | None
    generation: str
    milliseconds: float
    results: tuple[Result, ...]

    def marks(self, hit: Hit) -> list[Mark]:
        """The hit's marks as they may be shown: where nothing answers, no sentence is the answer."""
        return [found for found in hit.marks if found.kind == "caution" or self.verdict != "nothing"]

    def number(self, hit: Hit) -> int:
        """The hit's place where results are shown by article, from 1; its rank does not count in that order."""
        return [other.rank for result in self.results for other in result.hits].index(hit.rank) + 1

    def hit(self, rank: int) -> tuple[Hit, Article]:
        """The hit of this rank, which there must be, with its article."""
        return self.hits[rank - 1]

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
            "where": filter_json(self.where),
            "urgent": [asdict(notice) for notice in self.urgent],
            "contrast": asdict(self.contrast) if self.contrast else None,
            "generation": self.generation,
            "milliseconds": round(self.milliseconds, 1),
            "hits": [_hit_json(hit, article) for hit, article in self.hits],
        }


def answering(hit: Hit) -> str:
    """The hit's sentence that is marked as the answer; empty when none is."""
    return next((hit.passage.text[mark.start : mark.end] for mark in hit.marks if mark.kind == "answer"), "")


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
        "why": asdict(hit.reasons),
    }
