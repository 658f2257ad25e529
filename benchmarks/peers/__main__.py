"""A race with what a user would pick instead: same articles, same weights, same questions, same machine.

    python -m benchmarks.peers DATA --work DIR > benchmarks/results/peers.md
    python -m benchmarks.peers DATA --work DIR --table

DATA holds demo_corpus (articles, questions.jsonl) and the BEIR folders nfcorpus, mediqa2019 and covidqa. Environments,
indexes and all that was measured are kept under DIR, so that an interrupted race goes on; a system of another version
is measured anew, and all run their rounds again. Speed and size are taken on the demo corpus, systems in turn, round
after round; each build and each search is a process of its own. nDCG@10 is measured once a system. --table prints the
README's short table from what is kept.
"""

from __future__ import annotations

import argparse
import datetime
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.peers.articles import COLLECTIONS, change_one, demo_articles, demo_questions, judged_articles
from benchmarks.peers.kept import Kept
from benchmarks.peers.report import report, settings, short_table
from benchmarks.peers.runs import Failed, Runs
from benchmarks.peers.systems import SYSTEMS, Environments, NotInstalled, System
from healthsearch.evaluation import ndcg, read_qrels, read_queries

# The first questions of a process load what it puts off; a user meets them once.
WARM_UP = 5


class Race:
    """The work of a race that is not done yet."""

    def __init__(self, data: Path, work: Path) -> None:
        self._data, self._work = data, work
        self._environments = Environments(work / "environments")
        self.kept = Kept(work / "measured")

    def prepare(self, system: System) -> None:
        """Make its environment; what was measured of another version counts no more."""
        environment = self._environments.make(system)
        if self.kept.read(system)["environment"].get("version") != environment["version"]:
            self.kept.forget(system)
        self.kept.add(system, "environment", environment)

    def rank(self, system: System, collection: str) -> None:
        """Measure nDCG@10 on a collection."""
        if collection in self.kept.read(system)["ndcg"]:
            return
        articles, index = self._work / "articles" / collection, self._fresh(system, collection)
        judged_articles(self._data / collection, articles)
        runs = self._runs(system, collection)
        runs.build(articles, index)
        queries, figures = read_queries(self._data / collection), {}
        with runs.open(articles, index) as asking:
            for split in COLLECTIONS[collection]:
                figures[split] = statistics.fmean(
                    ndcg(asking.ask(queries[query], timed=False)[0], judged, 10)
                    for query, judged in read_qrels(self._data / collection, split).items()
                )
        self.kept.add(system, "ndcg", {collection: figures})
        shutil.rmtree(index)

    def run(self, system: System, number: int, articles: int | None, questions: int) -> None:
        """Measure speed and size in a round."""
        name = f"{settings(articles, questions)}, round {number + 1}"
        if name in self.kept.read(system)["rounds"]:
            return
        folder, index = self._work / "articles" / "demo", self._fresh(system, "demo")
        runs = self._runs(system, "demo")
        demo_articles(self._data, folder, articles)
        build_s, build_mb = runs.build(folder, index)
        changed_s, changed_mb = runs.build(folder, index, change_one(folder))
        asked = demo_questions(self._data, questions + WARM_UP)
        started = time.perf_counter()
        with runs.open(folder, index) as asking:
            asking.ask(asked[0], timed=True)
            first_s = time.perf_counter() - started
            for question in asked[1:WARM_UP]:
                asking.ask(question, timed=True)
            milliseconds = [asking.ask(question, timed=True)[1] for question in asked[WARM_UP:]]
        figures = {
            "date": datetime.date.today().isoformat(),
            "build_s": build_s,
            "changed_s": changed_s,
            "first_s": first_s,
            "milliseconds": milliseconds,
            "build_mb": max(build_mb, changed_mb),
            "search_mb": asking.peak_mb,
            "index_mb": sum(path.stat().st_size for path in index.rglob("*") if path.is_file()) / 1e6,
        }
        self.kept.add(system, "rounds", {name: figures})
        shutil.rmtree(index)

    def _runs(self, system: System, articles: str) -> Runs:
        python, model = self._environments.python(system), self._environments.model
        return Runs(system, python, model, self._work / f"{system.program}-{articles}.log")

    def _fresh(self, system: System, articles: str) -> Path:
        index = self._work / "indexes" / f"{system.program}-{articles}"
        shutil.rmtree(index, ignore_errors=True)
        index.parent.mkdir(parents=True, exist_ok=True)
        return index


def carry_out(name: str, step: Callable[..., None], *arguments: object) -> bool:
    """Take a step, and tell of it; a system that fails keeps no other from racing."""
    started = time.perf_counter()
    try:
        step(*arguments)
    except (Failed, NotInstalled) as error:
        print(f"{name}: {error}", file=sys.stderr, flush=True)
        return False
    print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return True


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    programs = [system.program for system in SYSTEMS]
    found.add_argument("data", type=Path, metavar="DATA")
    found.add_argument("--work", type=Path, required=True, metavar="DIR", help="where everything is kept")
    found.add_argument("--articles", type=int, metavar="N", help="of the demo corpus, for speed (default: all)")
    found.add_argument("--questions", type=int, default=200, metavar="N", help="for speed (default: 200)")
    found.add_argument("--rounds", type=int, default=3, metavar="N", help="of speed (default: 3; 0: none)")
    found.add_argument("--only", nargs="+", choices=programs, default=programs, metavar="SYSTEM")
    collections = list(COLLECTIONS)
    found.add_argument(
        "--ranking",
        nargs="*",
        choices=collections,
        default=collections,
        metavar="COLLECTION",
        help="where nDCG is measured (default: all; alone: nowhere)",
    )
    found.add_argument("--table", action="store_true", help="measure nothing, print the short table")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Race, and print what came of it."""
    arguments = parser().parse_args(argv)
    race = Race(arguments.data.resolve(), arguments.work.resolve())
    on = settings(arguments.articles, arguments.questions)
    if arguments.table:
        print(short_table(race.kept, on))
        return 0
    chosen = [system for system in SYSTEMS if system.program in arguments.only]
    ready = [system for system in chosen if carry_out(f"environment of {system.name}", race.prepare, system)]
    for collection in arguments.ranking:
        for system in ready:
            carry_out(f"{collection}, {system.name}", race.rank, system, collection)
    for number in range(arguments.rounds if ready else 0):
        # Another begins each time, so that no system always comes after the same one.
        for system in [*ready[number % len(ready) :], *ready[: number % len(ready)]]:
            size = (arguments.articles, arguments.questions)
            carry_out(f"round {number + 1}, {system.name}", race.run, system, number, *size)
    print(report(race.kept, on))
    return 0


if __name__ == "__main__":
    sys.exit(main())
