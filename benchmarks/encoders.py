"""Whether the packaged adapter ranks better than the encoder that it was made of, question by question.

    python benchmarks/encoders.py DATA --cache DIR

DATA holds the BEIR folders mediqa2019, nfcorpus and covidqa, the development sets. Prints nDCG@10 of the product's
ranking with each encoder, the difference with its 95% interval (bootstrap over the questions, Efron 1979), and how many
questions gained and lost. One index serves both; they are kept under DIR.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.ranking import SETS  # noqa: E402 - the project need not be installed
from healthsearch.encoder import Encoder  # noqa: E402
from healthsearch.evaluation import index_documents, ndcg, read_qrels, read_queries  # noqa: E402
from healthsearch.models import ORIGINAL, TUNED, find_model  # noqa: E402
from healthsearch.search import Searcher  # noqa: E402

DEPTH = 10
SAMPLES = 10_000


def gains(index: Path, encoder: Encoder, data: Path, split: str) -> np.ndarray:
    """nDCG@10 of each judged question, in the order of the judgements."""
    searcher, queries = Searcher.open(index, encoder), read_queries(data)
    return np.array(
        [
            ndcg([article for article, _ in searcher.rank_articles(queries[query], DEPTH)], judged, DEPTH)
            for query, judged in read_qrels(data, split).items()
        ]
    )


def interval(differences: np.ndarray, samples: int = SAMPLES) -> tuple[float, float]:
    """Between which values 95% of the means of as many questions, drawn with repetition, lie."""
    drawn = np.random.default_rng(0).integers(0, len(differences), (samples, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where the indexes are kept")
    arguments = parser.parse_args(argv)
    original = find_model(ORIGINAL)
    encoders = [model.load(arguments.cache / "encoders") for model in (original, find_model(TUNED))]
    print(f"| questions | number | {ORIGINAL} | {TUNED} | difference, 95% interval | better | worse |\n|{'---|' * 7}")
    for name, split in SETS:
        folder = arguments.data / name
        index = index_documents(folder, arguments.cache, original)
        before, after = (gains(index, encoder, folder, split) for encoder in encoders)
        change = after - before
        low, high = interval(change)
        print(
            f"| {name} {split} | {len(change)} | {before.mean():.4f} | {after.mean():.4f} | "
            f"{change.mean():+.4f}, {low:+.4f} to {high:+.4f} | {(change > 0).sum()} | {(change < 0).sum()} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
