"""ODT: an OpenDocument text: headings by their level, lists, tables, footnotes, and its properties.

Deleted text, comments, indexes, headers and footers are left out, and so are macros.
"""

from __future__ import annotations

from collections.abc import Iterator

from healthsearch.article import Article
from healthsearch.readers.blocks import Blocks, raised, squeeze
from healthsearch.readers.footnotes import Footnotes
from healthsearch.readers.front_matter import Details
from healthsearch.readers.package import Package
from healthsearch.readers.properties import choose_title, fields
from healthsearch.readers.xml_tree import Element, attribute, children, first, name, number, parse, text_of

_LEFT_OUT = {
    "tracked-changes",
    "annotation",
    "annotation-end",
    "forms",
    "ruby-text",
    "variable-decls",
    "sequence-decls",
}
_INDEXES = {"table-of-content", "alphabetical-index", "illustration-index", "table-index", "bibliography", "user-index"}
_CHARACTERS = {"tab": " ", "s": " ", "line-break": "\n", "soft-page-break": ""}
# A spreadsheet pasted into a text says that its empty last cell is repeated thousands of times.
_MOST_REPEATED = 20


def read(data: bytes, path: str) -> Iterator[Article]:
    """The article in an OpenDocument text; its title is the paragraph in the style Title, its property, or a heading.

    Raises UnreadableArticle when the file is broken, encrypted or lacks a part.
    """
    package = Package(data, path, "ODT")
    manifest = "META-INF/manifest.xml"
    if manifest in package and any(name(e) == "encryption-data" for e in parse(package.read(manifest), path).iter()):
        raise package.locked()
    content = parse(package.read("content.xml"), path, "content.xml")
    styles = parse(package.read("styles.xml"), path, "styles.xml") if "styles.xml" in package else None
    text = _Text([content] if styles is None else [styles, content])
    body = first(content, "body/text")
    if body is not None:
        text.take(body)
    own = _properties(package, path)
    blocks = text.blocks
    heading = next((heading.title for heading in blocks.headings), "")
    title = choose_title(path, text.title, own.pop("title", ""), heading)
    yield Details(own).article(path, blocks.text, tuple(blocks.headings), title)


def _properties(package: Package, path: str) -> dict[str, str]:
    if "meta.xml" not in package:
        return {}
    meta = first(parse(package.read("meta.xml"), path, "meta.xml"), "meta")
    if meta is None:
        return {}
    author = text_of(first(meta, "initial-creator")) or text_of(first(meta, "creator"))
    return fields(
        title=text_of(first(meta, "title")),
        authors=author.split(";"),
        language=text_of(first(meta, "language")),
    )


