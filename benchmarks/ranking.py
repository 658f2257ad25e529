"""What each part of the ranking adds, on the development sets.

    python benchmarks/ranking.py DATA --cache DIR             what is fused, and how
    python benchmarks/ranking.py DATA --cache DIR --splitting  how articles are split, on covidqa (encodes)

DATA holds the BEIR folders nfcorpus, mediqa2019 and covidqa (with articles and spans.jsonl). Prints nDCG@10 on each,
and for the spans the share of questions whose answer lies wholly in the first passage, and in the first five (at most
two of an article). Indexes are kept under DIR.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.spans import open_articles, read_spans  # noqa: E402
from healthsearch import passages  # noqa: E402 - the project need not be installed
from healthsearch.evaluation import index_documents, ndcg, read_qrels, read_queries  # noqa: E402
from healthsearch.fusion import WEIGHTS, Measures, fuse  # noqa: E402
from healthsearch.models import LocalModel, find_model  # noqa: E402
from healthsearch.search import CANDIDATES, PASSAGES_PER_ARTICLE, Searcher  # noqa: E402
from healthsearch.words import words  # noqa: E402

SETS = (("nfcorpus", "dev"), ("mediqa2019", "train_alexa"), ("mediqa2019", "dev"), ("covidqa", "test_a"))
# Splitting matters where documents are long.
SPLIT_SETS = SETS[-1:]
SIZES = (80, 120, 160, 220)
# Steps by which weights are fitted, each half of the last.
STEPS = (0.2, 0.1, 0.05)

Scorer = Callable[["Asked"], np.ndarray]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's candidates: their measures, BM25 of the passages, articles, and what they are worth.

    ``copies``: the ids of other documents with an article's text, which rank with it.
    """

    measures: Measures
    bm25: np.ndarray
    articles: np.ndarray
    rows: np.ndarray
    judged: Mapping[str, int]
    holding: frozenset[int]
    copies: Mapping[str, Sequence[str]]


def ask(searcher: Searcher, question: str, feedback: float = 0.0) -> tuple[np.ndarray, Measures, np.ndarray]:
    """The candidates of a search, twice as deep as it begins; with ``feedback``, of the question moved to its first."""
    read, _ = searcher.speller.correct(" ".join(question.split()))
    query = searcher.encoder.encode_query([read])[0]
    if feedback:
        nearest, _ = searcher.generation.vectors.search(query, 3)
        query = query + feedback * np.mean([searcher.generation.vectors.rows(n, n + 1)[0] for n in nearest], axis=0)
        query /= np.linalg.norm(query)
    _, rows, measures = searcher.index.inquiry(query, words(read)).candidates(2 * CANDIDATES)
    return rows, measures, searcher.generation.words.scores(words(read))[rows]


def judged_set(data: Path, cache: Path, name: str, split: str, model: LocalModel, feedback: float = 0.0) -> list[Asked]:
    """Every judged question of a BEIR folder."""
    searcher = Searcher.open(index_documents(data / name, cache, model))
    articles = np.array(searcher.generation.article_store.ids(), dtype=object)[searcher.generation.article_rows]
    queries, found = read_queries(data / name), []
    for query, judged in read_qrels(data / name, split).items():
        rows, measures, bm25 = ask(searcher, queries[query], feedback)
        found.append(Asked(measures, bm25, articles[rows], rows, judged, frozenset(), searcher.index.copies))
    return found


def span_set(data: Path, cache: Path, model: LocalModel) -> list[Asked]:
    """Every question of spans.jsonl, asked of the whole articles."""
    searcher = open_articles(data / "covidqa", cache, model)
    store = searcher.generation.article_store
    articles = np.array(store.ids(), dtype=object)[store.article_rows()]
    stored = [store.passage(row).passage for row in range(len(articles))]
    found = []
    for span in read_spans(data / "covidqa"):
        holding = frozenset(row for row, passage in enumerate(stored) if span.within(passage))
        rows, measures, bm25 = ask(searcher, span.question)
        found.append(Asked(measures, bm25, articles[rows], rows, {}, holding, {}))
    return found


def mean_ndcg(asked: list[Asked], score: Scorer) -> float:
    """nDCG@10 of the articles by their best passage."""
    figures = []
    for one in asked:
        order = np.argsort(-score(one), kind="stable")
        ranked = dict.fromkeys(one.articles[order])
        figures.append(ndcg([each for found in ranked for each in (found, *one.copies.get(found, ()))], one.judged, 10))
    return statistics.fmean(figures)


def covered(asked: list[Asked], score: Scorer) -> tuple[float, float]:
    """How often the first passage holds the answer, and one of the first five."""
    ranks = []
    for one in asked:
        taken: Counter[str] = Counter()
        kept: list[int] = []
        for place in np.argsort(-score(one), kind="stable"):
            if taken[one.articles[place]] < PASSAGES_PER_ARTICLE:
                taken[one.articles[place]] += 1
                kept.append(int(one.rows[place]))
            if len(kept) == 5:
                break
        ranks.append(next((rank for rank, row in enumerate(kept) if row in one.holding), 5))
    return statistics.fmean(rank < 1 for rank in ranks), statistics.fmean(rank < 5 for rank in ranks)


def weighted(weights: Mapping[str, float]) -> Scorer:
    """The product's own fusion with these weights."""
    return lambda one: fuse(one.measures, weights)


def reciprocal_ranks(one: Asked) -> np.ndarray:
    """RRF with the customary 60 (Cormack et al., SIGIR 2009)."""
    lists = (one.measures.passage, one.bm25)
    return np.asarray(
        sum(1 / (60 + 1 + np.argsort(np.argsort(-scores, kind="stable"), kind="stable")) for scores in lists)
    )


