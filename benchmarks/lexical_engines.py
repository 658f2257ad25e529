"""Measure engines for the lexical leg: SQLite FTS5, tantivy and bm25s.

Usage: lexical_engines.py BEIR_FOLDER... --passages 100000 300000 > results/lexical_engines.md

Quality is nDCG@10 on the folders' own corpora. Cost is taken on passages of 60 to 140 words, put together
from the folders' sentences with a fixed seed. Each build and each round of queries runs in a process of its
own; the engines take turns, so that other work on the machine strikes all of them alike.
"""

import argparse
import csv
import datetime
import hashlib
import json
import multiprocessing
import os
import random
import re
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import bm25s
import ir_measures
import numpy as np
import Stemmer
import tantivy

WORD, SENTENCE = re.compile(r"[^\W_]+"), re.compile(r"(?<=[.!?])\s+")
STOP = frozenset(
    "a an and are as at be but by can do does for from has have how i if in into is it its my no not of on "
    "or such that the their then there these they this to was were what when which who why will with "
    "you".split()
)
STEMMER = Stemmer.Stemmer("english")
OWN, RAW = "own.txt", "raw.txt"
TOP, SEED, ROUNDS, CHANGES, PARTS, TWICE = 100, 7, 3, 5, 10, 100_000
NOTES = """\
Ours: casefold, split, stop list, Snowball stems; porter and en_stem: the engine's own, no stop list.
Score drift: largest change of a top-10 score after half was deleted, against a fresh index.
bm25s, += loop: tokens numbered by us, columns added by fancy indexing; get_scores: both left to bm25s. The
choice of the top 100 is ours in both. Built twice: bytes of the files, names left aside, from two processes.
10% filter: median, on a query just run unfiltered. RSS counts imports (about 60 MB) and mapped files."""
Search = Callable[[list[str], bool], list[tuple[int, float]]]


class Engine(NamedTuple):
    """One row: `source` is the file of passages; `write` puts deletes and adds into a folder's index."""

    source: str
    write: Callable[[Path, dict[int, str], Iterable[tuple[int, str]]], None]
    open: Callable[[Path], Search]


def analyse(text: str) -> list[str]:
    """Casefold, split on non-alphanumerics, drop stop words, stem."""
    return list(STEMMER.stemWords([word for word in WORD.findall(text.casefold()) if word not in STOP]))


def fts5_write(tokenizer: str, folder: Path, deletes: dict[int, str], adds: Iterable[tuple[int, str]]) -> None:
    with closing(sqlite3.connect(folder / "fts5.db")) as db, db:
        db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS docs USING fts5(body, content='', tokenize='{tokenizer}')")
        db.executemany("INSERT INTO docs(docs, rowid, body) VALUES ('delete', ?, ?)", deletes.items())
        db.executemany("INSERT INTO docs(rowid, body) VALUES (?, ?)", adds)
        if not deletes:
            db.execute("INSERT INTO docs(docs) VALUES ('optimize')")


def fts5_open(folder: Path) -> Search:
    db = sqlite3.connect(folder / "fts5.db")
    plain = "SELECT rowid, -rank FROM docs WHERE docs MATCH ? ORDER BY rank LIMIT ?"
    tenth = plain.replace("ORDER", f"AND rowid % {PARTS} = 0 ORDER")

    def search(words: list[str], filtered: bool) -> list[tuple[int, float]]:
        query = " OR ".join(f'"{word}"' for word in words)
        return db.execute(tenth if filtered else plain, (query, TOP)).fetchall() if words else []

    return search


