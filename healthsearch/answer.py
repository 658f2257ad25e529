"""Answer: everything that there is to say to a question, for whoever draws it.

Holds what the search found and knows its JSON; finds nothing itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from healthsearch.article import Article, page_at
from healthsearch.filters import Filter, filter_json

if TYPE_CHECKING:
    from healthsearch.contrast import Contrast, ContrastKind
    from healthsearch.judge import Verdict
    from healthsearch.mark import Mark
    from healthsearch.notes import Note
    from healthsearch.passages import Passage, Span
    from healthsearch.reasons import Reasons
    from healthsearch.spelling import Correction
    from healthsearch.urgent import UrgentNotice


# The notes that JSON names; the others are fields of their own: ``cautions`` and ``also_at``.
_NAMED = ("opposite", "old", "superseded")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found: ``rank`` from 1, ``score`` from 0 to 1 for ordering only, marks within its text.

    ``notes``: those of this passage; ``Result`` has those of its article. ``reasons``: why it was found.
    """

    rank: int
    score: float
    passage: Passage
    marks: tuple[Mark, ...]
    notes: tuple[Note, ...]
    reasons: Reasons


@dataclass(frozen=True, slots=True)
class Result:
    """The hits of one article, best first.

    ``also``: spans of the article's other passages that match nearly as well, in reading order. ``notes``: those of
    the article, which hold for each of its hits.
    """

    article: Article
    hits: tuple[Hit, ...]
    also: tuple[Span, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class NumberedHit:
    """A hit as a person sees it: its ``number`` in the order shown, from 1, and the result that it belongs to."""

    number: int
    hit: Hit
    result: Result

    @property
    def article(self) -> Article:
        """The article of the hit."""
        return self.result.article

    @property
    def heading(self) -> str:
        """The article's title and the headings above the passage, in one line."""
        return " › ".join((self.article.title, *self.hit.passage.headings))

    @property
    def notes(self) -> tuple[Note, ...]:
        """Everything that must be told beside the hit: of the passage, then of its article."""
        return (*self.hit.notes, *self.result.notes)


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
    urgent: tuple[UrgentNotice, ...]
    contrast: Contrast | None
    generation: str
    milliseconds: float
    results: tuple[Result, ...]

    def marks(self, hit: Hit) -> list[Mark]:
        """The hit's marks as they may be shown: where nothing answers, no sentence is the answer."""
        return [mark for mark in hit.marks if mark.kind == "caution" or self.verdict != "nothing"]

    @property
    def numbered(self) -> list[NumberedHit]:
        """Every hit in the order shown, article by article; ranks do not count up in this order."""
        pairs = ((hit, result) for result in self.results for hit in result.hits)
        return [NumberedHit(number, hit, result) for number, (hit, result) in enumerate(pairs, start=1)]

    @property
    def sides(self) -> tuple[ContrastKind, NumberedHit, NumberedHit] | None:
        """The kind of ``contrast``, and its two hits as they are shown; None without one."""
        if self.contrast is None:
            return None
        by_rank = {shown.hit.rank: shown for shown in self.numbered}
        return self.contrast.kind, by_rank[self.contrast.along], by_rank[self.contrast.against]

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
            "hits": [self._hit_json(shown) for shown in sorted(self.numbered, key=lambda shown: shown.hit.rank)],
        }

    def _hit_json(self, shown: NumberedHit) -> dict[str, Any]:
        hit, article, passage = shown.hit, shown.article, shown.hit.passage
        return {
            "rank": hit.rank,
            "score": round(hit.score, 4),
            "article_id": article.id,
            "title": article.title,
            "headings": list(passage.headings),
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
            "marks": [{"start": mark.start, "end": mark.end, "kind": mark.kind} for mark in self.marks(hit)],
            "notes": [note.kind for note in shown.notes if note.kind in _NAMED],
            "cautions": [_caution_json(*note.span, note.quote) for note in shown.notes if note.span],
            "superseded_by": next((_newer_json(note.newer) for note in shown.notes if note.newer), None),
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


def answering(hit: Hit) -> str:
    """The hit's sentence that is marked as the answer; empty when none is."""
    return next((hit.passage.text[mark.start : mark.end] for mark in hit.marks if mark.kind == "answer"), "")


def _caution_json(start: int, end: int, text: str) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text}


def _newer_json(article: Article) -> dict[str, Any]:
    names = ("title", "path", "published", "reviewed")
    return {"article_id": article.id} | {name: getattr(article, name) for name in names}
