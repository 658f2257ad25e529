"""Measuring quality: BEIR folders through the product's own pipeline, the measures, TREC run files.

A BEIR document becomes an article file, so that splitting, encoding, fusion and grouping are the ones that
users get. The measures are compared with ir_measures in the tests.
"""

from __future__ import annotations

import itertools
import json
import math
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from healthsearch.address import Address
from healthsearch.build import build
from healthsearch.encoder import Model
from healthsearch.errors import HealthSearchError
from healthsearch.files import sha256
from healthsearch.index_folder import ENCODERS
from healthsearch.publishing import publish
from healthsearch.readers import whole
from healthsearch.reranker import Reranker
from healthsearch.search import Searcher
from healthsearch.stores import open_store

Qrels = dict[str, dict[str, int]]

# Documents a query in a run, as is the custom of TREC.
RUN_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the judged queries, and the milliseconds that a query took (median)."""

    queries: int
    ndcg_10: float
    recall_10: float
    recall_100: float
    mrr_10: float
    success_1: float
    milliseconds: float

    def as_json(self) -> dict[str, Any]:
        """The figures by their customary names."""
        names = {"ndcg_10": "nDCG@10", "recall_10": "recall@10", "recall_100": "recall@100"}
        names |= {"mrr_10": "MRR@10", "success_1": "success@1"}
        return {names.get(name, name): value for name, value in asdict(self).items()}


def evaluate(
    folder: Path,
    split: str,
    cache: Path,
    model: Model,
    run_file: Path | None = None,
    reranker: Reranker | None = None,
    store: Address | None = None,
) -> Figures:
    """Index a BEIR folder under ``cache``, answer the judged queries of ``split``, and measure.

    The index is kept, named by the content of the documents, so that only the first run encodes. Every
    judged query counts: one that finds nothing scores 0. With a ``store`` the index is published there, and that is
    asked. Raises HealthSearchError on an unusable folder, before anything is encoded.
    """
    queries, qrels = read_queries(folder), read_qrels(folder, split)
    for query in qrels:
        if query not in queries:
            raise HealthSearchError(folder, f"query {query!r} is judged but not in queries.jsonl", "Mend the folder.")
    index = index_documents(folder, cache, model)
    encoder = model.load(index / ENCODERS)
    if store is None:
        searcher = Searcher.open(index, encoder, reranker)
    else:
        # A collection of its own, as the index has a folder of its own.
        beside = replace(store, collection=f"{store.collection}_{index.parent.name}")
        publish(index, beside)
        searcher = Searcher.reading(open_store(beside), index / ENCODERS, encoder, reranker)
    run: dict[str, list[tuple[str, float]]] = {}
    times = []
    for query in qrels:
        started = time.perf_counter()
        run[query] = searcher.rank_articles(queries[query], RUN_DEPTH)
        times.append((time.perf_counter() - started) * 1000)
    if run_file is not None:
        write_run(run_file, run)
    return measure({query: [doc for doc, _ in ranking] for query, ranking in run.items()}, qrels, times)


def measure(run: Mapping[str, Sequence[str]], qrels: Qrels, times: Sequence[float]) -> Figures:
    """The figures of a run, each query's documents best first, averaged over the judged queries."""
    pairs = [(run.get(query, ()), judged) for query, judged in qrels.items()]
    return Figures(
        queries=len(pairs),
        ndcg_10=statistics.fmean(ndcg(ranking, judged, 10) for ranking, judged in pairs),
        recall_10=statistics.fmean(recall(ranking, judged, 10) for ranking, judged in pairs),
        recall_100=statistics.fmean(recall(ranking, judged, 100) for ranking, judged in pairs),
        mrr_10=statistics.fmean(reciprocal_rank(ranking, judged, 10) for ranking, judged in pairs),
        success_1=statistics.fmean(reciprocal_rank(ranking, judged, 1) for ranking, judged in pairs),
        milliseconds=statistics.median(times),
    )


def ndcg(ranking: Sequence[str], judged: Mapping[str, int], k: int) -> float:
    """nDCG@k with linear gain and log2 discount (Järvelin & Kekäläinen, TOIS 2002).

    The ideal comes from ``judged``, not from what was retrieved, so that a relevant document that was
    missed costs. 0.0 when nothing judged is relevant.
    """
    ideal = _dcg(sorted((max(grade, 0) for grade in judged.values()), reverse=True)[:k])
    return _dcg([max(judged.get(doc, 0), 0) for doc in ranking[:k]]) / ideal if ideal else 0.0


def recall(ranking: Sequence[str], judged: Mapping[str, int], k: int) -> float:
    """The share of the relevant documents among the first k; 0.0 when nothing judged is relevant."""
    relevant = {doc for doc, grade in judged.items() if grade > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], judged: Mapping[str, int], k: int) -> float:
    """1 over the rank of the first relevant document among the first k, else 0.0."""
    return next((1 / rank for rank, doc in enumerate(ranking[:k], start=1) if judged.get(doc, 0) > 0), 0.0)


