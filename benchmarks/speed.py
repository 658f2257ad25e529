"""How fast it is on this machine: building, asking, starting; how much memory and disk that takes.

    python benchmarks/speed.py CORPUS QUESTIONS --work DIR [--articles N]

CORPUS is a folder of articles, QUESTIONS a JSONL file with a "text" in each line, DIR a folder whose corpus and index
are made anew. The build, from cold start to published index, is measured beside plain sentence-transformers on the same
passages: one ``SentenceTransformer(...).encode(passages, batch_size=32)`` in a process of its own. Prints Markdown.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.in_use import open_generation  # noqa: E402 - the project need not be installed
from healthsearch.models import find_model  # noqa: E402

STARTS = 5
LARGEST = 12

PLAIN = """
import json, sys
from sentence_transformers import SentenceTransformer
SentenceTransformer(sys.argv[1], device="cpu").encode(json.load(open(sys.argv[2])), batch_size=32)
"""
ASK = """
import json, sys, time
from pathlib import Path
from healthsearch.search import Searcher
searcher = Searcher.open(Path(sys.argv[1]))
questions = json.load(open(sys.argv[2]))
for question in questions[:20]:
    searcher.search(question)
times = []
for question in questions:
    started = time.perf_counter()
    searcher.search(question)
    times.append((time.perf_counter() - started) * 1000)
most = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"times": times, "megabytes": int(most) / 1024, "encoder": searcher.generation.encoder.precision}))
"""


def main() -> None:
    """Print the tables."""
    work = prepared(__doc__)
    corpus, index, questions = work / "corpus", work / "index", work / "questions.json"
    build = ("build_index.py", "--corpus", corpus, "--index", index, "--quiet")
    first = _seconds(build)
    passages = _passages(index, work / "passages.json")
    plain = _seconds(("-c", PLAIN, find_model().folder, work / "passages.json"))
    again = _seconds(build)
    changed = next(corpus.rglob("*.md"))
    changed.write_text(changed.read_text(encoding="utf-8") + "\n\nOne more sentence.\n", encoding="utf-8")
    one = _seconds(build)
    asked = json.loads(_run(("-c", ASK, index, questions)).stdout)
    question = json.loads(questions.read_text(encoding="utf-8"))[0]
    starts = [_seconds(("-m", "healthsearch", "search", question, "--index", index)) for _ in range(STARTS)]

    articles = len(list(corpus.rglob("*.md")))
    size = sum(path.stat().st_size for path in index.rglob("*") if path.is_file()) / 2**20
    print(f"# Speed\n\n{_machine()}. {articles:,} articles, {passages:,} passages, encoded in {asked['encoder']}.\n")
    print("| | |\n|---|---|")
    print(f"| first build, from start of the process to published index | {first:.1f} s |")
    print(f"| the same passages by `SentenceTransformer.encode` alone, float32 | {plain:.1f} s |")
    print(f"| **the build is faster by** | **{plain / first:.1f} times** |")
    print(f"| build with nothing changed | {again:.1f} s |")
    print(f"| build with one article changed | {one:.1f} s |")
    times = sorted(asked["times"])
    print(f"| a question, from text to answer: median of {len(times)} | {statistics.median(times):.1f} ms |")
    print(f"| 99 of 100 questions take at most | {times[int(len(times) * 0.99)]:.1f} ms |")
    print(f"| `healthsearch search`, a process from start to answer: median | {statistics.median(starts):.2f} s |")
    print(f"| memory of the searching process at its largest | {asked['megabytes']:.0f} MB |")
    print(f"| the index on disk, two generations and the exported encoder | {size:.0f} MB |")
    print("\n| installed package | MB |\n|---|---|")
    for name, megabytes in _installed()[:LARGEST]:
        print(f"| {name} | {megabytes:.0f} |")
    print(f"| all {len(_installed())} | {sum(megabytes for _, megabytes in _installed()):.0f} |")


def prepared(description: str | None) -> Path:
    """What the command line says, done: DIR, with a copy of the articles, the questions and no index."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, metavar="CORPUS")
    parser.add_argument("questions", type=Path, metavar="QUESTIONS")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR")
    parser.add_argument("--articles", type=int, metavar="N", help="of the corpus; all by default")
    arguments = parser.parse_args()
    work: Path = arguments.work
    for left in ("corpus", "index"):
        shutil.rmtree(work / left, ignore_errors=True)
    _copy(arguments.corpus, work / "corpus", arguments.articles)
    texts = [json.loads(line)["text"] for line in arguments.questions.read_text(encoding="utf-8").split("\n") if line]
    (work / "questions.json").write_text(json.dumps(texts), encoding="utf-8")
    return work


def _copy(source: Path, target: Path, count: int | None) -> None:
    files = sorted(source.rglob("*.md"))
    for file in files[:: len(files) // count] if count else files:
        copied = target / file.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copied)


def _passages(index: Path, file: Path) -> int:
    generation, _ = open_generation(index)
    texts = [
        stored.passage.encoded_text
        for _, passages, _ in generation.article_store.whole_articles()
        for stored in passages
    ]
    generation.close()
    file.write_text(json.dumps(texts), encoding="utf-8")
    return len(texts)


def _run(arguments: Sequence[object]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    # A search that finds nothing says so by its status.
    if done.returncode not in (0, 4):
        raise SystemExit(done.stderr)
    return done


def _seconds(arguments: Sequence[object]) -> float:
    started = time.perf_counter()
    _run(arguments)
    return time.perf_counter() - started


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    kinds = {"amx_bf16", "avx512_bf16", "avx512_vnni", "avx2"}
    flags = next(line for line in lines if line.startswith("flags")).split()
    python = platform.python_version()
    return f"{len(names)} cores of {names[0]} ({', '.join(sorted(kinds.intersection(flags)))}), Python {python}"


def _installed() -> list[tuple[str, float]]:
    """Every package of this environment with its megabytes, largest first."""
    sizes = {
        found.metadata["Name"]: sum(
            path.stat().st_size
            for path in (Path(str(found.locate_file(file))) for file in found.files or ())
            if path.is_file()
        )
        / 2**20
        for found in importlib.metadata.distributions()
    }
    return sorted(sizes.items(), key=lambda pair: -pair[1])


if __name__ == "__main__":
    main()
