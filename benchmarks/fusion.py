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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from relevance import JUDGED, lines, span

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.build import build  # noqa: E402 - the project need not be installed
from healthsearch.encoder import find_model  # noqa: E402
from healthsearch.evaluation import index_documents, ndcg, read_qrels, read_queries  # noqa: E402
from healthsearch.fusion import fuse  # noqa: E402
from healthsearch.search import CANDIDATES, PASSAGES_PER_ARTICLE, Searcher  # noqa: E402

SENTENCE_SHARES = (0.0, 0.3, 0.5, 0.7)
WORD_WEIGHTS = (0.0, 0.3, 0.6, 0.9)

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The passages that one question can be answered from, with the three things that fusion weighs."""

    rows: Rows
    passage: npt.NDArray[np.float32]
    sentence: npt.NDArray[np.float32]
    words: npt.NDArray[np.float32]

    def ranked(self, share: float, weight: float) -> Rows:
        """The rows, best first."""
        scores = fuse(self.passage, self.sentence, self.words, share, weight)
        return self.rows[np.argsort(-scores, kind="stable")]


def candidates(searcher: Searcher, question: str) -> Candidates:
    """As ``Searcher`` finds them, before fusion."""
    generation = searcher.generation
    read, _ = searcher.speller.correct(question)
    query = searcher.encoder.encode_query([read])[0]
    shared = generation.words.scores(read)
    matching = np.argsort(-shared, kind="stable")[:CANDIDATES]
    rows = np.union1d(generation.vectors.search(query, CANDIDATES)[0], matching[shared[matching] > 0])
    return Candidates(
        rows, generation.vectors.scores(query, rows), generation.best_sentences(query, rows), shared[rows]
    )


def own(cache: Path) -> tuple[str, Callable[[float, float], str]]:
    """Our own questions: right passage first, and among the first three."""
    build(ROOT / "corpus", cache / "own", find_model())
    searcher = Searcher.open(cache / "own")
    asked = lines(JUDGED / "queries.jsonl")
    found = [candidates(searcher, line["text"]) for line in asked]
    spans = [[span(searcher, entry) for entry in line["metadata"]["answers"]] for line in asked]

    def right(row: int, wanted: list[tuple[str, int, int]]) -> bool:
        passage = searcher.generation.store.passage(row).passage
        return any(
            article == passage.article_id and min(end, passage.end) - max(start, passage.start) >= (end - start) / 2
            for article, start, end in wanted
        )

    def measured(share: float, weight: float) -> str:
        ranks = []
        for passages, wanted in zip(found, spans, strict=True):
            taken: Counter[str] = Counter()
            kept: list[int] = []
            for row in passages.ranked(share, weight).tolist():
                article = searcher.generation.store.passage(row).passage.article_id
                if taken[article] < PASSAGES_PER_ARTICLE:
                    taken[article] += 1
                    kept.append(row)
                if len(kept) == 3:
                    break
            ranks.append(next((n for n, row in enumerate(kept) if right(row, wanted)), 3))
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
            rows = found[query].ranked(share, weight).tolist()
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
