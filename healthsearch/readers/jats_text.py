"""The body of a JATS article, or another part of it, as blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable

from healthsearch.readers.blocks import Blocks, note_mark, raised, squeeze
from healthsearch.readers.formulae import FORMULAE, formula
from healthsearch.readers.xhtml import is_raised, table_cells, table_rows
from healthsearch.readers.xml_tree import Element, attribute, children, first, name, text_of

_LEFT_OUT = set(
    "ref-list ack fn-group supplementary-material object-id graphic media inline-graphic index-term sec-meta"
    " permissions alt-text long-desc attrib fn label title related-article related-object sub-article".split()
)
_GROUPS = {"fig-group", "table-wrap-group", "app-group", "disp-quote", "speech", "statement", "verse-group"}
_SECTIONS = {"sec", "boxed-text", "app", "notes", "glossary"}
_FIGURES = {"fig", "table-wrap"}
_TABLES = {"table", "array"}
_BLOCKS = _GROUPS | _SECTIONS | _FIGURES | {"list", "def-list", "array"}
_ENDED = re.compile(r"[.:;,?!…][\"'”’)\]]*$")
# The mark of a table's note where it is a part of its text.
_LEADING_MARK = re.compile(r"\d{1,2}|[a-z]|[*†‡§¶#]{1,3}")


def write(
    element: Element, blocks: Blocks, level: int, title: str = "", notes: dict[str, Element] | None = None
) -> None:
    """Add a section's heading, at this level, and what it holds; ``title`` is used when it has none.

    ``notes``: the article's footnotes by id. Each is told after the paragraph that first refers to it, and taken out.
    """
    label = inline(first(element, "label"))
    title = inline(first(element, "title", "caption/title")) or title
    blocks.heading(f"{label} {title}".strip() if title else "", level)
    _Section(blocks, level + 1 if title else level, notes).take(element)


def inline(element: Element | None) -> str:
    """The text of an element on one line, without its footnotes; "" for None."""
    return "" if element is None else _flat(element, None)


def _flat(element: Element, notes: dict[str, Element] | None) -> str:
    """All text of an element on one line; lists in it lose their lines, and nothing is lost."""
    section = _Section(Blocks(), 2, notes)
    section.say_in(element)
    section.end()
    return squeeze(section.blocks.text)


class _Section:
    def __init__(self, blocks: Blocks, level: int, notes: dict[str, Element] | None) -> None:
        self.said: list[str] = []
        self.blocks = blocks
        self._level = level
        # None where footnotes are left out.
        self._notes = notes
        self._due: list[tuple[str, Element]] = []
        # How many lists stand around what is taken, and the number of the item that begins with the next paragraph.
        self._depth = 0
        self._item: tuple[int | None] | None = None

    def take(self, element: Element) -> None:
        """Take everything in an element that holds blocks."""
        for child in children(element):
            self._block(child)

    def _block(self, element: Element) -> None:
        kind = name(element)
        if kind in _LEFT_OUT:
            return
        if kind in _SECTIONS:
            if any(name(child) not in _LEFT_OUT for child in children(element)):
                write(element, self.blocks, self._level, notes=self._notes)
        elif kind == "list":
            self._list(element)
        elif kind == "def-list":
            self._definitions(element)
        elif kind in _FIGURES:
            self._figure(element)
        elif kind in _TABLES:
            self._table(element)
        elif kind in _GROUPS:
            self._group(element)
        elif kind == "caption":
            for part in children(element, "p"):
                self._block(part)
        else:
            self.say_in(element)
            self.end()

    def say_in(self, element: Element) -> None:
        """Take inline text; a block inside a paragraph parts it in two."""
        self._say(element.text)
        for child in element:
            kind = name(child)
            if is_raised(child):
                self._refer(child)
            elif kind in _BLOCKS:
                self.end()
                self._block(child)
            elif kind == "p":
                self.end()
                self.say_in(child)
                self.end()
            elif kind in FORMULAE and (text := formula(child)):
                self.said.append(f" {text} " if kind == "disp-formula" else text)
            elif kind == "break":
                self.said.append(" ")
            elif kind == "fn" and self._notes is not None:
                mark = note_mark(inline(first(child, "label")) or attribute(child, "symbol") or "*")
                self.said.append(mark)
                self._due.append((mark, child))
            elif kind and kind not in _LEFT_OUT:
                self.say_in(child)
            self._say(child.tail)

    def _refer(self, mark: Element) -> None:
        """Take what is raised; a footnote that it refers to follows its paragraph."""
        said = raised("".join(self.said[-3:]), text_of(mark))
        self.said.append(said)
        for reference in mark.iter():
            note = (self._notes or {}).pop(attribute(reference, "rid"), None)
            if note is not None:
                self._due.append((note_mark(text_of(reference)), note))

    def _say(self, text: str | None) -> None:
        self.said.append(re.sub(r"\s+", " ", text or ""))

    def end(self) -> None:
        """End the paragraph at hand, and add the footnotes that it refers to."""
        text = squeeze("".join(self.said))
        self.said = []
        if text and self._item is not None:
            self.blocks.item(text, depth=self._depth, number=self._item[0])
            self._item = None
        else:
            self.blocks.paragraph(text)
        due, self._due = self._due, []
        for mark, note in due:
            self.blocks.paragraph(f"{mark} {self._text(children(note, 'p'))}")

    def _text(self, parts: Iterable[Element]) -> str:
        """The text of these parts on one line, with the footnotes in them."""
        return " ".join(filter(None, (_flat(part, self._notes) for part in parts)))

    def _list(self, element: Element) -> None:
        self.blocks.paragraph(inline(first(element, "title")))
        ordered = attribute(element, "list-type") in ("order", "ordered", "number")
        self._depth += 1
        for place, item in enumerate(children(element, "list-item"), start=1):
            self._item = (place if ordered else None,)
            self.take(item)
            self._item = None
        self._depth -= 1

    def _definitions(self, element: Element) -> None:
        self.blocks.paragraph(inline(first(element, "title")))
        for item in children(element, "def-item"):
            term, meaning = inline(first(item, "term")), self._text(children(item, "def"))
            self.blocks.paragraph(f"{term}: {meaning}" if term and meaning else term or meaning)

    def _group(self, element: Element) -> None:
        """Figures with one caption, or what is set apart: a quotation with its source, a named statement."""
        self._caption(element)
        for child in children(element):
            if name(child) != "caption":
                self._block(child)
        for source in children(element, "attrib"):
            self.blocks.paragraph(inline(source))

    def _figure(self, element: Element) -> None:
        """A figure's caption, or a table with its caption and its notes."""
        self._caption(element)
        for table in (found for found in element.iter() if name(found) == "table"):
            self._table(table)
        for foot in children(element, "table-wrap-foot"):
            for note in children(foot):
                for part in children(note, "fn") if name(note) == "fn-group" else [note]:
                    self.blocks.paragraph(self._table_note(part))

    def _caption(self, element: Element) -> None:
        caption = first(element, "caption")
        parts = [inline(first(element, "label")), inline(first(element, "title"))]
        parts += [] if caption is None else [self._text([part]) for part in children(caption)]
        self.blocks.paragraph(" ".join(part if _ENDED.search(part) else f"{part}." for part in parts if part))

    def _table(self, table: Element) -> None:
        for row in table_rows(table_cells(table)):
            self.blocks.row(row)

    def _table_note(self, note: Element) -> str:
        """A note under a table, with its mark as the table's cells show it."""
        if name(note) == "fn":
            label, text = inline(first(note, "label")), self._text(children(note, "p"))
        else:
            label, text = "", self._text([note])
        lead = _lead(note)
        if not label and _LEADING_MARK.fullmatch(lead) and text.startswith(lead):
            label, text = lead, text[len(lead) :].lstrip()
        return f"{note_mark(label)} {text}".strip()


def _lead(note: Element) -> str:
    """The superscript that a note begins with; "" if it begins otherwise."""
    begins = first(note, "p") if name(note) == "fn" else note
    if begins is None or (begins.text or "").strip():
        return ""
    child = next(children(begins), None)
    return text_of(child) if child is not None and is_raised(child) else ""
