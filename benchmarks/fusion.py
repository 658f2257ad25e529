"""What the two constants of fusion do, on our own questions and on BEIR folders.

    python benchmarks/fusion.py --cache DIR [FOLDER:SPLIT ...]

Prints, for each pair of sentence share and word weight, the share of our own questions whose right passage comes
first and among the first three, and nDCG@10 on each folder. Indexes are kept under DIR.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from relevance import JUDGED, holds, lines, span

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.build import build  # noqa: E402 - the project need not be installed
from healthsearch.encoder import find_model  # noqa: E402
from healthsearch.evaluation import index_documents, ndcg, read_qrels, read_queries  # noqa: E402
from healthsearch.fusion import fuse  # noqa: E402
from healthsearch.passages import Passage  # noqa: E402
from healthsearch.search import CANDIDATES, PASSAGES_PER_ARTICLE, Candidates, Searcher  # noqa: E402

SENTENCE_SHARES = (0.0, 0.3, 0.5, 0.7)
WORD_WEIGHTS = (0.0, 0.3, 0.6, 0.9)


def candidates(searcher: Searcher, question: str) -> Candidates:
    """What the searcher itself would fuse for this question."""
    read, _ = searcher.speller.correct(question)
    return searcher.candidates(read, searcher.encoder.encode_query([read])[0], CANDIDATES)


def ranked(found: Candidates, share: float, weight: float) -> list[int]:
    """The candidates' rows, best first."""
    scores = fuse(found.passage, found.sentence, found.words, share, weight)
    rows: list[int] = found.rows[np.argsort(-scores, kind="stable")].tolist()
    return rows


def own(cache: Path) -> tuple[str, Callable[[float, float], str]]:
    """Our own questions: right passage first, and among the first three."""
    build(ROOT / "corpus", cache / "own", find_model())
    searcher = Searcher.open(cache / "own")
    asked = lines(JUDGED / "queries.jsonl")
    found = [candidates(searcher, line["text"]) for line in asked]
    spans = [[span(searcher, entry) for entry in line["metadata"]["answers"]] for line in asked]

    def measured(share: float, weight: float) -> str:
        ranks = []
        for passages, wanted in zip(found, spans, strict=True):
            taken: Counter[str] = Counter()
            kept: list[Passage] = []
            for row in ranked(passages, share, weight):
                passage = searcher.generation.store.passage(row).passage
                if taken[passage.article_id] < PASSAGES_PER_ARTICLE:
                    taken[passage.article_id] += 1
                    kept.append(passage)
                if len(kept) == 3:
                    break
            ranks.append(next((n for n, passage in enumerate(kept) if holds(passage, wanted)), 3))
        return (
            f"{statistics.fmean(rank < 1 for rank in ranks):.3f} / {statistics.fmean(rank < 3 for rank in ranks):.3f}"
        )

    return "own: first / first 3", measured


def folder(place: str, cache: Path) -> tuple[str, Callable[[float, float], str]]:
    """A BEIR folder, named as FOLDER:SPLIT: nDCG@10."""
    path, _, split = place.rpartition(":")
    searcher = Searcher.open(index_documents(Path(path), cache, find_model()))
    queries, qrels = read_queries(Path(path)), read_qrels(Path(path), split)
    found = {query: candidates(searcher, queries[query]) for query in qrels}
    articles = searcher.generation.store.article_ids()

    def measured(share: float, weight: float) -> str:
        figures = []
        for query, judged in qrels.items():
            rows = ranked(found[query], share, weight)
            figures.append(ndcg(list(dict.fromkeys(articles[row] for row in rows)), judged, 10))
        return f"{statistics.fmean(figures):.3f}"

    return f"{Path(path).name} {split}", measured


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="FOLDER:SPLIT")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR")
    arguments = parser.parse_args()
    sets = [own(arguments.cache), *(folder(place, arguments.cache) for place in arguments.folders)]
    print(f"| sentence share | word weight | {' | '.join(name for name, _ in sets)} |\n|{'---|' * (len(sets) + 2)}")
    for share in SENTENCE_SHARES:
        for weight in WORD_WEIGHTS:
            cells = " | ".join(measured(share, weight) for _, measured in sets)
            print(f"| {share} | {weight} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
