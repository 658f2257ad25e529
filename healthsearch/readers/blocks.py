r"""Assembles text and headings from blocks, for all readers of formatted files.

Headings, paragraphs, list items and table rows look the same for every format.

>>> blocks = Blocks()
>>> blocks.heading("Back", 1); blocks.paragraph("Take care:"); blocks.item("rest"); blocks.item("walk", number=2)
>>> blocks.text
'Back\n\nTake care:\n\n- rest\n2. walk'
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from healthsearch.article import Heading

DEEPEST_HEADING = 6
# Merged cells keep their places in so many columns; a cell may claim a million of them.
WIDEST_TABLE = 60


class Blocks:
    """Collects blocks in reading order; ``pages`` holds the offset at which each page begins."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self.pages: list[int] = []
        self._parts: list[str] = []
        self._length = 0
        self._kind = ""
        self._pages_due = 0

    @property
    def text(self) -> str:
        """The text collected so far, with a blank line between blocks."""
        return "".join(self._parts)

    def heading(self, text: str, level: int, *, tight: bool = False) -> None:
        """Add a heading; level 1 is the outermost."""
        start = self._write(text, "heading", tight)
        if text:
            level = max(1, min(level, DEEPEST_HEADING))
            self.headings.append(Heading(level, text.replace("\n", " "), start, self._length))

    def paragraph(self, text: str, *, tight: bool = False, page_breaks: Iterable[int] = ()) -> None:
        """Add a paragraph; ``page_breaks`` are the offsets in it at which a new page begins."""
        start = self._write(text, "paragraph", tight)
        self.pages += [start + offset for offset in page_breaks]

    def item(
        self,
        text: str,
        *,
        depth: int = 1,
        number: int | None = None,
        tight: bool | None = None,
        page_breaks: Iterable[int] = (),
    ) -> None:
        """Add a list item, with a dash or its number; ``depth`` is the number of nested lists around it.

        By default there is no blank line between consecutive items; ``tight`` sets this explicitly.
        """
        mark = "  " * (depth - 1) + ("- " if number is None else f"{number}. ")
        start = self._write(mark + text if text else "", "item", self._follows("item", tight))
        self.pages += [start + len(mark) + offset for offset in page_breaks]

    def row(self, cells: Iterable[str]) -> None:
        """Add a table row: its cells on one line, separated by bars; empty cells at its end are left out."""
        texts = [squeeze(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        self._write(" | ".join(texts), "row", self._follows("row"))

    def page(self) -> None:
        """Begin a new page with the next block."""
        self._pages_due += 1

    def end(self, page_count: int) -> None:
        """Finish; pages without text at the end begin at the end of the text."""
        self.pages += [self._length] * (page_count - len(self.pages))

    def _follows(self, kind: str, tight: bool | None = None) -> bool:
        return self._kind == kind if tight is None else tight

    def _write(self, text: str, kind: str, tight: bool) -> int:
        """Append a block and return where it begins; nothing happens when it is empty."""
        if not text:
            return self._length
        if self._parts:
            self._append("\n" if tight else "\n\n")
        start = self._length
        self.pages += [start] * self._pages_due
        self._pages_due = 0
        self._append(text)
        self._kind = kind
        return start

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


_FIGURES = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_REFERENCE = re.compile(r"\[?\d{1,3}(?:\s*[,;–—-]\s*\d{1,3})*\]?")
_TABLE_NOTE = re.compile(r"[a-h*†‡§¶]")
_AFTER_ANY = re.compile(r"(?:[^\W_]{2,}|\d)[.)%]?$")
# The last of these continues references that were raised one by one: [3]–[5].
_AFTER_WORD = re.compile(r"(?:(?<![^\W\d_])(?!(?:[cdkmnµμ]?m|in|ft)$)[^\W\d_]{2,}|[.,;:!?)\]\"”’]|\][–—-])$")
_NOTE_MARK = re.compile(r"[\[(]?(\d{1,2}|[a-z]|[*†‡§¶#]{1,3})[\])]?[.:]?")


def raised(before: str, text: str) -> str:
    """The text of a superscript after ``before``, so that it does not change a number.

    >>> raised("10", "-5"), raised("as shown by others.", "3,4"), raised("10 m", "2")
    ('⁻⁵', '[3,4]', '2')
    """
    if _TABLE_NOTE.fullmatch(text) and _AFTER_ANY.search(before):
        return f"[{text}]"
    if before[-1:].isdigit() and re.fullmatch(r"[+−–-]?\d+", text):
        return text.translate(_FIGURES)
    if _REFERENCE.fullmatch(text) and _AFTER_WORD.search(before):
        return text if text.startswith("[") else f"[{text}]"
    return text


def note_mark(label: str) -> str:
    """The label of a footnote as ``raised`` shows it in the text; other labels as they are.

    >>> note_mark("a"), note_mark("2)"), note_mark("Note:")
    ('[a]', '[2]', 'Note:')
    """
    found = _NOTE_MARK.fullmatch(label)
    return f"[{found[1]}]" if found else label


def squeeze(text: str) -> str:
    """The text on one line: every run of white space (as in XML and HTML) becomes one space."""
    return re.sub(r"[ \t\r\n\f]+", " ", text).strip(" ")
