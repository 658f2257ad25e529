"""The tables: everything for ``benchmarks/results/peers.md``, and the short one in README.md and docs/quality.md."""

from __future__ import annotations

import datetime
import os
import platform
import re
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.articles import COLLECTIONS
from benchmarks.peers.kept import Kept
from benchmarks.peers.systems import OURS, SYSTEMS, System


@dataclass(frozen=True, slots=True)
class Column:
    """A figure: its heading, how it is printed, whether less is better, and why ours need not be the best."""

    key: str
    heading: str
    form: str
    less: bool
    why: str


MARKING = (
    "slips are mended, and the ten passages are marked: answering sentence, cautions, reasons, which takes longer than "
    "ranking them; the others return passages as they are"
)
COLUMNS = (
    Column(
        "build_s",
        "build, s",
        "{:.1f}",
        True,
        "we export the encoder once, read the headings and sentences of every article, and keep a vector a sentence "
        "beside that of the passage",
    ),
    Column(
        "changed_s",
        "one article changed, s",
        "{:.1f}",
        True,
        "we find out by the content of every file which one changed, verify the old generation, write the words of all "
        "passages anew and publish a whole new one; the others, Semantra aside, are told which article it is, and most "
        "write its part alone",
    ),
    Column("median_ms", "question, median ms", "{:.1f}", True, MARKING),
    Column("p99_ms", "p99 ms", "{:.1f}", True, MARKING),
    Column(
        "first_s",
        "new process to first answer, s",
        "{:.1f}",
        True,
        "opening verifies the digest of every file of the index, and loads the word list that mends slips",
    ),
    Column("build_mb", "build, peak MB", "{:.0f}", True, "the encoder is exported in a process of its own"),
    Column(
        "search_mb",
        "search, peak MB",
        "{:.0f}",
        True,
        "the word list that mends slips is in memory, and mapped parts of the index count as resident",
    ),
    Column(
        "index_mb",
        "index, MB",
        "{:.1f}",
        True,
        "it holds the exported encoder, by which searches need no torch, the articles whole, a vector a sentence, "
        "and the words",
    ),
    Column(
        "installed_mb",
        "installed, MB",
        "{:.0f}",
        True,
        "that is with the page, the readers of all formats, and OpenVINO, which runs the encoder",
    ),
    *(
        Column(f"{collection} {split}", f"{collection} {split}", "{:.3f}", False, "one setting serves all collections")
        for collection, splits in COLLECTIONS.items()
        for split in splits
    ),
    Column("mean", "mean", "{:.3f}", False, "one setting serves all collections"),
)
SPEED = tuple(column for column in COLUMNS if column.less)
RANKING = tuple(column for column in COLUMNS if not column.less)
SHORT = ("build_s", "changed_s", "median_ms", "p99_ms", "search_mb", "mean")
NOTES = """\
All load the same weights of all-MiniLM-L6-v2 from the same folder and read the same article files, in an environment
and a process of their own, with the threads that each takes by itself. Times run from the start of a process to its end
(build), and from text to results in a warm process (question; ours is the whole answer). Medians of the rounds;
questions of all rounds together. Peaks are of resident memory (VmHWM); "installed" counts torch, sentence-transformers
and the weights, which all need.

nDCG@10 is of articles, each at the place of its best passage among the first 200 of each list. Systems that split by
their own rules keep them; the others get paragraphs with title and headings, long ones cut at sentence ends to 150
words, so that the encoder reads all of them. These are the collections on which our ranking was set by hand, one
setting for all; the others run with their defaults, which favours ours."""

Figures = dict[str, float]


def settings(articles: int | None, questions: int) -> str:
    """What a round ran on, in words."""
    return f"{articles or 'all'} articles, {questions} questions"


def rounds_of(known: dict[str, Any], on: str) -> list[dict[str, Any]]:
    """The rounds of a system that ran on this."""
    return [one for name, one in known["rounds"].items() if name.startswith(f"{on}, round ")]