def convex(one: Asked, share: float = 0.8) -> np.ndarray:
    """Convex fusion with the theoretical minimum (Bruch, Gai & Ingber 2023)."""
    meaning = (one.measures.passage + 1) / (one.measures.passage.max() + 1)
    return np.asarray(share * meaning + (1 - share) * one.bm25 / max(float(one.bm25.max()), 1e-9))


def report(name: str, sets: list[list[Asked]], spans: list[Asked], score: Scorer) -> None:
    """A line of a table."""
    figures = [mean_ndcg(asked, score) for asked in sets]
    first, five = covered(spans, score)
    cells = " | ".join(f"{figure:.3f}" for figure in figures)
    print(f"| {name} | {cells} | {statistics.fmean(figures):.3f} | {first:.1%} / {five:.1%} |", flush=True)


def heading(first: str, sets: tuple[tuple[str, str], ...] = SETS) -> None:
    """The head of a table."""
    names = " | ".join(f"{name} {split}" for name, split in sets)
    print(f"\n| {first} | {names} | mean | spans: first / first 5 |\n|{'---|' * (len(sets) + 3)}")


def fitted(sets: list[list[Asked]]) -> dict[str, float]:
    """The weights with the best mean nDCG@10, by coordinate ascent from equal ones."""
    weights = dict.fromkeys(WEIGHTS, 0.3)

    def goal(tried: Mapping[str, float]) -> float:
        return statistics.fmean(mean_ndcg(asked, weighted(tried)) for asked in sets) if any(tried.values()) else 0.0

    best = goal(weights)
    for step in STEPS:
        moved = True
        while moved:
            moved = False
            for name in weights:
                for change in (step, -step):
                    tried = weights | {name: max(0.0, weights[name] + change)}
                    if (reached := goal(tried)) > best + 1e-4:
                        best, weights, moved = reached, tried, True
    return weights


def fusion(data: Path, cache: Path) -> None:
    """What is fused, and how."""
    model = find_model()
    sets = [judged_set(data, cache, name, split, model) for name, split in SETS]
    spans = span_set(data, cache, model)
    heading("ranking by")
    report("meaning alone: the passage's cosine", sets, spans, lambda one: one.measures.passage)
    report("words alone: the passage's BM25", sets, spans, lambda one: one.bm25)
    report("both, by ranks (RRF 60)", sets, spans, reciprocal_ranks)
    report("both, convex, 0.8 meaning", sets, spans, convex)
    report("**all measures, as shipped**", sets, spans, weighted(WEIGHTS))
    for name in WEIGHTS:
        report(f"without {name}", sets, spans, weighted({**WEIGHTS, name: 0.0}))
    moved = [judged_set(data, cache, name, split, model, feedback=0.3) for name, split in SETS]
    report("question moved to its first three passages (Rocchio)", moved, spans, weighted(WEIGHTS))
    heading("weights fitted to")
    collections = {name: [asked for asked, (of, _) in zip(sets, SETS, strict=True) if of == name] for name, _ in SETS}
    single = {}
    for name, own in collections.items():
        weights = fitted(own)
        single[name] = [mean_ndcg(asked, weighted(weights)) for asked in own]
        report(f"{name} alone", sets, spans, weighted(weights))
    for name in collections:
        weights = fitted([asked for other, own in collections.items() if other != name for asked in own])
        report(f"all but {name}", sets, spans, weighted(weights))
    ratios = [
        mean_ndcg(asked, weighted(WEIGHTS)) / best
        for name, own in collections.items()
        for asked, best in zip(own, single[name], strict=True)
    ]
    print(f"\nAs shipped over the best fitted to a collection alone: {min(ratios):.3f} at the lowest")


@contextmanager
def splitting(size: int, context: bool = True, overlap: bool = False) -> Iterator[None]:
    """Passages of another size, without title and headings, or with one more across each cut."""
    kept = passages.TARGET_TOKENS, passages._contexts, passages._pack

    def pack(units: list[Any], target: int, room: int) -> list[list[Any]]:
        groups = kept[2](units, target, room)
        across = [one[len(one) // 2 :] + two[: (len(two) + 1) // 2] for one, two in itertools.pairwise(groups)]
        return (
            [group for pair in zip(groups, [*across, []], strict=True) for group in pair if group]
            if overlap
            else groups
        )

    passages.TARGET_TOKENS = size
    passages._pack = pack
    if not context:
        passages._contexts = lambda article, all_sections, tokenizer: [""] * len(all_sections)
    try:
        yield
    finally:
        passages.TARGET_TOKENS, passages._contexts, passages._pack = kept


def split_otherwise(data: Path, cache: Path) -> None:
    """How articles are split."""
    model = find_model()
    heading("splitting", SPLIT_SETS)
    ways = [(f"{size} tokens", splitting(size)) for size in SIZES]
    ways += [("160 tokens, no title or headings", splitting(160, context=False))]
    ways += [("160 tokens, one more across each cut", splitting(160, overlap=True))]
    for name, way in ways:
        home = cache / "splitting" / name.replace(" ", "-")
        with way:
            sets = [judged_set(data, home, *of, model) for of in SPLIT_SETS]
            report(name, sets, span_set(data, home, model), weighted(WEIGHTS))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR")
    parser.add_argument("--splitting", action="store_true")
    arguments = parser.parse_args()
    (split_otherwise if arguments.splitting else fusion)(arguments.data, arguments.cache)


if __name__ == "__main__":
    main()
