"""Whether a searching process stays as it is under load: questions from several threads while builds publish.

    python benchmarks/load.py [--questions N] [--threads N] [--builds N]

Our own articles and questions (``tests/relevance/queries.jsonl``), the packaged encoder, and one ``Service`` as the
page has it. Builds are spread over the questions; before each an article is changed, so that it publishes another
generation. Every passage of an answer must stand in the article that comes with it. Memory is looked at from the first
tenth of the questions on: what is opened and cached at first has then had its time. Needs /proc, as Linux has it.
Prints Markdown; exits 1 when a question failed, when memory grew by more than 5%, or when files or threads were left
over.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.evaluation import read_queries  # noqa: E402 - the project need not be installed
from healthsearch.serving import Service  # noqa: E402

MOST_GROWTH = 0.05
# What is opened and cached at first has had its time after this share of the questions.
WARM = 0.1


@dataclass(frozen=True, slots=True)
class State:
    """What the process holds: megabytes of its own, open files, threads."""

    megabytes: float
    files: int
    threads: int

    @classmethod
    def now(cls, process: int | str = "self") -> State:
        """That of this process, or of the one with this number."""
        home = Path("/proc", str(process))
        told = dict(line.split(":", 1) for line in (home / "status").read_text(encoding="utf-8").splitlines())
        files = len(list((home / "fd").iterdir()))
        return cls(int(told["RssAnon"].split()[0]) / 1024, files, int(told["Threads"]))


@dataclass(frozen=True, slots=True)
class Kept:
    """What a process held once it was warm and at the end of its work: ten states each."""

    warm: Sequence[State]
    end: Sequence[State]

    @classmethod
    def of(cls, states: Sequence[State], warm: float) -> Kept:
        """Of states in their order, a hundred or more; ``warm``: after which share of them the process is."""
        first = int(warm * len(states))
        return cls(states[first : first + 10], states[-10:])

    @property
    def megabytes(self) -> tuple[float, float]:
        """Medians."""
        warm, end = (float(np.median([state.megabytes for state in part])) for part in (self.warm, self.end))
        return warm, end

    @property
    def grown(self) -> bool:
        """Whether memory grew by more than ``MOST_GROWTH``, or there always are more files or threads than ever."""
        warm, end = self.megabytes
        files = min(state.files for state in self.end) > max(state.files for state in self.warm)
        threads = min(state.threads for state in self.end) > max(state.threads for state in self.warm)
        return end / warm - 1 > MOST_GROWTH or files or threads

    def __str__(self) -> str:
        warm, end = self.megabytes
        lines = [f"| memory once warm, at the end | {warm:.0f}, {end:.0f} MB ({end / warm - 1:+.1%}) |"]
        for when, part in (("once warm", self.warm), ("at the end", self.end)):
            files, threads = max(state.files for state in part), max(state.threads for state in part)
            lines.append(f"| open files, threads: {when}, at most | {files}, {threads} |")
        return "\n".join(lines)


@dataclass(slots=True)
class Load:
    """Questions that are asked until all have been, and what came of them."""

    service: Service
    questions: list[str]
    count: int
    milliseconds: list[float] = field(default_factory=list)
    generations: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    numbers: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = iter(range(self.count))

    def ask(self) -> None:
        """Ask the next questions, until there are no more."""
        # Taking the next number is one step of the interpreter, so threads never take the same.
        for number in self.numbers:
            started = time.perf_counter()
            try:
                answer = self.service.searcher().search(self.questions[number % len(self.questions)])
                for hit, article in answer.hits:
                    if hit.passage.text != article.text[hit.passage.start : hit.passage.end]:
                        raise ValueError(f"a passage of {article.id} is not in its text")
                self.generations.add(answer.generation)
            # Whatever it is, it is told, and the rest are asked.
            except Exception as error:
                self.faults.append(f"question {number}: {type(error).__name__}: {error}")
            self.milliseconds.append((time.perf_counter() - started) * 1000)
            if number % max(1, self.count // 200) == 0:
                self.states.append(State.now())


def changes(corpus: Path, index: Path) -> Iterator[None]:
    """Each step changes an article and builds in a process of its own."""
    file = corpus / "gout.md"
    text = file.read_text(encoding="utf-8")
    for number in itertools.count(1):
        file.write_text(f"{text}\n\nThis is sentence {number}.\n", encoding="utf-8")
        command = [sys.executable, "build_index.py", "--corpus", str(corpus), "--index", str(index), "--quiet"]
        subprocess.run(command, cwd=ROOT, check=True)
        yield


def main() -> int:
    """Put the load on, and print what came of it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=200_000, metavar="N", help="default: 200000")
    parser.add_argument("--threads", type=int, default=4, metavar="N", help="default: 4")
    parser.add_argument("--builds", type=int, default=20, metavar="N", help="default: 20")
    arguments = parser.parse_args()
    questions = list(read_queries(ROOT / "tests" / "relevance").values())
    with tempfile.TemporaryDirectory() as home:
        corpus, index = Path(home, "corpus"), Path(home, "index")
        shutil.copytree(ROOT / "corpus", corpus)
        publish = changes(corpus, index)
        next(publish)
        load = Load(Service(index), questions, arguments.questions)
        started = time.perf_counter()
        with ThreadPoolExecutor(arguments.threads) as pool:
            asking = [pool.submit(load.ask) for _ in range(arguments.threads)]
            for number in range(1, arguments.builds + 1):
                while len(load.milliseconds) < number * load.count / (arguments.builds + 1):
                    time.sleep(0.1)
                next(publish)
            for one in asking:
                one.result()
        seconds = time.perf_counter() - started
    return tell(load, arguments.builds, seconds)


def tell(load: Load, builds: int, seconds: float) -> int:
    """Print the table; 1 when the process did not stay as it was, else 0."""
    p50, p99 = np.percentile(load.milliseconds, (50, 99))
    rows = {
        f"questions, in {seconds:.0f} s": f"{len(load.milliseconds):,}",
        "builds published meanwhile; generations that answered": f"{builds}; {len(load.generations)}",
        "a question: median, 99 of 100": f"{p50:.1f}, {p99:.1f} ms",
    }
    return report(rows, load.faults, load.states, WARM)


def report(rows: Mapping[str, str], faults: Sequence[str], states: Sequence[State], warm: float) -> int:
    """Print the rows and how a process stood the load, with the first faults; 1 where it did not, else 0.

    ``warm``: see ``Kept.of``.
    """
    kept = Kept.of(states, warm)
    print("| | |\n|---|---|")
    for what, found in rows.items():
        print(f"| {what} | {found} |")
    print(f"| questions that failed | {len(faults)} |")
    print(kept)
    for fault in faults[:10]:
        print(fault, file=sys.stderr)
    return int(bool(faults) or kept.grown)


if __name__ == "__main__":
    sys.exit(main())
