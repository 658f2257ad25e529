"""Recognises the headings of a printed document and their levels.

Uses the document's outline if its titles occur in the text, else the type: larger than the body's, or bold on separate
lines. Independent of the PDF library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from healthsearch.readers.pdf_layout import Paragraph, is_open

# Type that is larger than the body's by this makes a heading, unless it goes on for longer.
_LARGER = 1.12
_LONGEST, _MOST_LINES = 200, 4
# Bold type of the body's size does too, when it is short and no sentence.
_LONGEST_BOLD, _MOST_BOLD_LINES = 100, 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a document's outline: its depth, its title, and its page from 0, if it names one."""

    depth: int
    title: str
    page: int | None


def heading_levels(paragraphs: Sequence[Paragraph], outline: Sequence[Entry], title: str = "") -> dict[int, int]:
    """The level of each paragraph that is a heading, by its position in the list; 1 is the title.

    The title is ``title`` where the first page has it, else what stands largest there.
    """
    body = body_size(paragraphs)
    typed = {index: found for index, found in enumerate(paragraphs) if _stands_out(found, body)}
    named = [index for index in typed if paragraphs[index].page == 0 and _letters(typed[index].text) == _letters(title)]
    on_first_page = named or [index for index in typed if paragraphs[index].page == 0]
    first = max(on_first_page, key=lambda index: (round(typed[index].size), -index), default=None)
    below = 1 if first is None else 2
    levels = _outlined(paragraphs, outline)
    if levels:
        # An outline may begin with the title itself, or leave it out.
        top = min(levels.values())
        begins_with_it = levels.get(first or 0) == top and list(levels.values()).count(top) == 1
        levels = {index: depth - top + (1 if begins_with_it else below) for index, depth in levels.items()}
    else:
        types = sorted({_type(found) for index, found in typed.items() if index != first}, reverse=True)
        levels = {index: below + types.index(_type(found)) for index, found in typed.items() if index != first}
    return levels if first is None else levels | {first: 1}


def body_size(paragraphs: Sequence[Paragraph]) -> float:
    """The type size of most of the text, to half a point."""
    sizes = Counter[float]()
    for paragraph in paragraphs:
        for line in paragraph.lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
    return max(sizes, key=lambda size: sizes[size], default=0.0)


def _type(paragraph: Paragraph) -> tuple[int, bool]:
    return round(paragraph.size), paragraph.bold


def _stands_out(paragraph: Paragraph, body: float) -> bool:
    text = paragraph.text
    if any(len(line.cells) > 1 for line in paragraph.lines) or sum(map(str.isalpha, text)) < 3:
        return False
    if paragraph.size >= body * _LARGER:
        return len(text) <= _LONGEST and len(paragraph.lines) <= _MOST_LINES
    if not paragraph.bold or paragraph.size < body * 0.97 or paragraph.bullet:
        return False
    sentence = not is_open(text) and not text.endswith("?")
    return len(text) <= _LONGEST_BOLD and len(paragraph.lines) <= _MOST_BOLD_LINES and not sentence


def _outlined(paragraphs: Sequence[Paragraph], outline: Sequence[Entry]) -> dict[int, int]:
    """The depth of each paragraph matched by an entry; empty if most entries match none."""
    places: dict[tuple[str, int | None], list[int]] = {}
    for index, paragraph in enumerate(paragraphs):
        places.setdefault((_letters(paragraph.text), paragraph.page), []).append(index)
    depths: dict[int, int] = {}
    for entry in outline:
        for index in places.get((_letters(entry.title), entry.page), [])[:1]:
            depths.setdefault(index, entry.depth)
    return depths if 2 * len(depths) > len(outline) else {}


def _letters(text: str) -> str:
    """The title without its number, its spaces and its punctuation."""
    return "".join(character for character in text.casefold() if character.isalpha())
