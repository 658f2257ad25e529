"""RTF: headings by outline level or style, lists, tables, footnotes and document properties.

Pictures, objects, headers, footers, comments, hidden and deleted text are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers.blocks import Blocks, raised, squeeze
from healthsearch.readers.footnotes import Footnotes
from healthsearch.readers.front_matter import Details
from healthsearch.readers.properties import choose_title, fields
from healthsearch.readers.rtf_tokens import tokens

_LEFT_OUT = set(
    "fonttbl colortbl listtable listoverridetable revtbl rsidtbl filetbl pict object fldinst xe tc rxe bkmkstart"
    " bkmkend header headerl headerr headerf footer footerl footerr footerf annotation atnid atnauthor atrfstart"
    " atrfend themedata datastore generator xmlnstbl ftnsep ftnsepc aftnsep template nonshppict operator company"
    " category keywords comment subject doccomm manager hlinkbase".split()
)
_KEPT_APART = {"stylesheet", "title", "author", "listtext", "pntext", "footnote"}
_DEEPEST = 1_000
_HEADING = re.compile(r"heading ([1-9])")
_MARK = re.compile(r"(?:[•·▪◦●○■\uf0b7]|(\d{1,3})[.)])[\t ]\s*")


@dataclass(frozen=True, slots=True)
class _State:
    """What holds up to the end of a group."""

    target: str = "text"
    hidden: bool = False
    raised: bool = False
    level: int | None = None
    style: int = 0
    indent: int = 0
    in_table: bool = False


def read(data: bytes, path: str) -> Iterator[Article]:
    r"""The article in an RTF file; its title is its property, else its first heading, else its name.

    Raises UnreadableArticle when the file is not RTF or has no text.
    """
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableArticle(path, "the file is not RTF", "Open it in a word processor and save it as RTF.")
    document = _Document()
    for kind, text, number in tokens(data):
        document.take(kind, text, number)
        if document.depth > _DEEPEST:
            raise UnreadableArticle(
                path, f"its groups are nested more than {_DEEPEST:,} deep", "Save it anew in a word processor."
            )
    document.end_paragraph()
    blocks = document.blocks
    heading = next((heading.title for heading in blocks.headings), "")
    about = document.about
    own = fields(authors=about.get("author", "").split(";"))
    title = choose_title(path, about.get("title", ""), heading)
    yield Details(own).article(path, blocks.text, tuple(blocks.headings), title)


class _Document:
    """Follows groups and paragraphs, and collects the blocks."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.about: dict[str, str] = {}
        self._state = _State()
        self._groups: list[_State] = []
        self._ignorable = False
        self._text: list[str] = []
        self._set_as = self._state
        self._mark = ""
        self._cells: list[str] = []
        self._styles: dict[int, str] = {}
        self._indents: list[int] = []
        self._footnotes = Footnotes[list[str]]()
        self._note: list[str] = []

    @property
    def depth(self) -> int:
        """The number of open groups."""
        return len(self._groups)

    def take(self, kind: str, text: str, number: int | None) -> None:
        """Process the next token."""
        if kind == "{":
            self._groups.append(self._state)
            self._ignorable = False
        elif kind == "}":
            self._end_group()
        elif kind == "text":
            self._say(text)
        elif text == "*":
            self._ignorable = True
        else:
            self._word(text, number)
            self._ignorable = False

    def _end_group(self) -> None:
        if self._groups:
            self._state = self._groups.pop()

    def _say(self, text: str) -> None:
        target = self._state.target
        if self._state.hidden:
            return
        if target == "text":
            self._text.append(raised("".join(self._text[-3:]), text) if self._state.raised else text)
            self._set_as = self._state
        elif target == "footnote":
            self._note.append(text)
        elif target == "stylesheet":
            self._styles[self._state.style] = self._styles.get(self._state.style, "") + text
        elif target in ("listtext", "pntext"):
            self._mark += text
        elif target in ("title", "author"):
            self.about[target] = self.about.get(target, "") + text

    def _word(self, word: str, number: int | None) -> None:
        state = self._state
        if state.target == "":
            return
        if word in _KEPT_APART:
            self._state = replace(state, target=word)
            if word == "footnote":
                self._note = []
                self._text.append(self._footnotes.refer(self._note))
        elif word in _LEFT_OUT or (self._ignorable and word not in ("shppict", "shptxt")):
            self._state = replace(state, target="")
        elif word in ("v", "deleted"):
            self._state = replace(state, hidden=number != 0)
        elif word == "plain":
            self._state = replace(state, hidden=False, raised=False)
        elif word in ("super", "nosupersub", "sub"):
            self._state = replace(state, raised=word == "super" and number != 0)
        elif word == "pard":
            self._state = replace(state, level=None, style=0, indent=0, in_table=False)
        elif word == "outlinelevel":
            self._state = replace(state, level=number if number is not None and 0 <= number < 9 else None)
        elif word == "s":
            self._state = replace(state, style=number or 0)
        elif word == "li":
            self._state = replace(state, indent=number or 0)
        elif word == "intbl":
            self._state = replace(state, in_table=True)
        elif state.target == "footnote" and word == "par":
            self._note.append("\n")
        elif state.target == "text":
            self._break(word)

    def _break(self, word: str) -> None:
        """End a paragraph, a cell or a row, where the word says so."""
        if word in ("par", "nestcell") and self._state.in_table:
            self._text.append(" ")
        elif word in ("par", "sect", "page"):
            self.end_paragraph()
        elif word == "cell":
            self._cells.append("".join(self._text))
            self._text = []
        elif word == "row":
            self.blocks.row(self._cells)
            self._cells = []
            self._write_notes()

    def end_paragraph(self) -> None:
        """Write the paragraph at hand as what it is."""
        raw, self._text = "".join(self._text).strip(), []
        mark, self._mark = self._mark + "\t" if self._mark.strip() else "", ""
        text = "\n".join(map(squeeze, raw.split("\n")))
        style = squeeze(self._styles.get(self._set_as.style, "")).rstrip(";").casefold()
        named = _HEADING.fullmatch(style)
        listed = _MARK.match(mark.lstrip() or raw)
        if style.startswith("toc "):
            return
        if self._set_as.level is not None or named:
            self._indents = []
            self.blocks.heading(text, int(named[1]) if named else (self._set_as.level or 0) + 1)
        elif listed:
            own = text if mark else squeeze(raw[listed.end() :])
            self._indents = [other for other in self._indents if other < self._set_as.indent] + [self._set_as.indent]
            self.blocks.item(own, depth=len(self._indents), number=int(listed[1]) if listed[1] else None)
        else:
            self.blocks.paragraph(text)
        self._write_notes()

    def _write_notes(self) -> None:
        """Put footnotes after their paragraph, and so under its heading."""
        for mark, note in self._footnotes.take():
            self.blocks.paragraph(f"{mark} {squeeze(''.join(note))}")
