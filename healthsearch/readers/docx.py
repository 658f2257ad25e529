"""DOCX: headings by style, lists, tables, footnotes and core properties of a Word document.

Deleted and hidden text, comments, macros, headers, footers and tables of contents are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from healthsearch.article import Article
from healthsearch.readers.blocks import WIDEST_TABLE, Blocks, raised, squeeze
from healthsearch.readers.docx_styles import Styles, value
from healthsearch.readers.footnotes import Footnotes
from healthsearch.readers.formulae import FORMULAE, formula
from healthsearch.readers.front_matter import Details
from healthsearch.readers.package import Package
from healthsearch.readers.properties import choose_title, fields
from healthsearch.readers.xml_tree import Element, attribute, children, first, name, number, parse, text_of

# These wrap paragraphs or runs without changing what they are.
_WRAPPERS = {"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "hyperlink", "fldSimple", "dir", "bdo"}
_CHARACTERS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}


def read(data: bytes, path: str) -> Iterator[Article]:
    """The article in a Word document; its title is the paragraph in the style Title, else its property, else a heading.

    Raises UnreadableArticle when the file is broken, encrypted or lacks a part.
    """
    package = Package(data, path, "DOCX")
    main = _target(package, path, "", "officeDocument") or "word/document.xml"
    document = _Document(package, path, main)
    document.read()
    blocks = document.blocks
    own = _properties(package, path)
    heading = next((heading.title for heading in blocks.headings), "")
    title = choose_title(path, document.title, own.pop("title", ""), heading)
    yield Details(own).article(path, blocks.text, tuple(blocks.headings), title)


def _target(package: Package, path: str, part: str, kind: str) -> str | None:
    """The part that ``part`` (or the package, for "") is related to in this way."""
    folder, _, file = part.rpartition("/")
    relations = f"{folder}/_rels/{file}.rels".lstrip("/")
    if relations not in package:
        return None
    for relation in children(parse(package.read(relations), path, relations)):
        if attribute(relation, "Type").endswith(f"/{kind}") and attribute(relation, "TargetMode") != "External":
            return package.resolve(part, attribute(relation, "Target"))
    return None


def _properties(package: Package, path: str) -> dict[str, str]:
    part = _target(package, path, "", "core-properties") or "docProps/core.xml"
    if part not in package:
        return {}
    core = parse(package.read(part), path, part)
    return fields(
        title=text_of(first(core, "title")),
        authors=text_of(first(core, "creator")).split(";"),
        language=text_of(first(core, "language")),
    )


class _Document:
    """Walks the document's body and collects its blocks."""

    def __init__(self, package: Package, path: str, main: str) -> None:
        self.blocks = Blocks()
        self.title = ""
        self._root = parse(package.read(main), path, main)

        def related(kind: str) -> Element | None:
            part = _target(package, path, main, kind)
            return parse(package.read(part), path, part) if part else None

        self._styles = Styles(related("styles"), related("numbering"))
        self._notes = {
            f"{kind}:{attribute(note, 'id')}": note
            for kind, part in [("footnote", related("footnotes")), ("endnote", related("endnotes"))]
            for note in (children(part, kind) if part is not None else ())
        }
        self._footnotes = Footnotes[Element]()

    def read(self) -> None:
        """Read the whole body."""
        body = first(self._root, "body")
        if body is not None:
            self._take(body)

    def _take(self, parent: Element) -> None:
        for element in children(parent):
            match name(element):
                case "p":
                    self._paragraph(element)
                case "tbl":
                    self._table(element)
                case "AlternateContent":
                    self._take_choice(element)
                case wrapper if wrapper in _WRAPPERS:
                    self._take(element)

    def _take_choice(self, element: Element) -> None:
        for choice in list(children(element, "Choice", "Fallback"))[:1]:
            self._take(choice)

    def _paragraph(self, paragraph: Element) -> None:
        style = self._styles.of(paragraph)
        if style.contents:
            return
        boxes: list[Element] = []
        text = self._text(paragraph, boxes)
        if style.title and not self.title:
            self.title = squeeze(text)
            self.blocks.heading(text, 1)
        elif style.level is not None:
            self.blocks.heading(text, style.level + 1)
        elif style.depth:
            self.blocks.item(text, depth=style.depth, number=self._styles.next_number(style) if text else None)
        else:
            self.blocks.paragraph(text)
        for box in boxes:
            self._take(box)
        self._write_notes()

    def _write_notes(self) -> None:
        """Put footnotes after their paragraph, and so under its heading."""
        for mark, note in self._footnotes.take():
            texts = [self._text(paragraph, []) for paragraph in children(note, "p")]
            self.blocks.paragraph(f"{mark} " + "\n".join(filter(None, texts)))

    def _table(self, table: Element) -> None:
        rows = [list(_inner(row, "tc")) for row in _inner(table, "tr")]
        if max(map(len, rows), default=0) == 1:
            # A frame around text, not a table.
            for row in rows:
                self._take(row[0])
            return
        for row in rows:
            self.blocks.row([text for cell in row for text in (self._cell(cell), *[""] * (_width(cell) - 1))])
        self._write_notes()

    def _cell(self, cell: Element) -> str:
        merged = first(cell, "tcPr/vMerge")
        if merged is not None and value(merged) != "restart":
            return ""
        paragraphs = (p for p in cell.iter() if name(p) == "p" and not _is_fallback(p))
        return " ".join(self._text(paragraph, []) for paragraph in paragraphs)

    def _text(self, paragraph: Element, boxes: list[Element]) -> str:
        """The text of a paragraph; text boxes anchored in it are put into ``boxes``."""
        said: list[str] = []
        self._say_in(paragraph, said, boxes)
        return "".join(said).strip()

    def _say_in(self, parent: Element, said: list[str], boxes: list[Element]) -> None:
        for element in children(parent):
            kind = name(element)
            if kind == "t":
                said.append(element.text or "")
            elif kind in FORMULAE:
                said.append(formula(element))
            elif kind in _CHARACTERS:
                said.append(_CHARACTERS[kind])
            elif kind in ("footnoteReference", "endnoteReference"):
                said.append(self._note(f"{kind.removesuffix('Reference')}:{attribute(element, 'id')}"))
            elif kind == "AlternateContent":
                for choice in list(children(element, "Choice", "Fallback"))[:1]:
                    self._say_in(choice, said, boxes)
            elif kind in ("drawing", "pict", "object"):
                boxes += [box for box in element.iter() if name(box) == "txbxContent" and not _is_fallback(box)]
            elif kind in _WRAPPERS:
                self._say_in(element, said, boxes)
            elif kind == "r" and not _hidden(element):
                self._say_run(element, said, boxes)

    def _say_run(self, run: Element, said: list[str], boxes: list[Element]) -> None:
        own: list[str] = []
        self._say_in(run, own, boxes)
        text = "".join(own)
        is_raised = value(first(run, "rPr/vertAlign")) == "superscript"
        said.append(raised("".join(said[-3:]), text) if is_raised else text)

    def _note(self, key: str) -> str:
        note = self._notes.get(key)
        return "" if note is None else self._footnotes.refer(note)


def _width(cell: Element) -> int:
    """How many columns a cell takes."""
    span = first(cell, "tcPr/gridSpan")
    return 1 if span is None else max(1, min(number(value(span), 1), WIDEST_TABLE))


def _hidden(run: Element) -> bool:
    vanish = first(run, "rPr/vanish")
    return vanish is not None and value(vanish) not in ("0", "false", "off")


def _is_fallback(element: Element) -> bool:
    """Whether it stands in a copy for older programs."""
    return any(name(ancestor) == "Fallback" for ancestor in element.iterancestors())


def _inner(parent: Element, wanted: str) -> Iterator[Element]:
    """The elements of this name that stand in ``parent`` or in its wrappers."""
    for element in children(parent):
        if name(element) == wanted:
            yield element
        elif name(element) in _WRAPPERS:
            yield from _inner(element, wanted)
