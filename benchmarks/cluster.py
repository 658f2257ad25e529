"""Whether a build on a Ray cluster makes the index of one machine, though a machine and then the driver are lost.

    unshare --map-root-user --net python benchmarks/cluster.py CORPUS --work DIR

CORPUS is a folder of articles. Needs requirements-cluster.txt. Builds it with the packaged model on this machine alone;
then on a Ray cluster of a head and three machines with two processors each, all of which are this one, in a network of
their own that leads nowhere. Once a third of the passages are encoded, one machine is taken away without warning. Then
again, with the driver killed by a signal at that moment and started again. Prints Markdown; exits 1 if a generation
differs in a single byte. The seconds say how long it took, not how a cluster grows: three machines on one share its
processors.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.build import build  # noqa: E402 - the project need not be installed
from healthsearch.cluster_connection import prepare  # noqa: E402
from healthsearch.models import find_model  # noqa: E402
from healthsearch.plan import Summary  # noqa: E402
from tests.clustered import (  # noqa: E402
    an_index,
    build_on,
    kill_midway,
    loopback_up,
    same_bytes,
    take_away,
    three_machines,
)


def main() -> int:
    """Build in each way and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, metavar="CORPUS")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="for the indexes; what it holds goes")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    loopback_up()
    corpus, alone = arguments.corpus, arguments.work / "alone"

    print(f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}\n")
    print("| build | encoded | found in the journal | seconds | generation |\n|---|---:|---:|---:|---|", flush=True)
    summary = _told("one machine", lambda: build(corpus, alone, find_model()))
    third = summary.encoded // 3
    prepare("auto")
    with three_machines() as (machines, nodes):
        lost: dict[str, int] = {}
        index = an_index(arguments.work / "machine-lost", alone)
        losing = take_away(machines, nodes, third, lost)
        _told("three machines, of which one is lost", lambda: build_on(machines.address, corpus, index, losing))
        same = same_bytes(index, alone)
        again = an_index(arguments.work / "driver-lost", alone)
        kept = kill_midway(corpus, again, machines.address, third)
        _told("the driver killed, and started again", lambda: build_on(machines.address, corpus, again))
        same &= same_bytes(again, alone)
    print(
        f"\nThe machine was lost after {lost['after']:,} passages, with {lost['workers']} of {lost['of']} workers;"
        f" the driver was killed after {kept:,}."
        f" {'All three generations are the same, byte for byte.' if same else 'The generations DIFFER.'}"
    )
    return 0 if same else 1


def _told(what: str, build_it: Callable[[], Summary]) -> Summary:
    started = time.monotonic()
    summary = build_it()
    seconds = time.monotonic() - started
    print(
        f"| {what} | {summary.encoded:,} | {summary.reused:,} | {seconds:.0f} | `{summary.generation}` |",
        flush=True,
    )
    return summary


if __name__ == "__main__":
    sys.exit(main())
