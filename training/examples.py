"""Batches of questions with the passage that answers and one that only looks as if it did.

A batch is a pure function of the seed and the step, so that a run can go on where it was cut off. Passages are
split and put in context by the product's own code; the loop reads their first tokens.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from healthsearch.article import Article
from healthsearch.passages import Passage, Tokenizer, split
from training.wordings import HEADINGS, asked, slipped

# Questions of each source in a batch.
BATCH = {"medquad": 20, "sentence": 28, "pubmedqa": 12, "meqsum": 4}
# MedQuAD's own wording is kept for this share of its questions; slips are made in this share of all.
_AS_WRITTEN = 0.35
_SLIPPED = 0.1
# Shares of passages that keep their heading and their title, so that neither is leant on.
_WITH_HEADING = 0.5
_WITH_TITLE = 0.8
# A question's passage is the section's first this often, else any of its first few.
_FIRST_PASSAGE = 0.7
_PASSAGES_KEPT = 4
_SHORTEST_SENTENCE = 40
# A sentence asked about stays in its passage this seldom, or matching words would be enough; and this often only
# some of its words are asked, as in a search box.
_SENTENCE_KEPT = 0.1
_KEYWORDS = 0.5
_WORDS_KEPT = 0.6


@dataclass(frozen=True, slots=True)
class Text:
    """A passage to encode. ``topic`` and ``kind`` say what it is about: two texts alike in both may answer alike."""

    context: str
    text: str
    sentences: tuple[tuple[int, int], ...]
    topic: str
    kind: str
    # Of several passages of a section, each is told from the others only where a sentence of it is asked about.
    part: int | None = None

    def may_answer(self, other: Text) -> bool:
        """Whether a question that ``self`` answers may be answered by ``other`` too."""
        alike = self.kind == other.kind or "information" in (self.kind, other.kind)
        apart = None not in (self.part, other.part) and self.part != other.part
        return self.topic == other.topic and alike and not apart


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the passage that answers it, and perhaps one that does not."""

    question: str
    positive: Text
    negative: Text | None


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a MedQuAD article with the question it answers."""

    question: str
    title: str
    article: str
    kind: str
    passages: tuple[Passage, ...]


class Examples:
    """The training data, ready to be drawn from. ``mined``: for each section, sections that look alike."""

    def __init__(
        self, sections: list[Section], mined: list[list[int]], abstracts: list[Section], pairs: list[Example]
    ) -> None:
        self.sections = sections
        self._mined = mined
        self._abstracts = abstracts
        self._pairs = pairs
        self._siblings: dict[str, list[int]] = defaultdict(list)
        for place, section in enumerate(sections):
            self._siblings[section.article].append(place)

    def batch(self, seed: int, step: int) -> list[Example]:
        """The examples of one step; each source is gone through in an order of its own before it repeats."""
        rng = random.Random(f"{seed} {step}")
        drawn = [
            self._about_section(place, rng) for place in _in_turn(len(self.sections), BATCH["medquad"], seed, step)
        ]
        everything = [*self.sections, *self._abstracts]
        for place in _in_turn(len(everything), BATCH["sentence"], seed + 1_000, step):
            drawn += self._about_sentence(everything[place], rng)
        for place in _in_turn(len(self._abstracts), BATCH["pubmedqa"], seed, step):
            drawn.append(Example(self._abstracts[place].question, _text(self._abstracts[place], rng), None))
        drawn += [self._pairs[place] for place in _in_turn(len(self._pairs), BATCH["meqsum"], seed, step)]
        return drawn

    def _about_section(self, place: int, rng: random.Random) -> Example:
        section = self.sections[place]
        question = section.question if rng.random() < _AS_WRITTEN else asked(section.kind, section.title, rng)
        if rng.random() < _SLIPPED:
            question = slipped(question, rng)
        positive = _text(section, rng)
        # A neighbour in the same article half of the time: finding the article is not finding the answer.
        near = [other for other in self._siblings[section.article] if self._differs(section, other)]
        far = self._mined[place]
        chosen = near if near and (rng.random() < 0.5 or not far) else far
        negative = _text(self.sections[rng.choice(chosen)], rng) if chosen else None
        return Example(question, positive, negative)

    def _differs(self, section: Section, other: int) -> bool:
        return self.sections[other].kind != section.kind and "information" not in (
            self.sections[other].kind,
            section.kind,
        )

    def _about_sentence(self, section: Section, rng: random.Random) -> Iterator[Example]:
        """A sentence as the question, and the passage that it was taken from (inverse cloze, Lee et al. 2019).

        Against another passage of the same article, under the same title: only the detail tells them apart.
        """
        at = rng.randrange(len(section.passages))
        passage = section.passages[at]
        long = [span for span in passage.sentences if span[1] - span[0] >= _SHORTEST_SENTENCE]
        if len(passage.sentences) < 3 or not long:
            return
        start, end = rng.choice(long)
        keep = rng.random() < _SENTENCE_KEPT
        kept = passage.text if keep else passage.text[:start] + " " * (end - start) + passage.text[end:]
        spans = tuple(span for span in passage.sentences if keep or span != (start, end))
        context = _context(section, rng)
        question = passage.text[start:end]
        if rng.random() < _KEYWORDS:
            question = " ".join(word for word in question.lower().split() if rng.random() < _WORDS_KEPT) or question
        others = [place for place in range(len(section.passages)) if place != at]
        negative = _part(section, rng.choice(others), context) if others else None
        yield Example(question, replace(_part(section, at, context), text=kept, sentences=spans), negative)


def read_sections(file: Path, tokenizer: Tokenizer) -> list[Section]:
    """MedQuAD's sections, split; those without text are left out."""
    found = []
    for line in _lines(file):
        # Some sections begin by repeating the question, which would give the answer away.
        text = re.sub(r"^(?:What|How|Is|Are|Can|Who|Do|Does)\b[^?\n]{0,200}\?\s*", "", line["text"])
        passages = _split(line["title"], text, tokenizer)
        if passages and line["kind"] in HEADINGS:
            question = line["question"].replace("??", "?").replace("What is (are)", "What is")
            found.append(Section(question, line["title"], line["article"], line["kind"], passages))
    return found


