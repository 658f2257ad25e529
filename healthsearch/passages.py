"""Passage, and splitting an article into passages.

A passage is a slice of its article: whole sentences under one heading, as many as fit the encoder. Title and headings
are kept with it as context. Does not depend on a model, only on a ``Tokenizer``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from healthsearch.article import Article, Section, sections
from healthsearch.sentences import Sentence, split_sentences

# Names the rules below in the manifest; raise it when they change, so that old indexes are re-split.
SPLITTING = "sections-1"
# Tokens of article text in a passage: about two short paragraphs, a quote that is read at a glance. 200 and 240
# found no more of our own questions' answers.
TARGET_TOKENS = 160
# Title and headings may take no more than this share of the encoder's limit.
CONTEXT_SHARE = 0.25

Span = tuple[int, int]


class Tokenizer(Protocol):
    """The encoder's own tokenizer."""

    @property
    def limit(self) -> int:
        """The largest number of tokens that it reads of one text."""
        ...

    @property
    def parts_add_up(self) -> bool:
        """True if two texts joined by white space never have more tokens than both have separately."""
        ...

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """For each text, the (start, end) of each token, without special tokens."""
        ...


@dataclass(frozen=True, slots=True)
class Passage:
    """``text == article.text[start:end]``, word for word.

    ``context`` is the title and headings in the form that the encoder sees before the text;
    ``sentences`` are spans within ``text``, in order.
    """

    article_id: str
    headings: tuple[str, ...]
    context: str
    text: str
    start: int
    end: int
    sentences: tuple[Span, ...]

    @property
    def encoded_text(self) -> str:
        """The input of the encoder: the context, then the passage."""
        return self.context + self.text

    @property
    def encoded_sentences(self) -> tuple[Span, ...]:
        """``sentences`` as spans within ``encoded_text``."""
        return tuple((start + len(self.context), end + len(self.context)) for start, end in self.sentences)


def names(article: Article, passage: Passage) -> str:
    """The searchable names of a passage: title, headings and other names of the article, one per line."""
    return "\n".join((article.title, *passage.headings, *article.also_called))


def split(article: Article, tokenizer: Tokenizer) -> list[Passage]:
    """The article's passages in reading order.

    Each passage ends with a sentence, stays under one heading, and has at most ``tokenizer.limit`` tokens with its
    context. Only a sentence that is too long by itself is cut, between words if possible. Appending text to an article
    changes only the last passages of its last section.
    """
    all_sections = sections(article)
    contexts = _contexts(article, all_sections, tokenizer)
    rooms = [tokenizer.limit - length for length in _lengths(contexts, tokenizer)]
    sentences = [
        split_sentences(article.text, section.start, section.end, article.language) for section in all_sections
    ]
    texts = [article.text[sentence.start : sentence.end] for sentence in chain.from_iterable(sentences)]
    # In one call, because a call per section takes longer than the tokens themselves.
    spans = iter(tokenizer.token_spans(texts))
    parts = [
        _Part(article, section, context, room, [(sentence, next(spans)) for sentence in of_section])
        for section, context, room, of_section in zip(all_sections, contexts, rooms, sentences, strict=True)
    ]
    return _fitting(parts, tokenizer)


def _fitting(parts: list[_Part], tokenizer: Tokenizer) -> list[Passage]:
    """Pack the sections; if a tokenizer counts more tokens in a whole than in its parts, pack again with less room."""
    passages: list[Passage] = []
    for part in parts:
        room = part.room
        while True:
            if room <= 0:
                raise ValueError(f"no passage of {part.article.id!r} fits the encoder's {tokenizer.limit} tokens")
            packed, most = part.packed(room)
            if tokenizer.parts_add_up and most <= part.room:
                break
            if max(_lengths([passage.encoded_text for passage in packed], tokenizer)) <= tokenizer.limit:
                break
            room = room * 3 // 4
        passages += packed
    return passages


def _lengths(texts: Sequence[str], tokenizer: Tokenizer) -> list[int]:
    return [len(spans) for spans in tokenizer.token_spans(texts)]


@dataclass(frozen=True, slots=True)
class _Part:
    """A section with its sentences, one at least, their tokens, and how many tokens a passage may have."""

    article: Article
    section: Section
    context: str
    room: int
    sentences: list[tuple[Sentence, list[Span]]]

    def packed(self, room: int) -> tuple[list[Passage], int]:
        """The section's passages of up to ``room`` tokens, and the largest sum of token counts in one of them."""
        target = min(TARGET_TOKENS, room)
        groups = _pack(list(_units(self.article.text, self.sentences, target)), target, room)
        passages = [_passage(self.article, self.section, self.context, group) for group in groups]
        return passages, max(sum(unit.tokens for unit in group) for group in groups)


