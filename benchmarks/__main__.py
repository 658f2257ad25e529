"""Print every figure of docs/quality.md again: run the benchmarks behind them and name what each one renews.

    python -m benchmarks DATA --work DIR [--only NAME ...]

DATA holds demo_corpus, out_of_scope, nfcorpus, mediqa2019 and covidqa, as each benchmark describes them. Indexes,
environments and outputs are kept under DIR. An interrupted run continues where it stopped: output of the same code on
the same articles and questions is printed from the file that keeps it, not measured again. If a benchmark fails, the
others still run.
"""

from __future__ import annotations

import argparse
import hashlib
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What the figures depend on, beside DATA and the machine.
MADE_OF = (
    "requirements.txt",
    "corpus/*.md",
    "healthsearch/*.py",
    "healthsearch/*.json",
    "healthsearch/readers/*.py",
    "benchmarks/**/*.py",
    "tests/relevance/*.jsonl",
    "tests/sentences/*.jsonl",
    "tests/contrasts/*.jsonl",
)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A command with DATA and DIR for folders, and the words of docs/quality.md beside the figures that it prints."""

    name: str
    command: str
    beside: str
    file: str = ""


BENCHMARKS = (
    Benchmark("relevance", "benchmarks/relevance.py --index DIR/own", "| questions | number |"),
    Benchmark(
        "ranking", "benchmarks/ranking.py DATA --cache DIR/indexes", "| ranking by |", "benchmarks/results/ranking.md"
    ),
    Benchmark(
        "encoders", "benchmarks/encoders.py DATA --cache DIR/indexes", "With the packaged adapter", "docs/encoder.md"
    ),
    Benchmark("marks", "benchmarks/marks.py DATA --cache DIR/indexes", "the marked sentence overlaps it in"),
    Benchmark(
        "demo_questions",
        "benchmarks/demo_questions.py DATA/demo_corpus --index DIR/demo --misses 0",
        "the right article comes first for",
    ),
    Benchmark("calibrate", "benchmarks/calibrate.py DATA --cache DIR/indexes", "off-topic questions with an AUROC"),
    Benchmark("cautions", "benchmarks/cautions.py --articles DATA/demo_corpus/articles", "of the sentences marked"),
    Benchmark("contrasts", "benchmarks/contrasts.py --index DIR/own", "of the pairs shown"),
    Benchmark(
        "speed",
        "benchmarks/speed.py DATA/demo_corpus/articles DATA/demo_corpus/questions.jsonl --work DIR/speed",
        "| first build, from start",
        "benchmarks/results/speed.md",
    ),
    Benchmark("visitors", "benchmarks/visitors.py", "Twenty visitors at once", "benchmarks/results/reliability.md"),
    Benchmark(
        "scale",
        "benchmarks/scale.py --passages 1000000 --work DIR/scale --questions 200",
        "A larger collection of 1,000,000 passages",
        "benchmarks/results/scale.md",
    ),
    Benchmark(
        "peers",
        "-m benchmarks.peers DATA --work DIR/peers --articles 100 --questions 100",
        "| system | build, s |",
        "benchmarks/results/peers.md",
    ),
)


class Failed(Exception):
    """A benchmark ended with an error."""


def print_all(benchmarks: Sequence[Benchmark], data: Path, work: Path) -> int:
    """Print what each prints, under what it renews; 1 when one of them failed, else 0."""
    status = 0
    for benchmark in benchmarks:
        started = time.perf_counter()
        try:
            output = printed(benchmark, data, work)
        except Failed as error:
            print(f"{benchmark.name}: {error}", file=sys.stderr, flush=True)
            status = 1
            continue
        print(f"{benchmark.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        also = f", and {benchmark.file}" if benchmark.file else ""
        print(f"# {benchmark.name}: docs/quality.md, “{benchmark.beside}”{also}\n")
        print(f"`python {benchmark.command}`\n\n{output}")
    return status


def printed(benchmark: Benchmark, data: Path, work: Path) -> str:
    """The benchmark's output, measured or kept."""
    kept = work / "outputs" / digest() / f"{benchmark.name}.md"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        new = kept.with_suffix(".new")
        with new.open("w", encoding="utf-8") as output:
            ended = subprocess.run([sys.executable, *words(benchmark.command, data, work)], cwd=ROOT, stdout=output)
        if ended.returncode:
            raise Failed(f"ended with status {ended.returncode}")
        new.replace(kept)
    return kept.read_text(encoding="utf-8")


def words(command: str, data: Path, work: Path) -> Iterator[str]:
    """The command's words with the folders in their places."""
    folders = {"DATA": data, "DIR": work}
    for word in shlex.split(command):
        first, _, rest = word.partition("/")
        yield str(folders[first] / rest) if first in folders else word


def digest() -> str:
    """Tells what all figures were made of."""
    found = hashlib.sha256()
    for file in sorted(file for pattern in MADE_OF for file in ROOT.glob(pattern)):
        found.update(f"{file.relative_to(ROOT).as_posix()}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()[:12]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; returns the exit status."""
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="where everything is kept")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    arguments = parser.parse_args(argv)
    chosen = [benchmark for benchmark in BENCHMARKS if benchmark.name in arguments.only]
    return print_all(chosen, arguments.data.resolve(), arguments.work.resolve())


if __name__ == "__main__":
    sys.exit(main())