def _dcg(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def index_documents(folder: Path, cache: Path, model: Model) -> Path:
    """The index of a BEIR folder's documents, built under ``cache`` unless it is there already.

    Raises HealthSearchError when a document cannot be part of it.
    """
    documents = folder / "corpus.jsonl"
    try:
        home = cache / sha256(documents)[:16]
    except OSError as error:
        raise _unusable(documents, error) from None
    write_articles(folder, home / "articles")
    summary = build(home / "articles", home / "index", model)
    if summary.skipped:
        # A judged document that is not there would only make the figures worse.
        number = int(PurePosixPath(summary.skipped[0].place).stem)
        name, *_ = next(itertools.islice(read_documents(folder), number, None))
        raise _unusable(documents, ValueError(f"document {name!r} cannot be indexed: {summary.skipped[0].cause}"))
    return home / "index"


def write_articles(folder: Path, into: Path) -> None:
    """Write the documents of a BEIR folder into another as article files, in their order.

    One without text has its title as text, and one without either its id.
    """
    into.mkdir(parents=True, exist_ok=True)
    for number, (name, title, text) in enumerate(read_documents(folder)):
        header = f"---\nid: {json.dumps(name)}\ntitle: {json.dumps(title or name)}\n---\n"
        (into / f"{number:08d}.txt").write_text(
            header + next(each for each in (text, title, name) if each.strip()), encoding="utf-8"
        )


def read_documents(folder: Path) -> Iterator[tuple[str, str, str]]:
    """The documents of a BEIR folder: id, title in one line (empty where there is none), text.

    Characters that are no text are U+FFFD, as in an article. Raises HealthSearchError when an id stands twice.
    """
    file, seen = folder / "corpus.jsonl", set()
    for line in _json_lines(file):
        name = line["_id"]
        if name in seen:
            raise _unusable(file, ValueError(f"two documents have the '_id' {name!r}"))
        seen.add(name)
        yield name, whole(" ".join(str(line.get("title") or "").split())), whole(line["text"])


def read_queries(folder: Path, file: str = "queries.jsonl") -> dict[str, str]:
    """The queries of a BEIR folder, by id."""
    return {line["_id"]: whole(line["text"]) for line in _json_lines(folder / file)}


def read_qrels(folder: Path, split: str) -> Qrels:
    """The judgements of a BEIR folder: for each query a grade for each judged document."""
    file = folder / "qrels" / f"{split}.tsv"
    qrels: Qrels = {}
    try:
        with file.open(encoding="utf-8") as lines:
            next(lines, None)
            for number, line in enumerate(lines, start=2):
                query, document, grade = _judgement(line, number)
                qrels.setdefault(query, {})[document] = grade
    except FileNotFoundError:
        there = ", ".join(sorted(path.stem for path in file.parent.glob("*.tsv"))) or "none"
        raise HealthSearchError(
            file, "there are no judgements for this split", f"Name one with --split; there: {there}."
        ) from None
    except (OSError, ValueError) as error:
        raise _unusable(file, error) from None
    if not qrels:
        raise _unusable(file, ValueError("no query is judged"))
    return qrels


def write_run(file: Path, run: Mapping[str, Sequence[tuple[str, float]]]) -> None:
    """Write rankings in TREC's form: query, Q0, document, rank, score, name of the run.

    Programs that read it ignore the rank and order equal scores by the document's id. So a score that would not be
    below the one before, as that of a copy, is written a millionth below it.
    """
    with file.open("w", encoding="utf-8") as lines:
        for query, ranking in run.items():
            millionths: float = math.inf
            for rank, (document, score) in enumerate(ranking, start=1):
                millionths = min(round(score * 1e6), millionths - 1)
                lines.write(f"{query} Q0 {document} {rank} {millionths / 1e6:.6f} healthsearch\n")


def _judgement(line: str, number: int) -> tuple[str, str, int]:
    try:
        query, document, grade = line.split("\t")
        return query, document, int(grade)
    except ValueError:
        raise ValueError(f"line {number} is not a query, a document and a whole number, with tabs between") from None


def _json_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, each with the texts ``_id`` and ``text``."""
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _json_object(line, number)
    except (OSError, ValueError) as error:
        raise _unusable(file, error) from None


def _json_object(line: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        raise ValueError(f"line {number} is not JSON") from None
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in ("_id", "text")):
        raise ValueError(f"line {number} has no '_id' and 'text'")
    return value


def _unusable(file: Path, error: OSError | ValueError) -> HealthSearchError:
    cause = error.strerror if isinstance(error, OSError) else error
    return HealthSearchError(
        file, f"it cannot be used ({cause})", "A BEIR folder holds corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv."
    )
