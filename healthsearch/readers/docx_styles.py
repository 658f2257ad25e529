"""Styles and numbering of a Word document: whether a paragraph is a heading, a list item or neither.

A style's name stays English in every language of Word; its id does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from healthsearch.readers.xml_tree import Element, attribute, children, first, number

_HEADING = re.compile(r"heading ?([1-9])")
# Word's own styles for lists in lists are lists of their own.
_NESTED = re.compile(r"list (?:bullet|number) ([2-5])")
# No list of Word's is deeper, and no chain of styles longer.
_DEEPEST = 9
_LONGEST_CHAIN = 12


@dataclass(frozen=True, slots=True)
class Style:
    """``level``: a heading's, from 0. ``depth``: how many lists an item stands in, 0 for none."""

    title: bool = False
    contents: bool = False
    level: int | None = None
    depth: int = 0
    numbering: str = ""


class Styles:
    """The styles of a document, by the properties of its paragraphs."""

    def __init__(self, styles: Element | None, numbering: Element | None) -> None:
        self._styles = {} if styles is None else {attribute(s, "styleId"): s for s in children(styles, "style")}
        self._levels = _levels(numbering)
        self._counters: dict[tuple[str, int], int] = {}

    def of(self, paragraph: Element) -> Style:
        """The style of a paragraph, from its named style and its own properties."""
        own = first(paragraph, "pPr")
        if own is None:
            return Style()
        style = self._named(value(first(own, "pStyle")))
        level = first(own, "outlineLvl")
        if level is not None:
            style = replace(style, level=_outline(level))
        return self._listed(style, first(own, "numPr"))

    def next_number(self, style: Style) -> int | None:
        """The number of the next item in this style's list; None when it has a bullet."""
        level = style.depth - 1
        form, start = self._levels.get((style.numbering, level)) or self._levels.get(
            (style.numbering, 0), ("bullet", 1)
        )
        if form in ("bullet", "none"):
            return None
        reached = self._counters.get((style.numbering, level), start - 1) + 1
        self._counters[style.numbering, level] = reached
        for deeper in range(level + 1, _DEEPEST):
            self._counters.pop((style.numbering, deeper), None)
        return reached

    def _named(self, style_id: str) -> Style:
        """The style with this id, with what it inherits."""
        chain: list[Element] = []
        while style_id in self._styles and len(chain) < _LONGEST_CHAIN:
            chain.append(self._styles[style_id])
            style_id = value(first(chain[-1], "basedOn"))
        found = Style()
        for element in reversed(chain):
            title = value(first(element, "name")).casefold()
            heading = _HEADING.fullmatch(title)
            level = first(element, "pPr/outlineLvl")
            if heading or level is not None:
                found = replace(found, level=int(heading[1]) - 1 if heading else _outline(level))
            found = replace(
                found,
                title=found.title or title == "title",
                contents=found.contents or title.startswith("toc ") or title == "table of figures",
            )
            found = self._listed(found, first(element, "pPr/numPr"))
            nested = _NESTED.fullmatch(title)
            if nested and found.depth:
                found = replace(found, depth=int(nested[1]))
        return found

    def _listed(self, style: Style, properties: Element | None) -> Style:
        if properties is None:
            return style
        numbering = value(first(properties, "numId")) or style.numbering
        if numbering in ("", "0"):
            return replace(style, numbering="", depth=0)
        level = min(number(value(first(properties, "ilvl")), 0), _DEEPEST - 1)
        return replace(style, numbering=numbering, depth=level + 1)


def _outline(element: Element) -> int | None:
    """The outline level that it says, from 0; the last means text."""
    level = number(value(element), _DEEPEST)
    return level if level < _DEEPEST else None


def _levels(numbering: Element | None) -> dict[tuple[str, int], tuple[str, int]]:
    """For each list and level, the form of its numbers and the first of them."""
    if numbering is None:
        return {}
    abstract = {attribute(a, "abstractNumId"): a for a in children(numbering, "abstractNum")}
    levels = {}
    for listed in children(numbering, "num"):
        own = abstract.get(value(first(listed, "abstractNumId")))
        for level in children(own, "lvl") if own is not None else ():
            form, start = value(first(level, "numFmt")), number(value(first(level, "start")), 1)
            levels[attribute(listed, "numId"), number(attribute(level, "ilvl"), 0)] = form, start
    return levels


def value(element: Element | None) -> str:
    """The attribute "val", where Word keeps what a property is set to."""
    return attribute(element, "val") if element is not None else ""
