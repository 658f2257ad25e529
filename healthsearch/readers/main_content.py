"""The article in a web page: removes navigation and other clutter by element, class and id.

Rules instead of statistics: everything that is neither named as clutter nor a plain list of links stays, so that a page
loses no sentence; ``tests/test_clutter.py`` tests both. A part that makes up most of the page is never clutter,
whatever its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from healthsearch.readers.xml_tree import TAKEN_OUT, Element, close_gaps, name, take_out, text_of

_NEVER_TEXT = set("script style template noscript iframe object embed svg canvas audio video".split())
_NEVER_TEXT |= set("button input select textarea dialog".split())
_ASIDE = {"nav", "aside", "footer", "menu"}
_ROLES = set("navigation banner contentinfo complementary search dialog alertdialog menu menubar toolbar".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# Names of blocks, word by word. The first kind is never part of an article; the second may be a section of one
# ("related conditions"), and must be short or mostly links.
_ALWAYS = set(
    "cookie cookies consent gdpr ccpa comments comment disqus advert advertisement advertisements adsbygoogle ads ad"
    " sponsored sponsor newsletter paywall jp-relatedposts sharedaddy".split()
)
_WHEN_SLIGHT = set(
    "nav navbar navigation menu breadcrumb breadcrumbs sidebar related relatedposts recommended recommendations share"
    " sharing social promo promotion subscribe signup footer masthead skip toc pagination pager popup modal overlay"
    " login register feedback widget print toolbar topbar banner more tags byline-links toolbox rating search".split()
)
_SLIGHT_WORDS = 40
_MOSTLY_LINKS = 0.4
_ONLY_LINKS = 0.8
_FEW_LINKS = 3
# How far a list looks for its heading over what was taken out.
_CLOSE_BY = 5
_HEADINGS = {f"h{level}" for level in range(1, 7)}
# Elements that a name can make clutter; not headings, which are often named after what they say.
_NAMED = set("div section ul ol li p span a form table td aside header figure details".split())
_LISTS = set("ul ol dl table p div center td section font".split())
_SENTENCE_END = re.compile(r"[^\s.]{2,}[.!?](?:\s|$)")
_RIGHTS = re.compile(r"(?:©|\(c\)|copyright\b)", re.IGNORECASE)
# A part of the page that is marked as its main one must hold so much of it.
_SHARE_OF_MAIN = 0.4


def main_content(root: Element) -> Element:
    """The part of the page that is the article, with everything else removed."""
    for element in list(root.iter()):
        if name(element) in _NEVER_TEXT or _is_hidden(element):
            take_out(element)
    close_gaps(root)
    whole = _words(root)
    for element in _inner(root):
        if _is_clutter(element) and _words(element) < 0.5 * whole:
            take_out(element)
    close_gaps(root)
    main = _marked(root)
    for element in _inner(main):
        if _is_list_of_links(element):
            _take_out_with_heading(element)
    _take_out_rights(main)
    close_gaps(main)
    return main


def _inner(root: Element) -> Iterator[Element]:
    """All descendants, parents first, skipping those removed while iterating."""
    for element in list(root.iter()):
        if element is not root and name(element) and _is_in(element, root):
            yield element


def _is_in(element: Element, root: Element) -> bool:
    while element is not None:
        if element is root:
            return True
        element = element.getparent()
    return False


def _is_hidden(element: Element) -> bool:
    attributes = element.attrib
    # Some pages are hidden as a whole until a script shows them.
    return name(element) not in ("html", "body") and (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(_HIDDEN.search(attributes.get("style", "")))
    )


def _is_clutter(element: Element) -> bool:
    kind = name(element)
    if kind in _ASIDE or element.get("role") in _ROLES:
        return True
    if kind == "header":
        # Of a site, not of an article.
        return not any(name(above) in ("article", "main") for above in element.iterancestors()) and not _has_title(
            element
        )
    if kind not in _NAMED:
        return False
    called = _called(element)
    return bool(called & _ALWAYS) or (bool(called & _WHEN_SLIGHT) and _is_slight(element))


def _called(element: Element) -> set[str]:
    """The words of the element's class and id, but for an id that is made of the heading below it."""
    names = element.get("class", "")
    identity = element.get("id", "")
    if not any(_slug(text_of(heading)) == _slug(identity) for heading in element.iter(*_HEADINGS)):
        names += f" {identity}"
    names = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", names)
    return {word for whole in names.lower().split() for word in (whole, *re.split(r"[-_:]+", whole))}


def _slug(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def _has_title(element: Element) -> bool:
    return next(element.iter("h1"), None) is not None and not any(True for _ in element.iter("nav"))


def _is_slight(element: Element) -> bool:
    return _words(element) < _SLIGHT_WORDS or _share_of_links(element) >= _MOSTLY_LINKS


def _is_list_of_links(element: Element) -> bool:
    """Whether the element contains only links: no sentence is between them, and none of them is one."""
    if name(element) not in _LISTS or sum(1 for _ in element.iter("a")) < _FEW_LINKS:
        return False
    text = text_of(element)
    return _share_of_links(element) >= _ONLY_LINKS and not _SENTENCE_END.search(text) and not _has_title(element)


def _take_out_with_heading(element: Element) -> None:
    """Remove a list, and its heading if that introduces nothing else."""
    before, after = (
        next(
            (one for one in islice(element.itersiblings(preceding=preceding), _CLOSE_BY) if one.tag != TAKEN_OUT), None
        )
        for preceding in (True, False)
    )
    if before is not None and name(before) in _HEADINGS and (after is None or name(after) in _HEADINGS):
        if not (element.tail or "").strip():
            take_out(before)
    take_out(element)


def _take_out_rights(main: Element) -> None:
    """Remove the copyright line at the end of many pages."""
    blocks = [element for element in main.iter("p", "div", "center", "small") if not len(element) and text_of(element)]
    if blocks and _RIGHTS.match(text_of(blocks[-1])) and _words(blocks[-1]) < _SLIGHT_WORDS:
        take_out(blocks[-1])


def _marked(root: Element) -> Element:
    """The part that the page marks as main or as the article, else the whole page."""
    whole = _words(root)
    for marked in (
        [element for element in root.iter() if name(element) == "main" or element.get("role") == "main"],
        [element for element in root.iter() if element.get("itemprop") == "articleBody"],
        [element for element in root.iter() if name(element) == "article"],
    ):
        largest = max(marked, key=_words, default=None)
        if largest is not None and _words(largest) >= _SHARE_OF_MAIN * whole:
            return largest
    return root


def _share_of_links(element: Element) -> float:
    length = len(text_of(element))
    return sum(len(text_of(link)) for link in element.iter("a")) / length if length else 0.0


def _words(element: Element) -> int:
    return len(text_of(element).split())