@dataclass(frozen=True, slots=True)
class _Unit:
    start: int
    end: int
    paragraph: int
    tokens: int


def _units(text: str, sentences: list[tuple[Sentence, list[Span]]], target: int) -> Iterator[_Unit]:
    """The sentences with their lengths in tokens; a sentence of more than ``target`` is cut into pieces."""
    for sentence, spans in sentences:
        if len(spans) <= target:
            yield _Unit(sentence.start, sentence.end, sentence.paragraph, len(spans))
            continue
        for start, end, tokens in _cut(text, sentence.start, sentence.end, spans, target):
            yield _Unit(start, end, sentence.paragraph, tokens)


def _cut(text: str, start: int, end: int, spans: list[Span], most: int) -> Iterator[tuple[int, int, int]]:
    """Cut the overlong ``text[start:end]`` into pieces of at most ``most`` tokens, before words if possible."""
    first, piece_start = 0, start
    while first < len(spans):
        last = _next_cut(text, start, spans, first, most)
        piece_end = start + spans[last][0] if last < len(spans) else end
        piece = text[piece_start:piece_end]
        if piece.strip():
            yield piece_end - len(piece.lstrip()), piece_start + len(piece.rstrip()), last - first
        first, piece_start = last, piece_end


def _next_cut(text: str, start: int, spans: list[Span], first: int, most: int) -> int:
    """The end, as a token, of the piece that begins with token ``first``.

    Never inside a character, although some tokenizers give one character several tokens: a character with more than
    ``most`` tokens is not cut.
    """
    if first + most >= len(spans):
        return len(spans)
    characters = [at for at in range(first + 1, first + most + 1) if spans[at][0] >= spans[at - 1][1]]
    words = [
        at for at in characters if text[start + spans[at][0] - 1].isspace() or text[start + spans[at][0]].isspace()
    ]
    if characters:
        return (words or characters)[-1]
    return next((at for at in range(first + most, len(spans)) if spans[at][0] >= spans[at - 1][1]), len(spans))


def _pack(units: list[_Unit], target: int, room: int) -> list[list[_Unit]]:
    """Fill passages with up to ``target`` tokens, from the front, breaking between paragraphs if possible.

    Filling from the front keeps the passages before a change as they were. A last passage of less than a quarter of the
    target is joined to the one before it if both fit into ``room``.
    """
    groups: list[list[_Unit]] = []
    size = 0
    for paragraph in _paragraphs(units):
        tokens = sum(unit.tokens for unit in paragraph)
        full = size + tokens > target and size >= target // 2
        for unit in paragraph:
            if full or not groups or size + unit.tokens > target:
                groups.append([])
                size, full = 0, False
            groups[-1].append(unit)
            size += unit.tokens
    if len(groups) > 1 and size < target // 4 and size + sum(unit.tokens for unit in groups[-2]) <= room:
        tail = groups.pop()
        groups[-1] += tail
    return groups


def _paragraphs(units: list[_Unit]) -> Iterator[list[_Unit]]:
    paragraph: list[_Unit] = []
    for unit in units:
        if paragraph and unit.paragraph != paragraph[-1].paragraph:
            yield paragraph
            paragraph = []
        paragraph.append(unit)
    if paragraph:
        yield paragraph


def _passage(article: Article, section: Section, context: str, group: list[_Unit]) -> Passage:
    start, end = group[0].start, group[-1].end
    return Passage(
        article_id=article.id,
        headings=section.headings,
        context=context,
        text=article.text[start:end],
        start=start,
        end=end,
        sentences=tuple((unit.start - start, unit.end - start) for unit in group),
    )


def _contexts(article: Article, all_sections: list[Section], tokenizer: Tokenizer) -> list[str]:
    """Title and headings of each section on one line, cut if they would leave too little room for the passage."""
    lines = [" › ".join((article.title, *section.headings)).replace("\n", " ") for section in all_sections]
    most = int(tokenizer.limit * CONTEXT_SHARE)
    contexts = []
    for line, spans in zip(lines, tokenizer.token_spans(lines), strict=True):
        if len(spans) > most:
            line = line[: spans[most - 1][1]] if most else ""
        contexts.append(f"{line}\n" if line else "")
    return contexts