class _Text:
    """Walks the text and collects its blocks."""

    def __init__(self, documents: list[Element]) -> None:
        self.blocks = Blocks()
        self.title = ""
        self._parents: dict[str, str] = {}
        self._raised: set[str] = set()
        self._numbered: set[tuple[str, int]] = set()
        for element in (element for document in documents for element in document.iter()):
            if name(element) == "style":
                self._parents[attribute(element, "name")] = attribute(element, "parent-style-name")
            elif attribute(element, "text-position").startswith("super"):
                self._raised.add(attribute(element.getparent(), "name"))
            elif name(element) == "list-level-style-number" and attribute(element, "num-format"):
                level = number(attribute(element, "level"), 1)
                self._numbered.add((attribute(element.getparent(), "name"), level))
        self._footnotes = Footnotes[Element]()

    def take(self, parent: Element) -> None:
        """Read everything in an element that contains blocks."""
        for element in children(parent):
            kind = name(element)
            if kind == "h":
                self._heading(element)
            elif kind == "p":
                self._paragraph(element)
            elif kind == "list":
                self._list(element, 1, "")
            elif kind == "table":
                self._table(element)
            elif kind not in _LEFT_OUT and kind not in _INDEXES:
                self.take(element)

    def _heading(self, element: Element) -> None:
        text, boxes = self._text(element)
        self.blocks.heading(text, number(attribute(element, "outline-level"), 1))
        self._after(boxes)

    def _paragraph(self, element: Element) -> None:
        text, boxes = self._text(element)
        if not self.title and self._is_title(attribute(element, "style-name")):
            self.title = squeeze(text)
            self.blocks.heading(text, 1)
        else:
            self.blocks.paragraph(text)
        self._after(boxes)

    def _is_title(self, style: str) -> bool:
        """Whether the style, or the one it was made from, is Title."""
        return "Title" in (style, self._parents.get(style))

    def _list(self, element: Element, depth: int, style: str) -> None:
        style = attribute(element, "style-name") or style
        place = 0
        for item in children(element, "list-item", "list-header"):
            place += name(item) == "list-item"
            marked = name(item) == "list-header"
            for block in children(item):
                if name(block) == "list":
                    self._list(block, depth + 1, style)
                elif name(block) == "p" and not marked:
                    text, boxes = self._text(block)
                    self.blocks.item(text, depth=depth, number=place if (style, depth) in self._numbered else None)
                    marked = bool(text)
                    self._after(boxes)
                elif name(block) == "h":
                    self._heading(block)
                elif name(block) == "p":
                    self._paragraph(block)

    def _table(self, table: Element) -> None:
        rows = [row for row in table.iter() if name(row) == "table-row" and _owner(row) is table]
        cells = [list(children(row, "table-cell", "covered-table-cell")) for row in rows]
        if max(map(len, cells), default=0) == 1:
            # A frame around text, not a table.
            for row in cells:
                self.take(row[0])
            return
        for row in cells:
            self.blocks.row([text for cell in row for text in self._repeated(cell)])
        self._after([])

    def _repeated(self, cell: Element) -> list[str]:
        times = number(attribute(cell, "number-columns-repeated"), 1)
        if name(cell) == "covered-table-cell":
            # A merged cell is said where it begins.
            return [""] * min(times, _MOST_REPEATED)
        text = " ".join(self._text(block)[0] for block in cell.iter() if name(block) in ("p", "h"))
        return [text] * min(times, _MOST_REPEATED)

    def _after(self, boxes: list[Element]) -> None:
        """Put text frames and footnotes after their paragraph, and so under its heading."""
        for box in boxes:
            self.take(box)
        for mark, body in self._footnotes.take():
            texts = [self._text(paragraph)[0] for paragraph in body.iter() if name(paragraph) == "p"]
            self.blocks.paragraph(f"{mark} " + "\n".join(filter(None, texts)))

    def _text(self, element: Element) -> tuple[str, list[Element]]:
        """A paragraph's text, and the text frames anchored in it."""
        said: list[str] = []
        boxes: list[Element] = []
        self._say_in(element, said, boxes)
        return "\n".join(map(squeeze, "".join(said).split("\n"))).strip("\n"), boxes

    def _say_in(self, element: Element, said: list[str], boxes: list[Element]) -> None:
        said.append(element.text or "")
        for child in element:
            kind = name(child)
            if kind in _CHARACTERS:
                said.append(_CHARACTERS[kind])
            elif kind == "note":
                said.append(self._note(child))
            elif kind == "text-box":
                boxes.append(child)
            elif kind == "span" and attribute(child, "style-name") in self._raised and len(child) == 0:
                said.append(raised("".join(said[-3:]), text_of(child)))
            elif kind and kind not in _LEFT_OUT:
                self._say_in(child, said, boxes)
            said.append(child.tail or "")

    def _note(self, note: Element) -> str:
        body = first(note, "note-body")
        return "" if body is None else self._footnotes.refer(body)


def _owner(row: Element) -> Element:
    """The table of a row."""
    return next(ancestor for ancestor in row.iterancestors() if name(ancestor) == "table")
