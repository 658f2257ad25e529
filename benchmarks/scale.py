"""How long building and asking take as the collection grows, with made-up articles and a made-up encoder.

    python benchmarks/scale.py --passages N --work DIR [--questions N]

DIR is an empty folder, or that of an earlier run with the same N, whose articles and index are then taken as they are.
Everything but the network is the project's own: files are read, split, indexed, published and asked. The articles are
words drawn from a Zipf distribution, some from a subject of the article's own. A text's vector is the mean of made-up
vectors of its words, which lie around those of their subjects: texts of one subject lie together, and a question near
them. They spread over dimensions, around a common mean, about as those of the packaged encoder do. They stand in for
them to measure time, memory and what an approximate search misses; how well anything ranks, they do not tell. What the
packaged encoder takes for a question is printed beside. Prints Markdown.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch import embedded  # noqa: E402 - the project need not be installed
from healthsearch.arrays import Matrix, Rows, Vector  # noqa: E402
from healthsearch.build import build  # noqa: E402
from healthsearch.encoder import unit_rows  # noqa: E402
from healthsearch.generation import Generation  # noqa: E402
from healthsearch.models import find_model  # noqa: E402
from healthsearch.passages import Span  # noqa: E402
from healthsearch.search import CANDIDATES, Searcher  # noqa: E402
from healthsearch.vectors import EXACT_UP_TO, OVERSAMPLING, SKETCH, Vectors  # noqa: E402

DIMENSION = 384
PASSAGES_PER_ARTICLE = 10
SENTENCES_PER_PASSAGE = 7
WORDS_PER_SENTENCE = 16
FILES_PER_FOLDER = 1_000
VOCABULARY = 150_000
SUBJECTS = 3_000
SUBJECT_WORDS = VOCABULARY // SUBJECTS
# How much of a word's vector is that of its subject, and how much of a text's is the mean of all texts.
SUBJECT_SHARE, MEAN = 0.6, 0.4
# Shares of the words of a text: little words, words of any subject, and of the article's own.
LITTLE, COMMON = 0.4, 0.35
LITTLE_WORDS = "the of and to in is that for it as with was on are be this by from or an not which have at".split()
# The commonest word is then in about a fifth of the passages (Zipf's law with Mandelbrot's shift).
SHIFT = 20
# As many as a search looks for.
DEPTH = CANDIDATES
OVERSAMPLINGS = (2, 5, 10, 20)
POINTS_PER_LIST = 64
PROBES = (4, 16, 64)
WARM = 20


class Language:
    """Words, how often each comes, and which belong to each subject; the same in every process."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        syllables = [first + vowel for first in "bcdfghklmnprstvz" for vowel in ("a", "e", "i", "o", "u", "an", "er")]
        numbers = rng.choice(len(syllables) ** 3, VOCABULARY, replace=False)
        size = len(syllables)
        self.words = [syllables[n // size // size] + syllables[n // size % size] + syllables[n % size] for n in numbers]
        frequency = 1 / (np.arange(VOCABULARY) + SHIFT)
        self.cumulated = np.cumsum(frequency) / frequency.sum()

    def common(self, rng: np.random.Generator, count: int) -> list[str]:
        """So many words of any subject."""
        return [self.words[place] for place in np.searchsorted(self.cumulated, rng.random(count))]

    def own(self, rng: np.random.Generator, subject: int, count: int) -> list[str]:
        """So many words of this subject, the first of its words more often."""
        places = (SUBJECT_WORDS * rng.random(count) ** 2).astype(int)
        return [self.words[subject + SUBJECTS * place] for place in places]

    def sentences(self, rng: np.random.Generator, subject: int, count: int) -> list[str]:
        """So many sentences of an article on this subject."""
        total = count * WORDS_PER_SENTENCE
        little = [LITTLE_WORDS[place] for place in rng.integers(0, len(LITTLE_WORDS), total)]
        common, own = self.common(rng, total), self.own(rng, subject, total)
        kinds = np.searchsorted([LITTLE, LITTLE + COMMON], rng.random(total))
        chosen = [(little, common, own)[kind][place] for place, kind in enumerate(kinds)]
        starts = range(0, total, WORDS_PER_SENTENCE)
        return [" ".join(chosen[start : start + WORDS_PER_SENTENCE]).capitalize() + "." for start in starts]

    def article(self, number: int) -> str:
        """A Markdown file: a date, a title, and sections of a passage each."""
        rng = np.random.default_rng([2, number])
        subject = int(rng.integers(SUBJECTS))
        parts = [f"---\npublished: {int(rng.integers(2015, 2026))}-01-01\nlanguage: en\n---"]
        parts.append(f"# {' '.join(self.own(rng, subject, 4)).capitalize()} {number}")
        for _ in range(PASSAGES_PER_ARTICLE):
            parts.append(f"## {' '.join(self.own(rng, subject, 2)).capitalize()}")
            parts.append(" ".join(self.sentences(rng, subject, SENTENCES_PER_PASSAGE)))
        return "\n\n".join(parts) + "\n"

    def question(self, number: int) -> str:
        """A question on a subject; every tenth has a typing slip."""
        rng = np.random.default_rng([3, number])
        chosen = self.own(rng, int(rng.integers(SUBJECTS)), 4) + self.common(rng, 1)
        if number % 10 == 0:
            chosen[0] = chosen[0][:2] + "x" + chosen[0][2:]
        return f"what is the {chosen[0]} of {chosen[1]} for {' '.join(chosen[2:])}?"


class WordVectors:
    """An ``encoder.Encoder`` and its ``Model``: the mean of its words' made-up vectors."""

    name = "made-up"
    precision = "float32"
    workers = 1
    dimension = DIMENSION
    limit = 510
    parts_add_up = True
    digest = passage_digest = hashlib.sha256(b"mean of made-up vectors 1").hexdigest()

    def __init__(self, language: Language) -> None:
        rng = np.random.default_rng(4)
        # The packaged encoder's variances fall about so, from the first principal component to the last.
        places = np.arange(DIMENSION)
        variances = np.exp(-places / 150) / (places + 15)
        turned, _ = np.linalg.qr(rng.standard_normal((DIMENSION, DIMENSION)))
        shape = (np.sqrt(variances / variances.sum())[:, None] * turned).astype(np.float32)
        subjects = rng.standard_normal((SUBJECTS, DIMENSION), np.float32)
        vectors = rng.standard_normal((VOCABULARY, DIMENSION), np.float32)
        vectors += SUBJECT_SHARE * subjects[np.arange(VOCABULARY) % SUBJECTS]
        self._vectors = vectors @ shape
        self._mean = unit_rows(rng.standard_normal((1, DIMENSION), np.float32)) * MEAN
        self._places = {word: place for place, word in enumerate(language.words)}

    def load(self, home: Path | None = None) -> WordVectors:
        """It needs no loading."""
        return self

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """What stands between white space is a token."""
        return [[match.span() for match in re.finditer(r"\S+", text)] for text in texts]

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        """See ``Encoder``."""
        return self.placed(np.stack([self._sum(query) for query in queries]))

    def encode_passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> Iterator[tuple[int, Vector, Matrix]]:
        """See ``Encoder``."""
        for place, (text, sentences) in enumerate(passages):
            sums = np.stack([self._sum(text[start:end]) for start, end in sentences])
            yield place, self.placed(sums.sum(axis=0, keepdims=True))[0], self.placed(sums)

    def placed(self, sums: Matrix) -> Matrix:
        """The unit vectors of texts, given the sums of their words' vectors."""
        return unit_rows(unit_rows(sums) + self._mean)

    def _sum(self, text: str) -> Matrix:
        found = [self._places[word] for word in re.findall(r"[a-z]+", text.lower()) if word in self._places]
        return np.asarray(self._vectors[found].sum(axis=0), dtype=np.float32)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, required=True, metavar="N")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR")
    parser.add_argument("--questions", type=int, default=300, metavar="N")
    parser.add_argument("--step", choices=("build", "ask"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    work: Path = arguments.work
    if arguments.step == "build":
        _build(work)
    elif arguments.step == "ask":
        _ask(work, arguments.questions)
    else:
        _report(work, arguments.passages, arguments.questions)


def _report(work: Path, passages: int, questions: int) -> None:
    articles = passages // PASSAGES_PER_ARTICLE
    first = work / "first.json"
    if not first.exists():
        _write_articles(work / "corpus", articles)
        shutil.rmtree(work / "index", ignore_errors=True)
        first.write_text(json.dumps(_run(work, "build")), encoding="utf-8")
    built = json.loads(first.read_text(encoding="utf-8"))
    unchanged = _run(work, "build")
    changed = _file(work / "corpus", articles // 2)
    changed.write_text(changed.read_text(encoding="utf-8") + "\n\nThe one more sentence.\n", encoding="utf-8")
    one = _run(work, "build")
    asked = _run(work, "ask", "--questions", str(questions))
    generation = next(path for path in (work / "index" / "generations").iterdir() if path.name == one["generation"])
    size = sum(path.stat().st_size for path in generation.rglob("*") if path.is_file())
    print(f"## {asked['passages']:,} passages of {articles:,} articles\n\n| | |\n|---|---|")
    print(f"| first build, encoding aside | {built['seconds']:.0f} s, {built['memory']:.0f} MB |")
    print(f"| build with nothing changed | {unchanged['seconds']:.1f} s, {unchanged['memory']:.0f} MB |")
    print(f"| build with one article changed | {one['seconds']:.1f} s, {one['memory']:.0f} MB |")
    print(f"| opening the index | {asked['opening']:.1f} s |")
    print(f"| memory of the searching process | {asked['memory']:.0f} MB |")
    print(f"| one generation on disk | {size / 1e6:,.0f} MB |")
    print(f"| a question, but for the encoder: median, 99 of 100 | {_spread(asked['whole'])} |")
    for phase, times in asked["phases"].items():
        print(f"| — {phase} | {_spread(times)} |")
    print(f"| the packaged encoder on the same questions | {_spread(asked['packaged'])} |")
    print(f"\n| the {DEPTH} nearest passages | found | median, 99 of 100 | MB in memory |\n|---|---|---|---|")
    for name, recall, times, megabytes in asked["ways"]:
        print(f"| {name} | {recall:.4f} | {_spread(times)} | {megabytes:,.0f} |")


def _build(work: Path) -> None:
    model = WordVectors(Language())
    with _watched() as memory:
        summary = build(work / "corpus", work / "index", model)
    print(json.dumps({"seconds": summary.seconds, "memory": memory(), "generation": summary.generation}))


def _ask(work: Path, count: int) -> None:
    language = Language()
    encoder = WordVectors(language)
    questions = [language.question(number) for number in range(count)]
    with _watched() as memory:
        started = time.perf_counter()
        searcher = Searcher.open(work / "index", encoder)
        opening = time.perf_counter() - started
        phases = _timed_phases(searcher)
        for question in questions[:WARM]:
            searcher.search(question)
        for times in phases.values():
            times.clear()
        whole = []
        for question in questions:
            for times in phases.values():
                times.append(0.0)
            started = time.perf_counter()
            searcher.search(question)
            whole.append((time.perf_counter() - started) * 1000)
    phases["marks and the rest"] = [all_ - sum(parts) for all_, *parts in zip(whole, *phases.values(), strict=True)]
    told = {
        "passages": len(searcher.generation.vectors),
        "opening": opening,
        "memory": memory(),
        "whole": whole,
        "phases": phases,
        "packaged": _packaged(work, questions),
        "ways": list(_ways(searcher.generation, encoder.encode_query(questions))),
    }
    print(json.dumps(told))


def _timed_phases(searcher: Searcher) -> dict[str, list[float]]:
    """For each phase of a search the milliseconds of each question; the last entry is added to."""
    phases: dict[str, list[float]] = {}

    def timed(phase: str, owner: Any, name: str) -> None:
        function: Callable[..., Any] = getattr(owner, name)
        times = phases.setdefault(phase, [])

        def measured(*arguments: Any) -> Any:
            started = time.perf_counter()
            result = function(*arguments)
            if times:
                times[-1] += (time.perf_counter() - started) * 1000
            return result

        setattr(owner, name, measured)

    timed("spelling", searcher.speller, "correct")
    timed("nearest passages", searcher.generation.vectors, "search")
    timed("passages by words", searcher.generation.words, "scores")
    timed("passages by words", embedded, "highest")
    timed("measuring", embedded, "measure")
    timed("newer articles", embedded, "newer")
    return phases


def _packaged(work: Path, questions: Sequence[str]) -> list[float]:
    encoder = find_model().load(work / "encoder")
    times = []
    for question in (*questions[:WARM], *questions):
        started = time.perf_counter()
        encoder.encode_query([question])
        times.append((time.perf_counter() - started) * 1000)
    return times[WARM:]


def _nearest(vectors: Vectors, query: Vector) -> Rows:
    return vectors.search(query, DEPTH)[0]


def _ways(generation: Generation, queries: Matrix) -> Iterator[tuple[str, float, list[float], float]]:
    """Ways to the nearest vectors: name, share of the nearest that is found, milliseconds a query, MB in memory."""
    folder, matrix = generation.folder, generation.vectors.matrix
    exact = Vectors.open(folder, DIMENSION, sketched=False)
    nearest = [_nearest(exact, query) for query in queries]

    def measured(name: str, find: Callable[[Matrix], Rows], size: float) -> tuple[str, float, list[float], float]:
        times, found = [], 0
        for query, expected in zip(queries, nearest, strict=True):
            started = time.perf_counter()
            rows = find(query)
            times.append((time.perf_counter() - started) * 1000)
            found += len(np.intersect1d(rows, expected))
        return name, found / DEPTH / len(queries), times, size / 1e6

    yield measured("all cosines (mapped from disk)", partial(_nearest, exact), matrix.nbytes)
    if len(matrix) > EXACT_UP_TO:
        size = (folder / SKETCH).stat().st_size
        for times in OVERSAMPLINGS:
            told = f"sketch, {times} times as many measured" + (" (shipped)" if times == OVERSAMPLING else "")
            sketched = Vectors.open(folder, DIMENSION, sketched=True, oversampling=times)
            yield measured(told, partial(_nearest, sketched), size)
    lists = int(len(matrix) ** 0.5)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(DIMENSION), DIMENSION, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.max_points_per_centroid = POINTS_PER_LIST
    started = time.perf_counter()
    index.train(np.ascontiguousarray(matrix[:: max(1, len(matrix) // (POINTS_PER_LIST * lists))]))
    index.add(matrix)
    built = time.perf_counter() - started
    for probes in PROBES:
        index.nprobe = probes
        name = f"{lists} lists of bytes, built in {built:.0f} s, {probes} looked into"
        yield measured(name, lambda query: index.search(query[None, :], DEPTH)[1][0], index.ntotal * index.code_size)


@contextmanager
def _watched() -> Iterator[Callable[[], float]]:
    """Look every 50 ms at how much memory is this process's own, files mapped into it aside; tells MB at most."""
    most = 0
    done = threading.Event()

    def own() -> int:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

    def watch() -> None:
        nonlocal most
        while not done.wait(0.05):
            most = max(most, own())

    before = own()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: (max(most, own()) - before) / 1024
    finally:
        done.set()
        watcher.join()


def _write_articles(corpus: Path, count: int) -> None:
    shutil.rmtree(corpus, ignore_errors=True)
    language = Language()
    for number in range(count):
        file = _file(corpus, number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(language.article(number), encoding="utf-8")


def _file(corpus: Path, number: int) -> Path:
    return corpus / f"{number // FILES_PER_FOLDER:04}" / f"article-{number:07}.md"


def _run(work: Path, step: str, *arguments: str) -> dict[str, Any]:
    """One step in a process of its own."""
    command = [sys.executable, __file__, "--passages", "0", "--work", str(work), "--step", step, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _spread(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.1f}, {sorted(times)[int(len(times) * 0.99)]:.1f} ms"


if __name__ == "__main__":
    main()
