"""How often the right article comes first on a corpus of real size: templated questions of known answer.

    python benchmarks/demo_questions.py DATA --index INDEX [--misses N]

DATA holds articles/ and questions.jsonl (text, and the ids of the articles that answer); INDEX is built, or
brought up to date, from the articles. Prints the shares and the N worst misses.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.build import build  # noqa: E402 - the project need not be installed
from healthsearch.models import find_model  # noqa: E402
from healthsearch.search import Searcher  # noqa: E402

DEPTH = 20


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--index", type=Path, required=True, metavar="INDEX")
    parser.add_argument("--misses", type=int, default=20, metavar="N")
    arguments = parser.parse_args()
    summary = build(arguments.data / "articles", arguments.index, find_model())
    print(f"index: {summary.encoded} passages encoded, {summary.reused} reused, {summary.seconds:.1f} s")
    searcher = Searcher.open(arguments.index)
    titles = {article.id: article.title for article in searcher.generation.article_store.articles()}
    ranks, times, misses = [], [], []
    for line in (arguments.data / "questions.jsonl").read_text(encoding="utf-8").split("\n"):
        if not line:
            continue
        question = json.loads(line)
        started = time.perf_counter()
        found = [article for article, _ in searcher.rank_articles(question["text"], DEPTH)]
        times.append((time.perf_counter() - started) * 1000)
        rank = next((n for n, article in enumerate(found, start=1) if article in question["articles"]), DEPTH + 1)
        ranks.append(rank)
        misses.append((rank, question["text"], titles[question["articles"][0]], titles[found[0]]))
    for depth in (1, 5):
        print(f"right article among the first {depth}: {sum(rank <= depth for rank in ranks) / len(ranks):.1%}")
    print(f"milliseconds a question, ranking only: median {statistics.median(times):.1f}")
    for rank, text, wanted, first in sorted(misses, key=lambda miss: -miss[0])[: arguments.misses]:
        print(f"{rank:>3}  {text}  wanted: {wanted}  first: {first}")


if __name__ == "__main__":
    main()
