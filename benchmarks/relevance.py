"""How often our own corpus answers lay questions with the right passage first: python benchmarks/relevance.py

Builds or updates an index of the corpus, asks every question of tests/relevance/queries.jsonl and every unanswerable
one, and prints two tables: shares by kind of question, and the verdicts on unanswerable questions.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.answer import Hit  # noqa: E402
from healthsearch.build import build  # noqa: E402 - the project need not be installed
from healthsearch.models import DEFAULT_MODEL, find_model  # noqa: E402
from healthsearch.passages import Passage  # noqa: E402
from healthsearch.search import Searcher  # noqa: E402

JUDGED = ROOT / "tests" / "relevance"
# A hit is right when it holds at least this share of the answering sentence.
HELD = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question: rank of the first right passage (None: not in the list), whether its mark is right."""

    question: str
    set: str
    kind: str
    rank: int | None
    mark: bool
    verdict: str
    first: str


def outcomes(searcher: Searcher, depth: int = 10) -> Iterator[Outcome]:
    """Ask every judged question."""
    for line in lines(JUDGED / "queries.jsonl"):
        answer = searcher.search(line["text"], depth)
        spans = [span(searcher, entry) for entry in line["metadata"]["answers"]]
        ranks = [hit.rank for hit, _ in answer.hits if holds(hit.passage, spans)]
        rank = min(ranks, default=None)
        hit, article = answer.hits[0]
        yield Outcome(
            question=line["text"],
            set=line["metadata"]["set"],
            kind=line["metadata"]["kind"],
            rank=rank,
            mark=rank == 1 and marked(hit, article.id, spans),
            verdict=answer.verdict,
            first=f"{article.id}: {hit.passage.text[:80]}",
        )


def span(searcher: Searcher, entry: dict[str, str]) -> tuple[str, int, int]:
    """An answering sentence as (article, start, end)."""
    text = searcher.article(entry["article"]).text
    start = text.index(entry["quote"])
    return entry["article"], start, start + len(entry["quote"])


def holds(passage: Passage, spans: list[tuple[str, int, int]]) -> bool:
    """Whether the passage holds at least half of an answering sentence."""
    return any(
        article == passage.article_id and min(end, passage.end) - max(start, passage.start) >= HELD * (end - start)
        for article, start, end in spans
    )


def marked(hit: Hit, article_id: str, spans: list[tuple[str, int, int]]) -> bool:
    """Whether the sentence marked as the answer touches an answering sentence."""
    at = hit.passage.start
    return any(
        article == article_id and mark.kind == "answer" and at + mark.start < end and at + mark.end > start
        for mark in hit.marks
        for article, start, end in spans
    )


def lines(file: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--index", type=Path, default=ROOT / "index")
    arguments.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME_OR_DIR", help="the encoder")
    arguments.add_argument("--misses", action="store_true", help="list the questions whose first passage is wrong")
    chosen = arguments.parse_args()
    build(ROOT / "corpus", chosen.index, find_model(chosen.model))
    searcher = Searcher.open(chosen.index)
    found = list(outcomes(searcher))
    print(
        f"| questions | number | right first | in first 3 | in first 5 | mark right | called nothing |\n|{'---|' * 7}"
    )
    for name in [*sorted({outcome.kind for outcome in found}), "everyday", "detail", "all"]:
        group = [outcome for outcome in found if name in (outcome.kind, outcome.set, "all")]
        first = [outcome for outcome in group if outcome.rank == 1]
        shares = [sum(o.rank is not None and o.rank <= depth for o in group) / len(group) for depth in (1, 3, 5)]
        marks = sum(outcome.mark for outcome in first) / len(first)
        nothing = sum(outcome.verdict == "nothing" for outcome in group) / len(group)
        cells = " | ".join(f"{share:.1%}" for share in (*shares, marks, nothing))
        print(f"| {name} | {len(group)} | {cells} |")
    print(
        "\n| questions without an answer | number | called answered | called possibly related | called nothing |\n"
        f"|{'---|' * 5}"
    )
    for near, name in ((True, "close to our subjects"), (False, "other health subjects")):
        asked = [line["text"] for line in lines(JUDGED / "unanswerable.jsonl") if line["metadata"]["near"] is near]
        verdicts = Counter(searcher.search(question, 5).verdict for question in asked)
        counts = " | ".join(str(verdicts[verdict]) for verdict in ("answered", "related", "nothing"))
        print(f"| {name} | {len(asked)} | {counts} |")
    if chosen.misses:
        for outcome in found:
            if outcome.rank != 1:
                print(f"\n{outcome.rank} [{outcome.kind}] {outcome.question}\n    {outcome.first}")


if __name__ == "__main__":
    main()
