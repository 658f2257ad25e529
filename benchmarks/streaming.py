"""How much memory a build takes to read corpora of several sizes: it should not grow with them.

    python benchmarks/streaming.py FOLDER [--megabytes N ...]

For each size a corpus is made of the articles in FOLDER, each copy with a line of its own so that none is a duplicate;
then ``build_index.py --dry-run`` reads all of it and encodes nothing. Needs /proc, as Linux has it.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.corpus import articles  # noqa: E402 - the project need not be installed


def main() -> None:
    """Print a table, a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--megabytes", type=int, nargs="+", default=[20, 80, 320], metavar="N", help="default: 20 80 320"
    )
    arguments = parser.parse_args()
    texts = [f"# {article.title}\n\n{article.text}" for article in articles(arguments.folder)]
    print("| corpus, MB | articles | seconds | the build, MB | processes that read, MB |\n|---:|---:|---:|---:|---:|")
    for size in arguments.megabytes:
        with tempfile.TemporaryDirectory() as home:
            corpus = Path(home, "corpus")
            written = write(texts, corpus, size * 1_000_000)
            started = time.perf_counter()
            build, readers = peaks(corpus, Path(home, "index"))
            print(
                f"| {size} | {written:,} | {time.perf_counter() - started:.0f} | {build:.0f} | {readers} |", flush=True
            )


def write(texts: list[str], corpus: Path, size: int) -> int:
    """Fill the corpus up to so many bytes; returns how many articles that took."""
    corpus.mkdir()
    written = 0
    for number, text in enumerate(itertools.cycle(texts)):
        if written >= size:
            return number
        written += (corpus / f"{number:07}.md").write_bytes(f"{text}\n\nThis is copy {number}.\n".encode())
    raise AssertionError


def peaks(corpus: Path, index: Path) -> tuple[float, str]:
    """The most memory that a dry run took, in megabytes, and that each process did which read for it."""
    command = [sys.executable, "build_index.py", "--dry-run", "--quiet", "--corpus", str(corpus), "--index", str(index)]
    found: dict[int, float] = {}
    with subprocess.Popen(command, cwd=ROOT) as build:
        while build.poll() is None:
            for process in (build.pid, *children(build.pid)):
                found[process] = peak(process) or found.get(process, 0.0)
            time.sleep(0.05)
    if build.returncode:
        raise SystemExit(build.returncode)
    return found.pop(build.pid), ", ".join(f"{megabytes:.0f}" for megabytes in found.values()) or "none"


def children(process: int) -> list[int]:
    """The processes that this one has begun; none when it has ended."""
    try:
        threads = [file.read_text(encoding="utf-8") for file in Path("/proc", str(process), "task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for told in threads for child in told.split()]


def peak(process: int) -> float:
    """The most memory that a process has taken so far, in megabytes; 0 when it has ended."""
    try:
        told = Path("/proc", str(process), "status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in told.splitlines() if line.startswith("VmHWM")), 0.0)


if __name__ == "__main__":
    main()
