"""What they race on: folders of article files, with front matter, and questions."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TypeVar

from healthsearch.evaluation import write_articles

Thing = TypeVar("Thing")

# The collections on which ranking is developed, and the splits judged: as in ``benchmarks/ranking.py``.
COLLECTIONS = {"nfcorpus": ("dev",), "mediqa2019": ("train_alexa", "dev"), "covidqa": ("test_a",)}
_MORE = "\n\nThis page was read again, and a sentence about foot baths in winter was added to it.\n"


def demo_articles(data: Path, into: Path, number: int | None) -> None:
    """Copy ``number`` of the demo corpus's articles, evenly spaced, into one folder."""
    files = sorted((data / "demo_corpus" / "articles").rglob("*.md"))
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for file in spaced(files, number):
        shutil.copyfile(file, into / file.name)


def change_one(folder: Path) -> str:
    """Add a paragraph to an article in the middle of the folder; its file's name."""
    files = sorted(folder.iterdir())
    file = files[len(files) // 2]
    file.write_text(file.read_text(encoding="utf-8") + _MORE, encoding="utf-8")
    return file.name


def demo_questions(data: Path, number: int) -> list[str]:
    """``number`` of the demo corpus's questions, evenly spaced."""
    with (data / "demo_corpus" / "questions.jsonl").open(encoding="utf-8") as lines:
        return spaced([json.loads(line)["text"] for line in lines], number)


def judged_articles(folder: Path, into: Path) -> None:
    """Write the documents of a BEIR folder as article files, if that is not done yet."""
    if into.exists():
        return
    into.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=into.parent))
    write_articles(folder, unfinished)
    unfinished.rename(into)


def spaced(things: list[Thing], number: int | None) -> list[Thing]:
    """``number`` of them, evenly spaced; all when there are no more, or none is told."""
    if number is None or number >= len(things):
        return things
    return [things[place * len(things) // number] for place in range(number)]