def tantivy_index(tokenizer: str, folder: Path) -> tantivy.Index:
    schema = tantivy.SchemaBuilder().add_text_field("body", tokenizer_name=tokenizer, index_option="freq")
    schema.add_unsigned_field("doc", indexed=True, fast=True).add_unsigned_field("part", indexed=True)
    index = tantivy.Index(schema.build(), path=str(folder))
    index.register_tokenizer("own", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def tantivy_write(tokenizer: str, folder: Path, deletes: dict[int, str], adds: Iterable[tuple[int, str]]) -> None:
    writer = (index := tantivy_index(tokenizer, folder)).writer(heap_size=512_000_000, num_threads=1)
    for doc in deletes:
        writer.delete_documents_by_term("doc", doc)
    for doc, body in adds:
        fields = {"body": body, "doc": doc, "part": doc % PARTS}
        writer.add_document(tantivy.Document.from_dict(fields, index.schema))
    writer.commit()
    writer.wait_merging_threads()


def tantivy_open(tokenizer: str, folder: Path) -> Search:
    index, must = tantivy_index(tokenizer, folder), tantivy.Occur.Must
    searcher = index.searcher()
    part = tantivy.Query.const_score_query(tantivy.Query.term_query(index.schema, "part", 0), 0.0)

    def search(words: list[str], filtered: bool) -> list[tuple[int, float]]:
        query = index.parse_query(" ".join(words), ["body"])
        query = tantivy.Query.boolean_query([(must, query), (must, part)]) if filtered else query
        hits = searcher.search(query, limit=TOP, count=False).hits
        docs = searcher.fast_field_values("doc", [address for _, address in hits])
        return [(int(doc), score) for doc, (score, _) in zip(docs, hits, strict=True)]

    return search


def bm25s_write(
    k1: float,
    b: float,
    numbered: bool,
    folder: Path,
    deletes: dict[int, str],
    adds: Iterable[tuple[int, str]],
) -> None:
    """Build anew; `numbered`: number tokens here in order of first use, else bm25s does in a set's order."""
    vocabulary: defaultdict[str, int] = defaultdict()
    vocabulary.default_factory = vocabulary.__len__
    lists = [[vocabulary[token] for token in body.split()] if numbered else body.split() for _, body in adds]
    retriever = bm25s.BM25(k1=k1, b=b, method="lucene", csc_backend="scipy")
    retriever.index((lists, vocabulary) if numbered else lists, show_progress=False)
    retriever.save(folder, show_progress=False)


def bm25s_open(loop: bool, folder: Path) -> Search:
    """With `loop`, add the columns here by fancy indexing, else by bm25s's get_scores (np.add.at)."""
    retriever = bm25s.BM25.load(folder, mmap=True, show_progress=False)
    data, indices, indptr = (np.asarray(retriever.scores[key]) for key in ("data", "indices", "indptr"))

    def add_columns(tokens: list[int]) -> np.ndarray:
        ids, scores = np.asarray(tokens, dtype=int), np.zeros(retriever.scores["num_docs"], dtype=np.float32)
        for start, end in zip(indptr[ids], indptr[ids + 1], strict=True):
            scores[indices[start:end]] += data[start:end]
        return scores

    def search(words: list[str], filtered: bool) -> list[tuple[int, float]]:
        scores = (add_columns if loop else retriever.get_scores_from_ids)(retriever.get_tokens_ids(words))
        found = np.flatnonzero(scores)  # argpartition of all scores, most of them 0, takes five times as long
        found = found[found % PARTS == 0] if filtered else found
        best = found[np.argpartition(scores[found], -TOP)[-TOP:]] if len(found) > TOP else found
        best = best[np.lexsort((best, -scores[best]))]
        return list(zip(best.tolist(), scores[best].tolist(), strict=True))

    return search


PLAIN, PORTER = "unicode61 remove_diacritics 0", "porter unicode61"
ENGINES = {
    "FTS5, ours": Engine(OWN, partial(fts5_write, PLAIN), fts5_open),
    "FTS5, porter": Engine(RAW, partial(fts5_write, PORTER), fts5_open),
    "tantivy, ours": Engine(OWN, partial(tantivy_write, "own"), partial(tantivy_open, "own")),
    "tantivy, en_stem": Engine(RAW, partial(tantivy_write, "en_stem"), partial(tantivy_open, "en_stem")),
    "bm25s, += loop": Engine(OWN, partial(bm25s_write, 1.2, 0.75, True), partial(bm25s_open, True)),
    "bm25s, get_scores": Engine(OWN, partial(bm25s_write, 1.2, 0.75, False), partial(bm25s_open, False)),
    "bm25s, k1 .9 b .4": Engine(OWN, partial(bm25s_write, 0.9, 0.4, True), partial(bm25s_open, True)),
}
COST = list(ENGINES)[:6]  # the last differs from the fifth in its scores alone


def measured(function: Callable[..., Any], *args: Any) -> tuple[Any, float, float]:
    """Return the value, the seconds and this process's peak resident MB, mapped files included."""
    start = time.perf_counter()
    value, seconds = function(*args), time.perf_counter() - start
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return value, seconds, int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def in_child(function: Callable[..., Any], *args: Any) -> tuple[Any, float, float]:
    """Run `measured` in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measured, function, *args).result()


def build(name: str, sources: Path, folder: Path) -> None:
    folder.mkdir()
    with (sources / ENGINES[name].source).open(encoding="utf-8") as lines:
        ENGINES[name].write(folder, {}, enumerate(lines))


def query_words(name: str, text: str) -> list[str]:
    words = analyse(text) if ENGINES[name].source == OWN else WORD.findall(text.casefold())
    return list(dict.fromkeys(words))


def time_queries(name: str, folder: Path, queries: list[str], seconds: float) -> list[list[float]]:
    """Return milliseconds a query, unfiltered and (each third) filtered to a tenth; stop after `seconds`."""
    search = ENGINES[name].open(folder)
    times: list[list[float]] = [[], []]
    search(query_words(name, queries[0]), False)
    begin = time.perf_counter()
    for number, text in enumerate(queries):
        for filtered in (False, True)[: 1 + (number % 3 == 0)]:
            start = time.perf_counter()
            search(query_words(name, text), filtered)
            times[filtered].append(1000 * (time.perf_counter() - start))
        if time.perf_counter() - begin > seconds:
            break
    return times


def time_changes(name: str, sources: Path, folder: Path) -> float:
    """Return the median milliseconds to replace one passage and commit."""
    with (sources / ENGINES[name].source).open(encoding="utf-8") as lines:
        bodies = [next(lines) for _ in range(CHANGES + 1)]
    edits = [({doc: bodies[doc]}, [(doc, bodies[doc + 1])]) for doc in range(CHANGES)]
    return 1000 * float(np.median([measured(ENGINES[name].write, folder, *edit)[1] for edit in edits]))


def drift(name: str, sources: Path, folder: Path, queries: Iterable[str]) -> float:
    """Delete the odd passages; return the largest relative change of a top-10 score against a fresh index."""
    engine, half, worst = ENGINES[name], folder.with_name(f"half {folder.name}"), 0.0
    bodies = (sources / engine.source).read_text(encoding="utf-8").splitlines(keepends=True)
    engine.write(folder, dict(list(enumerate(bodies))[1::2]), ())
    half.mkdir()
    (half / engine.source).write_text("".join(bodies[::2]), encoding="utf-8")
    build(name, half, half / "index")
    edited, fresh = engine.open(folder), engine.open(half / "index")
    for words in (query_words(name, text) for text in queries):
        scores = dict(edited(words, False))
        worst = max([worst, *(abs(scores.get(2 * doc, new) / new - 1) for doc, new in fresh(words, False)[:10])])
    return worst


def digests(folder: Path) -> set[str]:
    """Hash each file's bytes; names are left out, since tantivy draws them at random."""
    files = (file for file in folder.iterdir() if file.stat().st_size)
    return {hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_sources(documents: Iterable[tuple[str, str]], sources: Path) -> float:
    """Write (title, text), the title twice, as a line of raw.txt and own.txt; return seconds of analysis."""
    sources.mkdir()
    seconds = 0.0
    with (
        (sources / RAW).open("w", encoding="utf-8") as raw,
        (sources / OWN).open("w", encoding="utf-8") as own,
    ):
        for title, text in documents:
            print(line := " ".join(f"{title} {title} {text}".split()), file=raw)
            start = time.perf_counter()
            tokens = analyse(line)
            seconds += time.perf_counter() - start
            print(*tokens, file=own)
    return seconds


def draw_passages(folders: list[Path], count: int) -> Iterable[tuple[str, str]]:
    """Yield passages of 60 to 140 words: runs of two neighbouring sentences drawn from the folders."""
    documents = [document for folder in folders for document in read_jsonl(folder / "corpus.jsonl")]
    sentences = [(doc["title"], part.split()) for doc in documents for part in SENTENCE.split(doc["text"])]
    rng = random.Random(SEED)
    for _ in range(count):
        length, title = rng.randint(60, 140), ""
        words: list[str] = []
        while len(words) < length:
            (first_title, first), (_, second) = sentences[(at := rng.randrange(len(sentences) - 1)) : at + 2]
            title, words = title or first_title, words + first + second
        yield title, " ".join(words[:length])


def quality_of(folder: Path, work: Path) -> None:
    """Print a line of nDCG@10 for each judgement file, and one of the drift with deletes."""
    documents = read_jsonl(folder / "corpus.jsonl")
    runs: dict[str, dict[str, dict[str, float]]] = {}
    drifts = []
    queries = {query["_id"]: query["text"] for query in read_jsonl(folder / "queries.jsonl")}
    write_sources(((doc["title"], doc["text"]) for doc in documents), work / folder.name)
    for name, engine in ENGINES.items():
        index = work / f"{folder.name} {name}"
        build(name, work / folder.name, index)
        search, runs[name] = engine.open(index), {}
        for query, text in queries.items():
            hits = search(query_words(name, text), False)
            runs[name][query] = {documents[doc]["_id"]: score for doc, score in hits}
        rebuilt = "bm25s" in name
        drifts.append("rebuilt" if rebuilt else f"{drift(name, work / folder.name, index, queries.values()):.1%}")
    for path in sorted(path for path in (folder / "qrels").glob("*.tsv") if "strict" not in path.stem):
        qrels: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"):
            qrels[row["query-id"]][row["corpus-id"]] = int(row["score"])
        cells, measure = [f"{folder.name} {path.stem}", str(len(qrels))], ir_measures.nDCG @ 10
        for run in ({query: run[query] for query in qrels} for run in runs.values()):
            cells.append(f"{ir_measures.calc_aggregate([measure], qrels, run)[measure]:.4f}")
        print_row(cells)
    print_row([f"{folder.name} score drift", str(len(queries)), *drifts])


def cost_of(folders: list[Path], count: int, queries: list[str], seconds: float, work: Path) -> None:
    """Print a line of cost for each engine at `count` passages; builds up to TWICE passages are repeated."""
    sources, built = work / f"{count}", {}
    times: dict[str, tuple[list[float], list[float], list[float]]] = {name: ([], [], []) for name in COST}
    analysis = write_sources(draw_passages(folders, count), sources)
    print(f"\n### {count:,} passages (our analysis: {analysis:.0f} s more)\n")
    heading = "engine,build s,build RSS MB,MB on disk,built twice,queries,median ms,p99 ms,10% filter ms"
    print_row([*heading.split(","), "query RSS MB", "change one ms"], rule=True)
    for name in COST:
        folder, again = work / f"{count} {name}", work / f"{count} {name} again"
        (_, took, peak), same = in_child(build, name, sources, folder), "not tried"
        if count <= TWICE:
            in_child(build, name, sources, again)
            other, files = digests(folder) - digests(again), digests(folder)
            same = f"{len(other)} of {len(files)} files differ"
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        built[name] = [f"{took:.1f}", f"{peak:.0f}", f"{size:.0f}", same]
    for turn, name in ((turn, name) for turn in range(ROUNDS) for name in COST):
        folder, share = work / f"{count} {name}", queries[turn::ROUNDS]
        (plain, filtered), _, peak = in_child(time_queries, name, folder, share, seconds / ROUNDS)
        for total, part in zip(times[name], (plain, filtered, [peak]), strict=True):
            total += part
    for name, (plain, filtered, peaks) in times.items():
        figures = [np.median(plain), np.percentile(plain, 99), np.median(filtered), max(peaks)]
        change = "rebuild"
        if "bm25s" not in name:
            change = f"{in_child(time_changes, name, sources, work / f'{count} {name}')[0]:.0f}"
        print_row([name, *built[name], str(len(plain)), *(f"{figure:.1f}" for figure in figures), change])


def print_row(cells: list[str], rule: bool = False) -> None:
    print(f"| {' | '.join(cells)} |" + rule * ("\n" + "|---" * len(cells) + "|"), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="BEIR folders")
    parser.add_argument("--passages", nargs="*", type=int, default=[100_000], help="sizes at which to take cost")
    parser.add_argument("--queries", type=int, default=300, help="how many real queries are timed")
    parser.add_argument("--seconds", type=float, default=20.0, help="most seconds of queries, engine and size")
    args = parser.parse_args()
    names = ("tantivy", "bm25s", "numpy", "scipy", "PyStemmer", "ir_measures")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(
        f"# Engines for the lexical leg\n\n{datetime.date.today()}, {os.cpu_count()} CPUs, SQLite "
        f"{sqlite3.sqlite_version}, {versions}.\n\n{NOTES}\n\n## Quality: nDCG@10\n"
    )
    print_row(["set", "queries", *ENGINES], rule=True)
    with tempfile.TemporaryDirectory() as work:
        for folder in args.folders:
            quality_of(folder, Path(work))
        queries = [query["text"] for folder in args.folders for query in read_jsonl(folder / "queries.jsonl")]
        random.Random(SEED).shuffle(queries)
        print(f"\n## Cost: real queries, terms OR-ed, top {TOP}, warm files")
        for count in args.passages:
            cost_of(args.folders, count, queries[: args.queries], args.seconds, Path(work))


if __name__ == "__main__":
    main()
