"""The one door through which every system is measured: a command that builds, a command that answers.

    PROGRAM build ARTICLES INDEX MODEL [CHANGED]     ends when a new process could search INDEX
    PROGRAM search ARTICLES INDEX MODEL              a JSON line a question in, a JSON line of article ids out

Each program runs in its system's own environment, so this module imports nothing but Python's own. What the
libraries print goes to standard error; standard output carries JSON lines only, the last of them the peak of memory.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# Articles that a question returns; passages retrieved to have so many, from each list, as ours does.
ARTICLES = 10
DEPTH = 200
# Of all-MiniLM-L6-v2's 256 tokens, so that neither title nor passage is cut.
MOST_WORDS = 150

_BLANK = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

Ask = Callable[[str], Sequence[str]]
Build = Callable[[Path, Path, Path, str | None], None]


@dataclass(frozen=True, slots=True)
class Article:
    """An article file: its front matter's id and title, and the text below."""

    id: str
    title: str
    text: str


class Opened(NamedTuple):
    """An index opened: ``ask`` is what a user calls, ``rank`` what is measured against judgements."""

    ask: Ask
    rank: Ask


def read_articles(folder: Path, only: str | None = None) -> Iterator[Article]:
    """The articles of a folder in the order of their files; with ``only`` the one of that file."""
    for file in [folder / only] if only else sorted(path for path in folder.iterdir() if path.is_file()):
        _, header, text = file.read_text(encoding="utf-8").split("---\n", 2)
        facts = dict(line.split(": ", 1) for line in header.splitlines())
        title = facts["title"]
        yield Article(
            json.loads(f'"{facts["id"].strip(chr(34))}"'), json.loads(title) if title[0] == '"' else title, text
        )


def passages(article: Article) -> Iterator[str]:
    """Its paragraphs, each with the headings above it; long ones cut at sentence ends.

    For systems whose documentation tells to split and leaves open how.
    """
    headings: list[str] = []
    for block in filter(None, map(str.strip, _BLANK.split(article.text))):
        if block.startswith("#") and "\n" not in block:
            headings.append(block.lstrip("# "))
            continue
        for piece in _pieces(block):
            yield "\n".join([*headings, piece])
        headings = []
    if headings:
        yield "\n".join(headings)


def first_articles(ids: Iterable[str]) -> list[str]:
    """The articles of passages that come best first, each at the place of its best passage."""
    return list(dict.fromkeys(ids))[:ARTICLES]


def serve(build: Build, open_index: Callable[[Path, Path, Path], Opened]) -> None:
    """Carry out the command line."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    command, *paths = sys.argv[1:5]
    articles, index, model = map(Path, paths)
    if command == "build":
        build(articles, index, model, sys.argv[5] if len(sys.argv) > 5 else None)
    else:
        opened = open_index(articles, index, model)
        for line in sys.stdin:
            request = json.loads(line)
            call = opened.ask if request["timed"] else opened.rank
            started = time.perf_counter()
            found = call(request["question"])
            milliseconds = 1000 * (time.perf_counter() - started)
            print(json.dumps({"articles": list(found), "milliseconds": milliseconds}), file=lines, flush=True)
    print(json.dumps({"peak_mb": _peak_mb()}), file=lines, flush=True)


def _pieces(paragraph: str) -> Iterator[str]:
    words: list[str] = []
    for sentence in _SENTENCE_END.split(paragraph):
        more = sentence.split(" ")
        if words and len(words) + len(more) > MOST_WORDS:
            yield " ".join(words)
            words = []
        words += more
        while len(words) > MOST_WORDS:
            yield " ".join(words[:MOST_WORDS])
            words = words[MOST_WORDS:]
    if words:
        yield " ".join(words)


def _peak_mb() -> float:
    """The process's own peak. Where the system tells it, ``getrusage`` would begin with that of who started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text(encoding="utf-8"))[0]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
