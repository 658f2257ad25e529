"""JATS: journal articles from PubMed Central and publishers.

Left out: references, acknowledgements and declarations, supplements, peer reviews and translations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from healthsearch.article import Article
from healthsearch.readers.blocks import Blocks, squeeze
from healthsearch.readers.front_matter import Details
from healthsearch.readers.jats_text import inline, write
from healthsearch.readers.properties import choose_title, fields
from healthsearch.readers.xml_tree import Element, attribute, children, first, name, number, text_of

_LICENCE = re.compile(r"creativecommons\.org/(?:licenses/([a-z-]+)/(\d\.\d)|publicdomain/(zero)/(\d\.\d))")
_NAMED_LICENCE = re.compile(r"Creative Commons(?: [A-Z][\w-]*)+")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_JOURNAL = ("journal-title-group/journal-title", "journal-title", "publisher/publisher-name")
_NOT_IN_NAMES = {"contrib-group", "xref", "fn", "address", "aff", "email", "author-comment", "on-behalf-of"}
_ONLINE_FIRST = ("epub", "pub", "ppub", "collection")


def read(root: Element, path: str) -> Iterator[Article]:
    """The article under an ``article`` element; its id and address are those of PubMed Central, else its DOI's."""
    meta = first(root, "front/article-meta")
    blocks = Blocks()
    title = inline(first(meta, "title-group/article-title")) if meta is not None else ""
    if meta is not None and (subtitle := inline(first(meta, "title-group/subtitle"))):
        title = f"{title}: {subtitle}"
    blocks.heading(title, 1)
    for abstract in children(meta, "abstract") if meta is not None else ():
        _abstract(abstract, blocks)
    body, back = first(root, "body"), first(root, "back")
    notes = (
        {} if back is None else {attribute(note, "id"): note for note in back.iter("{*}fn") if attribute(note, "id")}
    )
    if body is not None:
        write(body, blocks, 2, notes=notes)
    for part in children(back, "app-group", "app", "glossary", "sec", "notes") if back is not None else ():
        write(part, blocks, 2, notes=notes)
    about = {} if meta is None else _about(root, meta)
    yield Details(about).article(path, blocks.text, tuple(blocks.headings), choose_title(path, title))


def _abstract(abstract: Element, blocks: Blocks) -> None:
    """Add an abstract under a heading; a teaser for a table of contents gets none."""
    announces = attribute(abstract, "abstract-type") in ("toc", "teaser")
    write(abstract, blocks, 2, "" if announces else "Abstract")


def _about(root: Element, meta: Element) -> dict[str, Any]:
    ids = {attribute(e, "pub-id-type"): text_of(e) for e in children(meta, "article-id")}
    pmc = ids.get("pmc") or ids.get("pmcid") or ""
    pmc = f"PMC{pmc.removeprefix('PMC')}" if pmc else ""
    doi = ids.get("doi", "")
    address = f"https://doi.org/{doi}" if doi else f"https://pmc.ncbi.nlm.nih.gov/articles/{pmc}/" if pmc else ""
    return fields(
        id=pmc or doi,
        url=address,
        authors=_authors(meta),
        published=_published(meta),
        licence=_licence(meta),
        language=attribute(root, "lang"),
        publisher=text_of(first(root, *(f"front/journal-meta/{way}" for way in _JOURNAL))),
    )


def _authors(meta: Element) -> Iterator[str]:
    for group in children(meta, "contrib-group"):
        for contributor in children(group, "contrib"):
            if attribute(contributor, "contrib-type") not in ("author", ""):
                continue
            person = first(contributor, "name", "name-alternatives/name")
            if person is not None:
                parts = (text_of(first(person, part)) for part in ("given-names", "surname", "suffix"))
                yield " ".join(filter(None, parts))
            else:
                yield text_of(first(contributor, "string-name")) or _group(first(contributor, "collab"))


def _group(collaboration: Element | None) -> str:
    """The name of a group of authors, without its members and the marks of their affiliations."""
    if collaboration is None:
        return ""
    said = [collaboration.text or ""]
    for child in collaboration:
        known = name(child) and name(child) not in _NOT_IN_NAMES
        said += [text_of(child) if known else "", child.tail or ""]
    return squeeze("".join(said))


def _published(meta: Element) -> str:
    """The first day of publication."""
    dates: dict[str, str] = {}
    for given in children(meta, "pub-date"):
        kind = attribute(given, "pub-type") or attribute(given, "date-type")
        dates.setdefault(kind, _date(given))
    return next((dates[kind] for kind in _ONLINE_FIRST if dates.get(kind)), next(iter(dates.values()), ""))


def _date(given: Element) -> str:
    year, month, day = (text_of(first(given, part)) for part in ("year", "month", "day"))
    named = month[:3].casefold()
    at = _MONTHS.index(named) + 1 if named in _MONTHS else number(month, 0)
    if not at:
        return year
    return f"{year}-{at:02}-{number(day, 0):02}" if number(day, 0) else f"{year}-{at:02}"


def _licence(meta: Element) -> str:
    """The licence by its name where it is one of Creative Commons, else in its own first sentence."""
    licence = first(meta, "permissions/license")
    if licence is None:
        return text_of(first(meta, "permissions/copyright-statement"))
    links = [attribute(element, "href") for element in licence.iter() if name(element)]
    said = _LICENCE.search(" ".join([*links, text_of(licence)]))
    if said and said[3]:
        return f"CC0 {said[4]}"
    if said:
        return f"CC {said[1].upper()} {said[2]}"
    named = _NAMED_LICENCE.search(text_of(licence))
    return named[0] if named else text_of(licence).partition(". ")[0]
