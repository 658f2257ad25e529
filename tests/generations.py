"""Generations of a few words, published without a build, one passage a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from healthsearch.article import Article
from healthsearch.draft import Draft
from healthsearch.errors import HealthSearchError
from healthsearch.in_use import open_generation
from healthsearch.manifest import EncoderSpec
from healthsearch.passages import Passage
from tests.fakes import source

ENCODER = EncoderSpec("keywords", "digest of the encoder", "digest of its passages", 3, 64, "float32")


def passages_of(text: str) -> list[Passage]:
    """One passage a sentence."""
    ends = [place + 1 for place, sign in enumerate(text) if sign == "."]
    starts = [0, *(end + 1 for end in ends)]
    return [
        Passage(text, (), "", text[start:end], start, end, ((0, end - start),))
        for start, end in zip(starts, ends, strict=False)
    ]


def add(draft: Draft, text: str) -> None:
    passages = passages_of(text)
    vectors = np.eye(3, dtype=np.float32)[[len(passage.text) % 3 for passage in passages]]
    keys = [f"key of {passage.text}" for passage in passages]
    article = Article(id=text, path=f"{text}.txt", title=text, text=text)
    file = source(article.path, f"digest of {text}")
    draft.add(article, file, passages, keys, vectors, (vectors * 127).astype(np.int8))


def publish(index: Path, *texts: str) -> str:
    """Publish articles; returns the generation's name."""
    with Draft(index, ENCODER) as draft:
        for text in texts:
            add(draft, text)
        generation = draft.publish()
    generation.close()
    return generation.name


def served(index: Path) -> tuple[str, HealthSearchError | None]:
    generation, fault = open_generation(index)
    generation.close()
    return generation.name, fault


def cut(file: Path) -> None:
    """Take the last byte from a file."""
    file.write_bytes(file.read_bytes()[:-1])
