"""From paragraphs of printed pages to text: joins hyphenated words, and paragraphs across columns and pages.

Independent of the PDF library.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from healthsearch.readers.blocks import Blocks
from healthsearch.readers.pdf_headings import body_size
from healthsearch.readers.pdf_layout import Line, Paragraph, is_open

_NUMBERED = re.compile(r"\(?(\d{1,2})[.)] +")
_BULLETED = re.compile(r"[^\w\s(] +")
_BROKEN = re.compile(r"([^\W\d_]+)([-\u2010\u00ad])$")
_HYPHENS = ("-", "\u2010", "\u00ad")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# How many footnotes and captions may stand between the two halves of a paragraph.
_BETWEEN = 8


@dataclass(slots=True)
class _Piece:
    """A paragraph of the final text; ``breaks`` are the offsets at which further pages begin."""

    text: str
    paragraph: Paragraph
    level: int
    last: Paragraph
    breaks: list[int] = field(default_factory=list)


def write(paragraphs: Sequence[Paragraph], levels: Mapping[int, int], page_count: int) -> Blocks:
    """The document's blocks, with the start of each page."""
    words = _words([line for paragraph in paragraphs for line in paragraph.lines])
    body = body_size(paragraphs)
    pieces: list[_Piece] = []
    for index, paragraph in enumerate(paragraphs):
        text = ""
        for line in paragraph.lines:
            text = _join(text, line.text, words)
        piece = _Piece(text, paragraph, levels.get(index, 0), paragraph)
        before = _first_half(pieces, piece, body)
        if before is None:
            pieces.append(piece)
            continue
        text = _join(before.text, piece.text, words)
        before.breaks += [len(text) - len(piece.text)] * (paragraph.page - before.last.page)
        before.text, before.last = text, paragraph
        # Behind the footnotes of its first page, so that pages stay in order.
        pieces.remove(before)
        pieces.append(before)
    return _blocks(pieces, page_count)


def _blocks(pieces: list[_Piece], page_count: int) -> Blocks:
    blocks = Blocks()
    page = -1
    indents: list[float] = []
    for piece in pieces:
        for _ in range(piece.paragraph.page - page):
            blocks.page()
        page = piece.last.page
        if piece.level:
            blocks.heading(piece.text, piece.level)
            indents = []
        elif len(piece.paragraph.lines[0].cells) > 1:
            blocks.row(piece.paragraph.lines[0].cells)
        elif piece.paragraph.bullet:
            indents = _nested(indents, piece.paragraph.indent)
            _item(blocks, piece, len(indents))
        else:
            blocks.paragraph(piece.text, page_breaks=piece.breaks)
    blocks.end(page_count)
    return blocks


def _nested(indents: list[float], indent: float) -> list[float]:
    """The indents of the lists around an item with this indent, its own last."""
    outer = [other for other in indents if other < indent - 4]
    return [*outer, indent]


def _item(blocks: Blocks, piece: _Piece, depth: int) -> None:
    number = _NUMBERED.match(piece.text)
    mark = number or _BULLETED.match(piece.text)
    cut = mark.end() if mark else 0
    breaks = [offset - cut for offset in piece.breaks]
    blocks.item(piece.text[cut:], depth=depth, number=int(number[1]) if number else None, page_breaks=breaks)


def _first_half(pieces: list[_Piece], piece: _Piece, body: float) -> _Piece | None:
    """The piece that is continued by this one at the top of its column; None if it is a new paragraph."""
    paragraph = piece.paragraph
    if not paragraph.opens_column or piece.level or paragraph.bullet or len(paragraph.lines[0].cells) > 1:
        return None
    for before in reversed(pieces[-_BETWEEN:]):
        last = before.last
        if last.size < 0.95 * body and paragraph.size >= 0.95 * body:
            continue
        alike = abs(last.size - paragraph.size) <= 0.06 * last.size and last.bold == paragraph.bold
        if before.level or not alike or len(last.lines[-1].cells) > 1 or not is_open(before.text):
            return None
        width = max(line.right - line.left for line in last.lines)
        full = len(last.lines) > 1 and last.lines[-1].right - last.lines[-1].left > 0.85 * width
        goes_on = piece.text[0].islower() or before.text.endswith(_HYPHENS)
        return before if goes_on or full else None
    return None


def _join(before: str, after: str, words: Mapping[str, int]) -> str:
    """Two lines as one text; a hyphenated word is joined as it is spelt elsewhere in the document."""
    broken = _BROKEN.search(before)
    if not broken or not after[:1].isalnum():
        return f"{before} {after}" if before else after
    if broken[2] == "\u00ad":
        return before[:-1] + after
    rest = _WORD.match(after)
    if rest is None or not after[0].islower():
        return before + after
    head, tail = broken[1].casefold(), rest[0].casefold()
    whole, compound = words.get(head + tail, 0), words.get(f"{head}-{tail}", 0)
    keep = compound > whole or (not whole and words.get(tail, 0) > 0)
    return (before if keep else before[:-1]) + after


def _words(lines: Sequence[Line]) -> Counter[str]:
    """The frequency of each word in the document, without the halves of hyphenated ones."""
    return Counter(word.casefold() for word in _whole_words(lines))


def _whole_words(lines: Sequence[Line]) -> Iterator[str]:
    broken = False
    for line in lines:
        found = _WORD.findall(line.text)
        goes_on = broken
        broken = line.text.endswith(_HYPHENS)
        yield from found[1 if goes_on else 0 : -1 if broken else None]
