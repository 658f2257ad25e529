"""How often two passages shown as limiting or contradicting each other do: python benchmarks/contrasts.py

Builds or updates an index of the corpus, asks the judged questions of tests/relevance and those of tests/contrasts,
which ask whether something helps or is allowed, and counts the pairs shown by tests/contrasts/labelled.jsonl. A pair is
right if one sentence speaks for what is asked and the other forbids that same thing, to some or altogether. The rules
were made with all but fresh.jsonl, whose questions were written afterwards.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.relevance import JUDGED, lines  # noqa: E402 - the project need not be installed
from healthsearch.answer import answering  # noqa: E402
from healthsearch.build import build  # noqa: E402
from healthsearch.models import DEFAULT_MODEL, find_model  # noqa: E402
from healthsearch.search import Searcher  # noqa: E402

LABELLED = ROOT / "tests" / "contrasts"


def shown(searcher: Searcher, questions: Path) -> list[tuple[str, str, str]]:
    """The pairs shown for these questions: question, what one passage says, what the other holds against it."""
    pairs = []
    for line in lines(questions):
        sides = searcher.search(line["text"]).sides
        if sides is not None:
            _, *both = sides
            along, against = (" ".join(answering(side.hit).split()) for side in both)
            pairs.append((line["text"], along, against))
    return pairs


def main() -> None:
    """Print the table, and what nobody has labelled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    chosen = parser.parse_args()
    build(ROOT / "corpus", chosen.index, find_model(DEFAULT_MODEL))
    searcher = Searcher.open(chosen.index)
    labels = {
        (line["question"], line["along"], line["against"]): "right" if line["right"] else "off the point"
        for line in lines(LABELLED / "labelled.jsonl")
    }
    print(f"| questions | number | pairs shown | right | off the point | not labelled |\n|{'---|' * 6}")
    unknown = []
    for name, file in (
        ("judged", JUDGED / "queries.jsonl"),
        ("does it help, may I", LABELLED / "questions.jsonl"),
        ("the same, written afterwards", LABELLED / "fresh.jsonl"),
    ):
        pairs = shown(searcher, file)
        counts = Counter(labels.get(pair, "not labelled") for pair in pairs)
        cells = " | ".join(str(counts[label]) for label in ("right", "off the point", "not labelled"))
        print(f"| {name} | {len(lines(file))} | {len(pairs)} | {cells} |")
        unknown += [pair for pair in pairs if pair not in labels]
    for question, along, against in unknown:
        print(f"\n{question}\n    {along}\n    {against}")


if __name__ == "__main__":
    main()