def read_abstracts(file: Path, tokenizer: Tokenizer) -> list[Section]:
    """PubMedQA's questions with their abstracts."""
    found = []
    for number, line in enumerate(_lines(file)):
        passages = _split("", line["text"], tokenizer)
        if passages:
            found.append(Section(line["question"], f"abstract {number}", f"abstract {number}", "abstract", passages))
    return found


def read_pairs(file: Path) -> list[Example]:
    """MeQSum: what a person wrote, and the short question that was meant; either way round, they belong together."""
    found = []
    for number, line in enumerate(_lines(file)):
        short = Text("", line["short"], ((0, len(line["short"])),), f"pair {number}", "question")
        message = re.sub(r"^SUBJECT:\s*|\bMESSAGE:\s*", "", line["long"])
        found.append(Example(message, short, None))
    return found


def matching(examples: list[Example]) -> tuple[list[Text], list[list[bool]]]:
    """All passages of a batch, positives first, and for each question which of them to leave out of the loss."""
    texts = [example.positive for example in examples]
    texts += [example.negative for example in examples if example.negative is not None]
    left_out = [
        [at != own and example.positive.may_answer(text) for at, text in enumerate(texts)]
        for own, example in enumerate(examples)
    ]
    return texts, left_out


def _split(title: str, text: str, tokenizer: Tokenizer) -> tuple[Passage, ...]:
    return tuple(split(Article("", "", title, text), tokenizer)[:_PASSAGES_KEPT])


def _text(section: Section, rng: random.Random) -> Text:
    first = rng.random() < _FIRST_PASSAGE
    passage = section.passages[0] if first else rng.choice(section.passages)
    return Text(_context(section, rng), passage.text, passage.sentences, section.title.casefold(), section.kind)


def _part(section: Section, at: int, context: str) -> Text:
    """One passage of the section, told from its others."""
    passage = section.passages[at]
    return Text(context, passage.text, passage.sentences, section.title.casefold(), section.kind, at)


def _context(section: Section, rng: random.Random) -> str:
    if section.kind == "abstract" or rng.random() >= _WITH_TITLE:
        return ""
    heading = rng.choice(HEADINGS[section.kind]) if rng.random() < _WITH_HEADING else ""
    return f"{section.title} › {heading}\n" if heading else f"{section.title}\n"


def _in_turn(total: int, count: int, seed: int, step: int) -> list[int]:
    """``count`` places of ``total`` for this step: a new order each time round."""
    places = []
    for at in range(step * count, (step + 1) * count):
        places.append(_order(total, seed, at // total)[at % total])
    return places


@cache
def _order(total: int, seed: int, time: int) -> list[int]:
    order = list(range(total))
    random.Random(f"{seed} {total} {time}").shuffle(order)
    return order


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