def figures(known: dict[str, Any], on: str) -> Figures:
    """A system's figures by column, as far as they were measured."""
    found: Figures = {}
    if "installed_mb" in known["environment"]:
        found["installed_mb"] = known["environment"]["installed_mb"]
    rounds = rounds_of(known, on)
    if rounds:
        for key in ("build_s", "changed_s", "first_s", "build_mb", "search_mb", "index_mb"):
            found[key] = statistics.median(one[key] for one in rounds)
        times = [each for one in rounds for each in one["milliseconds"]]
        found["median_ms"], found["p99_ms"] = (float(np.percentile(times, share)) for share in (50, 99))
    for collection, splits in known["ndcg"].items():
        found |= {f"{collection} {split}": value for split, value in splits.items()}
    judged = [found[column.key] for column in RANKING if column.key in found]
    if len(judged) == sum(map(len, COLLECTIONS.values())):
        found["mean"] = statistics.fmean(judged)
    return found


def table(columns: tuple[Column, ...], measured: dict[System, Figures], versions: dict[System, str]) -> str:
    """A Markdown table, a line a system; the best of a column is bold."""
    lines = [f"| system | {' | '.join(column.heading for column in columns)} |", f"|---|{'---|' * len(columns)}"]
    for system, known in measured.items():
        cells = [_cell(column, known, measured) for column in columns]
        lines.append(f"| {' '.join([system.name, versions.get(system, '')]).strip()} | {' | '.join(cells)} |")
    return "\n".join(lines)


def short_table(kept: Kept, on: str) -> str:
    """The README's table."""
    measured = {system: figures(kept.read(system), on) for system in SYSTEMS}
    heads = {column.key: column for column in COLUMNS}
    heads["mean"] = Column("mean", "nDCG@10, mean", "{:.3f}", False, "")
    heads["search_mb"] = Column("search_mb", "memory, MB", "{:.0f}", True, "")
    return table(tuple(heads[key] for key in SHORT), measured, {})


def report(kept: Kept, on: str) -> str:
    """The whole of ``benchmarks/results/peers.md``."""
    known = {system: kept.read(system) for system in SYSTEMS}
    measured = {system: figures(one, on) for system, one in known.items()}
    versions = {system: one["environment"].get("version", "") for system, one in known.items()}
    ran = [rounds_of(one, on) for one in known.values()]
    dates = sorted({each["date"] for rounds in ran for each in rounds})
    rounds = sorted({len(one) for one in ran if one})
    return "\n\n".join(
        [
            "# A race with what a user would pick instead",
            f"Printed by `python -m benchmarks.peers DATA --work DIR` on {datetime.date.today()}. {_machine()}",
            NOTES,
            "## In short",
            short_table(kept, on),
            f"## Speed and size: {on}",
            f"Rounds: {' to '.join(map(str, rounds)) or 'none'}, systems in turn, on {', '.join(dates) or 'no day'}.",
            table(SPEED, measured, versions),
            "## nDCG@10",
            table(RANKING, measured, versions),
            "## Where ours is not first",
            "\n".join(_behind(measured)) or "Nowhere.",
            "## How each was set up",
            "\n".join(f"- {system.name}: {system.setting}." for system in SYSTEMS),
        ]
    )


def _cell(column: Column, known: Figures, measured: dict[System, Figures]) -> str:
    if column.key not in known:
        return "not measured"
    text = column.form.format(known[column.key])
    return f"**{text}**" if text == _best(column, measured)[1] else text


def _best(column: Column, measured: dict[System, Figures]) -> tuple[System, str]:
    having = {system: known[column.key] for system, known in measured.items() if column.key in known}
    best = (min if column.less else max)(having, key=having.__getitem__)
    return best, column.form.format(having[best])


def _behind(measured: dict[System, Figures]) -> list[str]:
    lines = []
    for column in COLUMNS:
        if column.key not in measured[OURS]:
            continue
        own, (best, figure) = column.form.format(measured[OURS][column.key]), _best(column, measured)
        if own != figure:
            lines.append(f"- {column.heading}: {own}, {best.name} {figure}. Why: {column.why}.")
    return lines


def _machine() -> str:
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    name = re.findall(r"model name\s*: (.*)", info) or [platform.processor() or platform.machine()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()}, Python {platform.python_version()}"
    threads = f", OMP_NUM_THREADS={os.environ['OMP_NUM_THREADS']}" if "OMP_NUM_THREADS" in os.environ else ""
    return f"{os.cpu_count()} CPUs ({name[0].strip()}), {memory:.0f} GB, {system}{threads}."
