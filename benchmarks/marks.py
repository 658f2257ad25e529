"""Whether the marked sentence is the one that answers, against simpler choices.

    python benchmarks/marks.py DATA --cache DIR

DATA holds covidqa (articles, and spans.jsonl with the exact answers). For every question whose answer lies wholly in
one passage, prints how often the sentence chosen in that passage overlaps the answer. The index is kept under DIR.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.spans import open_articles, read_spans  # noqa: E402
from healthsearch.mark import mark, word_share  # noqa: E402
from healthsearch.models import find_model  # noqa: E402 - the project need not be installed
from healthsearch.passages import Passage  # noqa: E402
from healthsearch.words import words  # noqa: E402

# The start and end, within the passage, of the sentence chosen for a question.
Choice = Callable[[Passage, np.ndarray, Mapping[str, float]], tuple[int, int]]


def marked(passage: Passage, cosines: np.ndarray, weights: Mapping[str, float]) -> tuple[int, int]:
    """The product's own mark."""
    return next((one.start, one.end) for one in mark(passage, cosines, weights) if one.kind == "answer")


def first(passage: Passage, cosines: np.ndarray, weights: Mapping[str, float]) -> tuple[int, int]:
    return passage.sentences[0]


def most_words(passage: Passage, cosines: np.ndarray, weights: Mapping[str, float]) -> tuple[int, int]:
    counts = [len(weights.keys() & set(words(passage.text[start:end]))) for start, end in passage.sentences]
    return passage.sentences[int(np.argmax(counts))]


def rarest_words(passage: Passage, cosines: np.ndarray, weights: Mapping[str, float]) -> tuple[int, int]:
    shares = [word_share(weights, passage.text[start:end]) for start, end in passage.sentences]
    return passage.sentences[int(np.argmax(shares))]


def nearest(passage: Passage, cosines: np.ndarray, weights: Mapping[str, float]) -> tuple[int, int]:
    return passage.sentences[int(np.argmax(cosines))]


CHOICES: dict[str, Choice] = {
    "the first sentence": first,
    "most words shared": most_words,
    "most words shared, by weight": rarest_words,
    "nearest in meaning": nearest,
    "**the mark: meaning and words**": marked,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR")
    arguments = parser.parse_args()
    folder = arguments.data / "covidqa"
    searcher = open_articles(folder, arguments.cache, find_model())
    generation = searcher.generation
    passages = [generation.article_store.passage(row).passage for row in range(len(generation.vectors))]
    hits: dict[str, list[bool]] = {name: [] for name in CHOICES}
    for span in read_spans(folder):
        query = searcher.encoder.encode_query([span.question])[0]
        weights = generation.words.weights(words(span.question))
        for row, passage in enumerate(passages):
            if span.within(passage):
                cosines = generation.sentence_cosines(query, np.array([row]))
                for name, choose in CHOICES.items():
                    at, to = choose(passage, cosines, weights)
                    hits[name].append(passage.start + at < span.end and passage.start + to > span.start)
                break
    print(f"{len(next(iter(hits.values())))} questions\n\n| sentence chosen | overlaps the answer |\n|---|---|")
    for name, found in hits.items():
        print(f"| {name} | {statistics.fmean(found):.1%} |")


if __name__ == "__main__":
    main()
