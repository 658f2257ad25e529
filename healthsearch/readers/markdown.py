"""Markdown: the text of the rendered page, with its headings.

Parsed by markdown-it (CommonMark and tables). Raw HTML is not interpreted but kept as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token

from healthsearch.article import Article, Heading
from healthsearch.errors import UnreadableArticle
from healthsearch.readers.blocks import Blocks
from healthsearch.readers.decoding import decode
from healthsearch.readers.front_matter import parse

_parser = MarkdownIt("commonmark", {"html": False}).enable("table")


def read(data: bytes, path: str) -> Iterator[Article | UnreadableArticle]:
    """The article in a Markdown file; its title comes from the front matter, the first heading or the file name."""
    details, source = parse(decode(data, path), path)
    text, headings = render(source)
    title = next((heading.title for heading in headings), PurePosixPath(path).stem)
    yield details.article(path, text, headings, title)
    yield from details.left_out


def render(source: str) -> tuple[str, tuple[Heading, ...]]:
    r"""The readable text of Markdown source, and its headings as offsets into that text.

    >>> render("# Back\n\nTake *care*:\n- [rest](x)")
    ('Back\n\nTake care:\n- rest', (Heading(level=1, title='Back', start=0, end=4),))
    """
    page = _Page()
    for token in _parser.parse(source):
        page.add(token)
    return page.blocks.text, tuple(page.blocks.headings)


class _Page:
    """Hands the text of block tokens to ``blocks``; blocks on adjacent source lines stay on adjacent lines."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self._line = 0
        self._level = 0
        self._counters: list[int | None] = []
        self._item = False
        self._cells: list[str] | None = None

    def add(self, token: Token) -> None:
        """Process the next token of the document."""
        match token.type:
            case "heading_open":
                self._level = int(token.tag[1])
            case "heading_close":
                self._level = 0
            case "bullet_list_open":
                self._counters.append(None)
            case "ordered_list_open":
                self._counters.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._counters.pop()
            case "list_item_open":
                self._item = True
            case "list_item_close":
                number = self._counters[-1]
                self._counters[-1] = None if number is None else number + 1
                self._item = False
            case "tr_open":
                self._cells = []
            case "tr_close":
                row, self._cells = self._cells or [], None
                self.blocks.row(row)
            case "inline" if self._cells is not None:
                self._cells.append(_plain(token.children or []))
            case "inline":
                self._write(_plain(token.children or []), token.map)
            case "fence" | "code_block":
                self._write(token.content.rstrip("\n"), token.map)

    def _write(self, text: str, lines: list[int] | None) -> None:
        if not text:
            return
        first, last = lines or (self._line, self._line)
        tight = first <= self._line
        if self._level:
            # A list item's mark would belong to neither the heading nor a sentence.
            self.blocks.heading(text, self._level, tight=tight)
        elif self._item:
            self.blocks.item(text, depth=len(self._counters), number=self._counters[-1], tight=tight)
        else:
            self.blocks.paragraph(text, tight=tight)
        self._item = False
        self._line = last


def _plain(tokens: list[Token]) -> str:
    parts = []
    for token in tokens:
        if token.type == "softbreak":
            parts.append(" ")
        elif token.type == "hardbreak":
            parts.append("\n")
        elif token.type == "image":
            parts.append(_plain(token.children or []))
        else:
            parts.append(token.content)
    return "".join(parts)
