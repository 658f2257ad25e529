"""The body of a JATS article, or another part of it, as blocks."""

from __future__ import annotations

import re

from healthsearch.readers.blocks import Blocks, raised, squeeze
from healthsearch.readers.xhtml import cell_text, is_raised, table_cells
from healthsearch.readers.xml_tree import Element, attribute, children, first, name, text_of

_LEFT_OUT = set(
    "ref-list ack fn-group supplementary-material object-id graphic media inline-graphic index-term sec-meta"
    " permissions alt-text long-desc attrib fn label title related-article related-object sub-article".split()
)
_GROUPS = {"fig-group", "table-wrap-group", "app-group", "disp-quote", "speech", "statement", "verse-group", "glossary"}
_SECTIONS = {"sec", "boxed-text", "app", "notes", "glossary"}


def write(element: Element, blocks: Blocks, level: int, title: str = "") -> None:
    """Add a section's heading, at this level, and what it holds; ``title`` is used when it has none."""
    label = inline(first(element, "label"))
    title = inline(first(element, "title", "caption/title")) or title
    blocks.heading(f"{label} {title}".strip() if title else "", level)
    _Section(blocks, level + 1 if title else level).take(element)


def inline(element: Element | None) -> str:
    """The text of an element on one line, without its footnotes; "" for None."""
    if element is None:
        return ""
    section = _Section(Blocks(), 2)
    section.say_in(element)
    return squeeze("".join(section.said))


class _Section:
    def __init__(self, blocks: Blocks, level: int) -> None:
        self.said: list[str] = []
        self._blocks = blocks
        self._level = level

    def take(self, element: Element) -> None:
        """Take everything in an element that holds blocks."""
        for child in children(element):
            self._block(child, 0)

    def _block(self, element: Element, depth: int) -> None:
        """Take one block; ``depth`` is how many lists it stands in."""
        kind = name(element)
        if kind in _LEFT_OUT:
            return
        if kind in _SECTIONS:
            if any(name(child) not in _LEFT_OUT for child in children(element)):
                write(element, self._blocks, self._level)
        elif kind == "list":
            self._list(element, depth + 1)
        elif kind == "def-list":
            self._definitions(element)
        elif kind in ("fig", "table-wrap"):
            self._figure(element)
        elif kind in _GROUPS:
            self.take(element)
        elif kind == "caption":
            for part in children(element, "p"):
                self._block(part, depth)
        else:
            self.say_in(element)
            self._end()

    def say_in(self, element: Element) -> None:
        """Take inline text; a block inside a paragraph parts it in two."""
        self._say(element.text)
        for child in element:
            kind = name(child)
            if is_raised(child):
                self.said.append(raised("".join(self.said[-3:]), text_of(child)))
            elif kind in ("list", "def-list", "fig", "table-wrap", "disp-quote", "boxed-text"):
                self._end()
                self._block(child, 0)
            elif kind in ("disp-formula", "inline-formula", "alternatives"):
                self.said.append(_formula(child))
            elif kind == "break":
                self.said.append(" ")
            elif kind and kind not in _LEFT_OUT:
                self.say_in(child)
            self._say(child.tail)

    def _say(self, text: str | None) -> None:
        self.said.append(re.sub(r"\s+", " ", text or ""))

    def _end(self) -> None:
        self._blocks.paragraph(squeeze("".join(self.said)))
        self.said = []

    def _list(self, element: Element, depth: int) -> None:
        self._blocks.paragraph(inline(first(element, "title")))
        ordered = attribute(element, "list-type") in ("order", "ordered", "number")
        for place, item in enumerate(children(element, "list-item"), start=1):
            marked = False
            for part in children(item):
                if name(part) in ("p", "disp-quote") and not marked and first(part, "list") is None:
                    self._blocks.item(inline(part), depth=depth, number=place if ordered else None)
                    marked = True
                else:
                    self._block(part, depth)

    def _definitions(self, element: Element) -> None:
        for item in children(element, "def-item"):
            term, meaning = inline(first(item, "term")), " ".join(inline(part) for part in children(item, "def"))
            self._blocks.paragraph(f"{term}: {meaning}" if term and meaning else term or meaning)

    def _figure(self, element: Element) -> None:
        """A figure's caption, or a table with its caption and its notes."""
        caption = first(element, "caption")
        parts = [inline(first(element, "label")), *map(inline, children(caption) if caption is not None else ())]
        self._blocks.paragraph(" ".join(part if part.endswith((".", ":")) else f"{part}." for part in parts if part))
        tables = [found for found in element.iter() if name(found) == "table"]
        for table in tables:
            for row in table_cells(table):
                self._blocks.row(map(cell_text, row))
        for foot in children(element, "table-wrap-foot"):
            for note in children(foot):
                parts = [inline(part) for part in children(note)] if name(note) == "fn" else [inline(note)]
                self._blocks.paragraph(" ".join(filter(None, parts)))


def _formula(element: Element) -> str:
    """A formula as text: its own words, else as TeX, else nothing."""
    for wanted in ("textual-form", "math", "tex-math"):
        found = next((inner for inner in element.iter() if name(inner) == wanted), None)
        if found is not None:
            return f" {text_of(found)} "
    return text_of(element)
