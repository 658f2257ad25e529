"""Parses XML without any access outside the file; the only import of lxml.

Only the named characters of HTML are expanded as entities; no DTD or other file is opened and nothing is fetched.
libxml2 limits the depth to 256, so that readers can use recursion.
"""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from typing import Any

from lxml import etree

from healthsearch.errors import UnreadableArticle

# An lxml element; lxml has no type information.
Element = Any


# Some three times as many as all of MedlinePlus; a million are read in about five seconds.
MOST_ELEMENTS = 1_000_000

TAKEN_OUT = "taken-out"

# Options of every parse: nothing is resolved or fetched; comments and instructions are dropped.
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def parse(data: bytes, path: str, part: str = "") -> Element:
    """The root element of an XML document; ``part`` names it inside the file at ``path``, for the error.

    Raises UnreadableArticle if it is not well-formed or uses an entity of its own.
    """
    try:
        root = etree.fromstring(data, etree.XMLParser(**_SAFE))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise malformed(error, path, part) from None
    _name_characters(root, path, part)
    return root


def parse_html(text: str, path: str) -> Element:
    """The root element of an HTML fragment, repaired as in a browser."""
    try:
        return etree.fromstring(f"<html><body>{text}</body></html>", etree.HTMLParser(huge_tree=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise malformed(error, path) from None


def parse_page(text: str, path: str) -> Element:
    """The root element of a whole HTML document, repaired as in a browser.

    Raises UnreadableArticle when it is nested more deeply than any page (256), so that nothing is cut off unseen.
    """
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise malformed(error, path) from None
    if root is None or any("depth" in entry.message.lower() for entry in parser.error_log):
        cause = "there is no text in it" if root is None else "its elements are nested too deeply"
        raise UnreadableArticle(path, cause, "Save the page anew from a browser, or save its text.")
    return root


def take_out(element: Element) -> None:
    """Empty an element, leaving only the text after it; ``close_gaps`` then removes it."""
    if element.getparent() is not None:
        element.clear(keep_tail=True)
        element.tag = TAKEN_OUT


def close_gaps(root: Element) -> None:
    """Remove emptied elements. Done by lxml, because text with control characters cannot be set again."""
    etree.strip_elements(root, TAKEN_OUT, with_tail=False)


def records(data: bytes, path: str) -> Iterator[tuple[str, Element]]:
    """The root's name with each child in turn; children are freed after use, so that a long file fits in memory.

    Raises UnreadableArticle as ``parse`` does, where the file is read so far.
    """
    depth = 0
    root = ""
    try:
        events = etree.iterparse(io.BytesIO(data), events=("start", "end"), **_SAFE)
        for count, (event, element) in enumerate(events):
            if count > 2 * MOST_ELEMENTS:
                raise UnreadableArticle(
                    path, f"its XML has more than {MOST_ELEMENTS:,} elements", "Split it into files of their own."
                )
            depth += 1 if event == "start" else -1
            root = root or name(element)
            if event == "end" and depth == 1:
                _name_characters(element, path, "")
                yield root, element
                parent = element.getparent()
                element.clear()
                while (before := element.getprevious()) is not None:
                    parent.remove(before)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise malformed(error, path) from None


def root_name(data: bytes, path: str) -> str:
    """The name of the root element, for telling formats apart."""
    try:
        for _, element in etree.iterparse(io.BytesIO(data), events=("start",), **_SAFE):
            return name(element)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise malformed(error, path) from None
    raise malformed(ValueError(), path)


def _name_characters(root: Element, path: str, part: str) -> None:
    for entity in list(root.iter(etree.Entity)):
        _replace(entity, path, part)


def malformed(error: Exception, path: str, part: str = "") -> UnreadableArticle:
    """The error for a document that lxml rejects."""
    cause = str(error).split(", line ")[0].strip().rstrip(".") or "there is nothing in it"
    line = getattr(error, "lineno", None)
    where = f", line {line}" if line else ""
    return UnreadableArticle(
        path, f"the XML{_within(part)} cannot be read ({cause}{where})", "Get the file anew from its source."
    )


def _within(part: str) -> str:
    return f" in '{part}'" if part else ""


def _replace(entity: Element, path: str, part: str) -> None:
    """Replace an entity by its named character."""
    character = html.unescape(entity.text)
    if character == entity.text:
        raise UnreadableArticle(
            path,
            f"the XML{_within(part)} means an entity of its own ({entity.text}), which could be anything",
            "Get the file anew from its source, with its entities resolved.",
        )
    parent, before = entity.getparent(), entity.getprevious()
    text = character + (entity.tail or "")
    if before is None:
        parent.text = (parent.text or "") + text
    else:
        before.tail = (before.tail or "") + text
    entity.tail = None
    parent.remove(entity)


def name(element: Element) -> str:
    """The element's name without its namespace; "" for comments and the like."""
    # Not by QName, which refuses names such as "o:p" that HTML is full of.
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element, wanted: str) -> str:
    """The attribute with this name in any namespace; "" when there is none."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == wanted:
            return str(value)
    return ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """The element's children with one of these names; all without names."""
    for child in element:
        if isinstance(child.tag, str) and (not names or name(child) in names):
            yield child


def first(element: Element, *paths: str) -> Element | None:
    """The first descendant at one of these paths ("front/article-meta"), in any namespace, else None.

    Compare the result with None: an element without children is false.
    """
    for path in paths:
        step, _, rest = path.partition("/")
        for child in children(element, step):
            found = first(child, rest) if rest else child
            if found is not None:
                return found
    return None


def text_of(element: Element | None) -> str:
    """All text in the element, white space squeezed; "" for None."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def number(text: str, otherwise: int) -> int:
    """The integer value of an attribute, or ``otherwise``; numbers with more digits are not plausible here."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else otherwise
