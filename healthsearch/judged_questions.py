"""The curator's own test questions, asked of the index that serves: what is found first, and what the verdict says.

The questions are a BEIR folder, as with ``evaluation``; but what is searched is the index in use, so a judged document
is named by an article's id, or by the id, "#" and the number of one of its sections (``article.sections``, from 1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from healthsearch.article import sections
from healthsearch.article_store import ArticleStore
from healthsearch.errors import HealthSearchError
from healthsearch.evaluation import read_qrels, read_queries
from healthsearch.judge import Calibration, Verdict
from healthsearch.search import Searcher

UNANSWERABLE = "unanswerable.jsonl"
SPLIT = "test"
# Passages that are looked at for the right one.
DEPTH = 10
# An article that comes first for no question may be one that nobody asks about, or one that is never found.
FIRST = 3
# Documents that are named where a question is left out because of them.
NAMED = 3

# A part of an article: its id, and where the part begins and ends.
Part = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question: the rank of its first right passage (None: not among ``DEPTH``, or there is none), how sure the
    search was that the best passage answers, and the articles of the first passages.
    """

    question: str
    rank: int | None
    confidence: float
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of the questions.

    ``left_out``: the ids of those that could not be asked, or not be judged, and why. ``unfound``: the titles of the
    articles that came first for no question.
    """

    answerable: tuple[Outcome, ...]
    unanswerable: tuple[Outcome, ...]
    left_out: tuple[tuple[str, str], ...]
    unfound: tuple[str, ...]
    calibration: Calibration

    def success(self, k: int) -> float:
        """The share of the answerable questions with a right passage among the first ``k``; 0 where none was asked."""
        return sum(one.rank is not None and one.rank <= k for one in self.answerable) / max(1, len(self.answerable))


def ask_all(searcher: Searcher, folder: Path, report: Callable[[float], object] = lambda share: None) -> Outcomes:
    """Ask all questions of ``folder``; ``report`` is told the share that is done.

    Raises HealthSearchError when the folder cannot be used, or is about other articles altogether.
    """
    queries, qrels = read_queries(folder), read_qrels(folder, SPLIT)
    articles = searcher.generation.article_store
    right = {query: _parts(articles, judged) for query, judged in qrels.items() if query in queries}
    asked = [(query, queries[query], parts) for query, parts in right.items() if parts]
    if not asked:
        raise HealthSearchError(
            folder, "none of its questions is about an article of this index", "Name articles by their ids."
        )
    hopeless = read_queries(folder, UNANSWERABLE).items() if (folder / UNANSWERABLE).exists() else ()
    answerable, unanswerable = list[Outcome](), list[Outcome]()
    left_out = [
        (query, _why_unasked(queries, query, judged)) for query, judged in qrels.items() if not right.get(query)
    ]
    for number, (query, question, parts) in enumerate([*asked, *((*one, ()) for one in hopeless)], start=1):
        try:
            (answerable if parts else unanswerable).append(_outcome(searcher, question, parts))
        except HealthSearchError as error:
            left_out.append((query, error.cause))
        report(number / (len(asked) + len(hopeless)))
    found = {article for outcome in (*answerable, *unanswerable) for article in outcome.first}
    unfound = tuple(article.title for article in articles.articles() if article.id not in found)
    return Outcomes(tuple(answerable), tuple(unanswerable), tuple(left_out), unfound, searcher.calibration)


def verdicts(outcomes: Iterable[Outcome], related: float, answered: float) -> Mapping[Verdict, int]:
    """How many questions each verdict would be given, were its steps at these confidences."""
    steps = Calibration({}, 0.0, answered, related)
    counted = Counter(steps.verdict(one.confidence) for one in outcomes)
    return {verdict: counted[verdict] for verdict in ("answered", "related", "nothing")}


def _outcome(searcher: Searcher, question: str, parts: Iterable[Part]) -> Outcome:
    answer = searcher.search(question, DEPTH)
    ranks = [
        hit.rank
        for hit, article in answer.hits
        if any(article.id == name and start <= hit.passage.start < end for name, start, end in parts)
    ]
    first = {hit.rank: article.id for hit, article in answer.hits if hit.rank <= FIRST}
    return Outcome(question, min(ranks, default=None), answer.confidence, tuple(first[rank] for rank in sorted(first)))


def _why_unasked(queries: Mapping[str, str], query: str, judged: Mapping[str, int]) -> str:
    if query not in queries:
        return "queries.jsonl has no such question"
    named = [f"“{document}”" for document, grade in judged.items() if grade > 0]
    if not named:
        return "no article is given as its answer"
    more = f" and {len(named) - NAMED:,} more" if len(named) > NAMED else ""
    return f"this index has no {', '.join(named[:NAMED])}{more}"


def _parts(store: ArticleStore, judged: Mapping[str, int]) -> list[Part]:
    """Where the relevant documents stand; one that this index does not hold is left out."""
    return [part for document, grade in judged.items() if grade > 0 for part in _part(store, document)]


def _part(store: ArticleStore, document: str) -> list[Part]:
    try:
        article = store.article(document)
        return [(article.id, 0, len(article.text))]
    except KeyError:
        identity, _, number = document.rpartition("#")
    try:
        article = store.article(identity)
        section = sections(article)[int(number) - 1] if int(number) > 0 else None
    except (KeyError, ValueError, IndexError):
        return []
    return [(article.id, section.start, section.end)] if section else []
