"""How often a sentence marked as a caution is one, and a contradiction note right: python benchmarks/cautions.py

Counts on the sentences of tests/sentences, which were drawn by lot, half of them from those that the rules call
cautions, and labelled without sight of the rules. Those of other articles are kept as places only: give the folder
with --articles (Markdown, as in demo_corpus) to count them too.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.cautions import is_caution  # noqa: E402 - the project need not be installed
from healthsearch.corpus import articles  # noqa: E402
from healthsearch.polarity import says_no  # noqa: E402

LABELLED = ROOT / "tests" / "sentences"


def read(name: str) -> list[dict[str, Any]]:
    """The labelled sentences of one file."""
    return [json.loads(line) for line in (LABELLED / name).read_text(encoding="utf-8").splitlines()]


def sentences_of(lines: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The lines with their sentences, cut from the articles."""
    texts = {article.id: article.text for article in articles(folder)}
    return [line | {"sentence": texts[line["article"]][line["start"] : line["end"]]} for line in lines]


def report(name: str, lines: Sequence[dict[str, Any]]) -> None:
    """Print precision and recall of both."""
    called = {
        "caution": [is_caution(line["sentence"]) for line in lines],
        "opposite": [says_no(line["question"], line["sentence"]) for line in lines],
    }
    for kind, found in called.items():
        right = sum(one and line[kind] for one, line in zip(found, lines, strict=True))
        there = sum(line[kind] for line in lines)
        print(f"| {name} | {kind} | {sum(found)} | {right / max(sum(found), 1):.1%} | {there} | {right / there:.1%} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, metavar="DIR", help="the articles of tests/sentences/demo.jsonl")
    arguments = parser.parse_args()
    print(f"| sentences | label | called so | precision | there are | recall |\n|{'---|' * 6}")
    report("own", read("own.jsonl"))
    if arguments.articles:
        report("demo", sentences_of(read("demo.jsonl"), arguments.articles))


if __name__ == "__main__":
    main()
