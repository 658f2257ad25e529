"""The blocks of an XHTML document, as a browser would show them; used for e-books and web pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from healthsearch.readers.blocks import WIDEST_TABLE, Blocks, raised, squeeze
from healthsearch.readers.formulae import FORMULAE, formula
from healthsearch.readers.xml_tree import Element, attribute, children, name, number, text_of

_LEFT_OUT = set(
    "head script style template nav svg audio video iframe object noscript button input select textarea rt rp".split()
)
_BLOCKS = set(
    "p div section article main aside header footer figure figcaption blockquote address details summary form fieldset"
    " center body html hr dl hgroup".split()
)
_LISTS = {"ul", "ol", "menu", "dir"}
_NEVER_SHOWN = {"script", "style", "template", "svg", "rt", "rp"}
_BACK = re.compile("[↩⤴↑^][\ufe0e\ufe0f]?")
_HEADING = re.compile(r"h([1-6])")
_NOT_IN_CELLS = {"table", *(f"h{level}" for level in range(1, 7))}
_PARTING = _BLOCKS | {"li", "br", "dt", "dd", "list-item", "break"}
# Parts of a book that only repeat content from elsewhere.
_REPEATING = {"toc", "landmarks", "page-list", "titlepage", "pagebreak"}


def write(root: Element, blocks: Blocks) -> None:
    """Add the document's content to ``blocks``."""
    writer = _Writer(blocks)
    writer.walk(root)
    writer.flush()


class _Writer:
    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._inline: list[str] = []
        self._depth = 0
        # The number of the item that begins with the next block, None for a dash; absent when none does.
        self._marks: list[int | None] = []
        self._tight = False

    def walk(self, element: Element) -> None:
        """Take an element: what is inline goes into the paragraph at hand, a block begins and ends its own."""
        kind = name(element)
        if (
            kind in _LEFT_OUT
            or "hidden" in element.attrib
            or _leads_back(element)
            or _REPEATING & set(attribute(element, "type").split())
        ):
            return
        if kind == "table":
            self._table(element)
        elif heading := _HEADING.fullmatch(kind):
            self.flush()
            self._marks = []
            self._blocks.heading(cell_text(element), int(heading[1]))
        elif kind in _LISTS:
            self._list(element, kind)
        elif kind == "pre":
            self.flush()
            self._blocks.paragraph("".join(element.itertext()).strip("\n"))
        elif kind == "br":
            self._inline.append("\n")
        elif is_raised(element):
            self._inline.append(raised("".join(self._inline[-3:]), text_of(element)))
        elif kind in FORMULAE and (said := formula(element)):
            self._inline.append(said)
        elif kind in _BLOCKS or kind in ("dt", "dd"):
            self.flush()
            self._walk_in(element)
            self._tight = kind == "dd"
            self.flush()
        else:
            self._walk_in(element)

    def _walk_in(self, element: Element) -> None:
        self._say(element.text)
        for child in element:
            if name(child):
                self.walk(child)
            self._say(child.tail)

    def _say(self, text: str | None) -> None:
        self._inline.append(re.sub(r"[ \t\r\n\f]+", " ", text or ""))

    def flush(self) -> None:
        """End the paragraph at hand."""
        text = re.sub(r" *\n *", "\n", re.sub(r" +", " ", "".join(self._inline))).strip(" \n")
        self._inline = []
        if text and self._marks:
            self._blocks.item(text, depth=self._depth, number=self._marks[-1])
            self._marks = []
        elif text:
            self._blocks.paragraph(text, tight=self._tight)
        self._tight = False

    def _list(self, element: Element, kind: str) -> None:
        self.flush()
        place = number(attribute(element, "start"), 1)
        self._depth += 1
        for item in children(element):
            self._marks = [place if kind == "ol" else None]
            place += 1
            self._walk_in(item) if name(item) == "li" else self.walk(item)
            self.flush()
            self._marks = []
        self._depth -= 1

    def _table(self, element: Element) -> None:
        self.flush()
        for caption in children(element, "caption"):
            self._blocks.paragraph(cell_text(caption))
        rows = table_cells(element)
        if max(map(len, rows), default=0) <= 1 or any(name(inner) in _NOT_IN_CELLS for inner in _within(rows)):
            # A frame around text, not a table.
            for cell in (cell for row in rows for cell in row):
                self._walk_in(cell)
                self.flush()
            return
        for row in table_rows(rows):
            self._blocks.row(row)


def _leads_back(element: Element) -> bool:
    """Whether it is the arrow of a footnote that leads back to its mark."""
    return name(element) == "a" and (
        "doc-backlink" in attribute(element, "role").split() or bool(_BACK.fullmatch(text_of(element)))
    )


def table_cells(table: Element) -> list[list[Element]]:
    """The cells of each row of a table."""
    groups = [table, *children(table, "thead", "tbody", "tfoot")]
    return [list(children(row, "td", "th")) for group in groups for row in children(group, "tr")]


def table_rows(cells: list[list[Element]]) -> Iterator[list[str]]:
    """The text of every cell, row by row; a merged cell is said where it begins, and its other places are empty.

    So what stands in one column is in the same place of every row.
    """
    below: dict[int, int] = {}
    for row in cells:
        texts: list[str] = []
        for cell in row:
            while below.get(len(texts)):
                below[len(texts)] -= 1
                texts.append("")
            wide = max(1, min(number(attribute(cell, "colspan"), 1), WIDEST_TABLE - len(texts)))
            for place in range(len(texts), min(len(texts) + wide, WIDEST_TABLE)):
                below[place] = max(0, number(attribute(cell, "rowspan"), 1) - 1)
            texts += [cell_text(cell), *[""] * (wide - 1)]
        for place in range(len(texts), WIDEST_TABLE):
            below[place] = max(0, below.get(place, 0) - 1)
        yield texts


def is_raised(element: Element) -> bool:
    """Whether the element is a superscript or (in JATS) a footnote mark."""
    return name(element) == "sup" or attribute(element, "ref-type") in ("fn", "table-fn")


def cell_text(cell: Element) -> str:
    """The text of a cell or a heading on one line, its paragraphs and items separated by spaces."""
    return squeeze("".join(_said_in(cell, [])))


def _said_in(element: Element, said: list[str]) -> list[str]:
    """Add what an element says, and return all that was said."""
    said.append(element.text or "")
    for child in element:
        if is_raised(child):
            said.append(raised("".join(said[-3:]), text_of(child)))
        elif name(child) in FORMULAE and (told := formula(child)):
            said.append(told)
        elif name(child) and name(child) not in _NEVER_SHOWN:
            said.append(" " if name(child) in _PARTING else "")
            _said_in(child, said)
        said += [" " if name(child) in _PARTING else "", child.tail or ""]
    return said


def _within(rows: list[list[Element]]) -> list[Element]:
    return [inner for row in rows for cell in row for inner in cell.iter()]
