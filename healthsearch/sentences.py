"""Sentence boundaries as offsets, for splitting and marking.

The only import of sentencex (MIT, Wikimedia), which knows the abbreviations of some 300 languages.
Corrected here: it ends a sentence after "2.5 mg." even before a lower-case letter, and after the number of a list item.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sentencex import get_sentence_boundaries

# A blank line, or the start of the next list item: no sentence crosses either.
_BLOCK_END = re.compile(r"\n[^\S\n]*\n\s*|\n(?=[^\S\n]*(?:[-*+•‣◦–]|\d{1,3}[.)])[^\S\n])")
# A bullet or an item number, with the space after it.
LIST_MARKER = r"(?:[-*+•‣◦–]|\d{1,3}[.)])[^\S\n]+"
_LIST_MARKER = re.compile(LIST_MARKER)
_ONLY_NUMBER = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivx]{2,4})[.)\]]")


class Sentence(NamedTuple):
    """``text[start:end]`` without white space around it; ``paragraph`` counts blocks from 0.

    List items count as part of the paragraph that they follow, so that a list stays with its introduction.
    """

    start: int
    end: int
    paragraph: int


def split_sentences(text: str, start: int, end: int, language: str | None = None) -> list[Sentence]:
    """The sentences of ``text[start:end]`` in order; every character except white space is in one.

    >>> [s[:2] for s in split_sentences("Take 5 mg. of it. Rest.", 0, 23)]
    [(0, 17), (18, 23)]
    """
    found: list[Sentence] = []
    paragraph = -1
    for block_start, block_end in _blocks(text, start, end):
        if paragraph < 0 or not _LIST_MARKER.match(text, block_start, block_end):
            paragraph += 1
        found += [Sentence(first, last, paragraph) for first, last in _in_block(text, block_start, block_end, language)]
    return found


def without_list_marker(text: str, start: int, end: int) -> int:
    """The offset of the sentence's first word, after a bullet or item number."""
    marker = _LIST_MARKER.match(text, start, end)
    return marker.end() if marker and marker.end() < end else start


def _blocks(text: str, start: int, end: int) -> list[tuple[int, int]]:
    cuts = [start]
    for match in _BLOCK_END.finditer(text, start, end):
        cuts += [match.start(), match.end()]
    cuts.append(end)
    spans = (_trimmed(text, first, last) for first, last in zip(cuts[::2], cuts[1::2], strict=True))
    return [span for span in spans if span[0] < span[1]]


def _in_block(text: str, start: int, end: int, language: str | None) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for boundary in get_sentence_boundaries(language or "en", text[start:end]):
        first, last = _trimmed(text, start + boundary["start_index"], start + boundary["end_index"])
        if first == last:
            continue
        if merged and (text[first].islower() or _ONLY_NUMBER.fullmatch(text, *merged[-1])):
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
