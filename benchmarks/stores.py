"""The same questions asked of an index folder and of a store that holds the same generation: do both answer alike?

    python benchmarks/stores.py INDEX QUESTIONS URI [--most 100]

Publishes the index at URI (a file of milvus-lite, or a server) and asks each question of QUESTIONS (a JSONL file with
"question" or "text") of both. Prints how many of the first ten passages are the same, how many of the 200 nearest the
store finds (its recall: those of the index folder are exact up to 50,000 passages), and how long a question takes.
Needs requirements-cluster.txt.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from healthsearch.address import parse_address
from healthsearch.answer import Answer
from healthsearch.index_folder import ENCODERS
from healthsearch.publishing import publish
from healthsearch.search import CANDIDATES, Searcher
from healthsearch.stores import open_store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("uri")
    parser.add_argument("--most", type=int, default=100)
    arguments = parser.parse_args()
    with arguments.questions.open(encoding="utf-8") as lines:
        asked = [json.loads(line) for line in lines]
    questions = [one.get("question") or one["text"] for one in asked][:: max(1, len(asked) // arguments.most)]

    address = parse_address(arguments.uri)
    started = time.perf_counter()
    sent = publish(arguments.index, address)
    seconds = time.perf_counter() - started
    store = open_store(address)
    ours = Searcher.open(arguments.index)
    theirs = Searcher.reading(store, arguments.index / ENCODERS, ours.encoder)
    passages = store.info().facts.passages
    print(
        f"{store.info().engine}, {address.index}: {passages:,} passages, {sent.articles} articles sent: {seconds:.0f} s"
    )

    same, recalls = [], []
    times: dict[str, list[float]] = {"index folder": [], "store": []}
    for question in questions:
        found = []
        for name, searcher in (("index folder", ours), ("store", theirs)):
            answer = searcher.search(question, 10)
            times[name].append(answer.milliseconds)
            found.append(places(answer))
        same.append(len(found[0] & found[1]) / max(1, len(found[0])))
        query = ours.encoder.encode_query([question])[0]
        near = ours.generation.vectors.search(query, CANDIDATES)[1]
        # Rows differ between the two, cosines do not.
        reached = store.dense(query, CANDIDATES).scores
        recalls.append(float((reached >= near[-1] - 1e-6).sum()) / len(near))
    print(f"{len(questions)} questions: {statistics.fmean(same):.4f} of the first ten are the same")
    print(f"recall of the {CANDIDATES} nearest: {statistics.fmean(recalls):.4f}")
    for name, taken in times.items():
        print(f"{name}: {statistics.median(taken):.1f} ms a question (median)")


def places(answer: Answer) -> set[tuple[str, int]]:
    return {(article.id, hit.passage.start) for hit, article in answer.hits}


if __name__ == "__main__":
    main()
