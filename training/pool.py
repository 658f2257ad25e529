"""What tuning searches: sections and abstracts of the training data, in an index of the product's own.

So passages, their vectors and all that words say of them are exactly what the product would hold. Half of the
articles have their sections under headings; of the others each section stands alone, as on a page of its own.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from healthsearch.build import build
from healthsearch.encoder import Model
from healthsearch.encoding import Report
from healthsearch.passages import Passage
from healthsearch.search import Searcher
from training.wordings import HEADINGS

ABSTRACT = "abstract"
# Of a long section its beginning is kept, up to about two passages: more articles are worth more than whole ones.
_LONGEST = 900
# Shares of the articles: under headings; each section alone, with the subject as its title; the others with the
# question as their title, as pages of questions and answers have it.
_UNDER_HEADINGS = 0.5
_TITLED_BY_SUBJECT = 0.3
# Some sections begin by repeating the question, which would give the answer away.
_REPEATED = re.compile(r"^(?:What|How|Is|Are|Can|Who|Do|Does)\b[^?\n]{0,200}\?\s*")


@dataclass(frozen=True, slots=True)
class Section:
    """A section with the question that it answers: what the question is about, and of which kind it is."""

    question: str
    subject: str
    kind: str
    rows: tuple[int, ...]

    def may_answer(self, other: Section) -> bool:
        """Whether it may answer the other's question too."""
        alike = self.kind == other.kind or "information" in (self.kind, other.kind)
        return alike and self.subject.casefold() == other.subject.casefold()


@dataclass(frozen=True, slots=True)
class Pool:
    """The searcher over everything, the passages by row, and for each row its section (None for none)."""

    searcher: Searcher
    sections: tuple[Section, ...]
    passages: tuple[Passage, ...]
    owner: tuple[int | None, ...]

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """The (n, dimension) vectors of these passages."""
        held = self.searcher.generation.vectors
        return np.concatenate([held.rows(row, row + 1) for row in rows.tolist()])


def open_pool(data: Path, articles: int, folder: Path, model: Model, report: Report = lambda progress: None) -> Pool:
    """The pool of this many of MedQuAD's articles and all of PubMedQA's abstracts; made under ``folder`` once."""
    corpus = folder / "articles"
    corpus.mkdir(parents=True, exist_ok=True)
    written = [*_write_sections(data / "medquad.jsonl", articles, corpus), *_write_abstracts(data, corpus)]
    build(corpus, folder / "index", model, report=report)
    searcher = Searcher.open(folder / "index")
    store = searcher.generation.article_store
    passages = tuple(store.passage(row).passage for row in range(len(searcher.generation.vectors)))
    places: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for row, passage in enumerate(passages):
        places.setdefault((passage.article_id, passage.headings), []).append(row)
    found = [(section, places.get(place, [])) for section, place in written]
    sections = tuple(Section(*section, tuple(rows)) for section, rows in found if rows)
    owner: list[int | None] = [None] * len(passages)
    for place, section in enumerate(sections):
        for row in section.rows:
            owner[row] = place
    return Pool(searcher, sections, passages, tuple(owner))


_Written = tuple[tuple[str, str, str], tuple[str, tuple[str, ...]]]


def _write_sections(file: Path, most: int, corpus: Path) -> Iterator[_Written]:
    """Write the articles; for each section its question, subject and kind, and the article and headings it is under."""
    rng = random.Random("pool")
    articles: dict[str, list[dict[str, str]]] = {}
    for line in json_lines(file):
        if line["kind"] in HEADINGS:
            articles.setdefault(line["article"], []).append(line)
    chosen = sorted(articles)
    rng.shuffle(chosen)
    for number, name in enumerate(chosen[:most]):
        form = rng.random()
        blocks: list[tuple[str, str]] = []
        for at, line in enumerate(articles[name]):
            asked = line["question"].replace("??", "?").replace("What is (are)", "What is")
            section = asked, line["title"], line["kind"]
            text = _beginning(_REPEATED.sub("", line["text"]))
            if form < _UNDER_HEADINGS:
                heading = rng.choice(HEADINGS[line["kind"]])
                blocks.append((heading, text))
                yield section, (f"{number}", (heading,) if heading else ())
            else:
                title = line["title"] if form < _UNDER_HEADINGS + _TITLED_BY_SUBJECT else asked
                _write(corpus / f"{number}-{at}.txt", f"{number}-{at}", title, text)
                yield section, (f"{number}-{at}", ())
        if blocks:
            # What stands under no heading stands first, or it would be under the one before it.
            blocks.sort(key=lambda block: block[0] != "")
            text = "\n\n".join(
                (f"## {heading}\n\n" if heading else "") + _as_markdown(text) for heading, text in blocks
            )
            _write(corpus / f"{number}.md", f"{number}", articles[name][0]["title"], text)


def _write_abstracts(data: Path, corpus: Path) -> Iterator[_Written]:
    for number, line in enumerate(json_lines(data / "pubmedqa.jsonl")):
        # Its title is the question, so it goes without.
        name = f"p{number}"
        _write(corpus / f"{name}.txt", name, name, line["text"])
        yield (line["question"], name, ABSTRACT), (name, ())


def _write(file: Path, identity: str, title: str, text: str) -> None:
    header = f"---\nid: {json.dumps(identity)}\ntitle: {json.dumps(title)}\n---\n"
    file.write_text(header + text, encoding="utf-8")


def _beginning(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    end = max(text.rfind("\n", 0, _LONGEST), text.rfind(". ", 0, _LONGEST) + 1)
    return text[: end if end > _LONGEST // 2 else _LONGEST]


def _as_markdown(text: str) -> str:
    """The text with every line a paragraph, and none a heading."""
    return "\n\n".join(line.strip().lstrip("#") for line in text.split("\n") if line.strip())


def json_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file."""
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
