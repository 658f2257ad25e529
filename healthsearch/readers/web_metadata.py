"""Metadata of a web page: JSON-LD by schema.org, and meta elements of Dublin Core, Highwire and Open Graph.

JSON-LD has priority, because its names are specific (``lastReviewed``); if values disagree, the most precise one is
used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from healthsearch.readers.blocks import squeeze
from healthsearch.readers.properties import fields
from healthsearch.readers.xml_tree import Element, name, text_of

# The kinds of schema.org that are the page or its text, not the firm or the trail of links above.
_KINDS = re.compile(r"(?:\w*Article|\w*WebPage|BlogPosting|Report|HowTo|FAQPage|Book|CreativeWork)")
_DEEPEST = 20
_META = {
    "title": ("citation_title", "dc.title", "dcterms.title", "og:title", "twitter:title"),
    "authors": ("citation_author", "author", "dc.creator", "dcterms.creator", "article:author"),
    "publisher": ("citation_publisher", "dc.publisher", "dcterms.publisher", "og:site_name"),
    "published": ("citation_publication_date", "article:published_time", "dcterms.issued", "dc.date", "date"),
    "reviewed": ("lastreviewed", "last-reviewed", "dcterms.reviewed", "reviewed"),
    "language": ("dc.language", "dcterms.language", "og:locale", "content-language"),
    "licence": ("dc.rights", "dcterms.license", "dcterms.rights"),
    "url": ("citation_public_url", "og:url"),
}
_SCHEMA = {
    "title": "headline",
    "authors": "author",
    "publisher": "publisher",
    "published": "datePublished",
    "reviewed": "lastReviewed",
    "reviewed_by": "reviewedBy",
    "language": "inLanguage",
    "licence": "license",
    "also_called": "alternateName",
    "url": "url",
}
_MANY = ("authors", "reviewed_by", "also_called")
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})(?:/(\d{1,2}))?")
_SAVED_FROM = re.compile(r"<!-- saved from url=\(\d+\)(\S+) -->")


def metadata(root: Element, source: str) -> dict[str, Any]:
    """The fields of an Article given by the page, and ``title``; ``source`` is the page's HTML."""
    said: dict[str, list[str]] = {}
    for told in (_of_schema(root), _of_links(root, source), _of_meta(root)):
        of_this: dict[str, list[str]] = {}
        for field, values in told:
            of_this.setdefault(field, []).extend(filter(None, (_kept(field, value) for value in values)))
        # Do not mix authors from a better source with those from a worse.
        said = {field: values for field, values in of_this.items() if values} | said
    single = {field: values[0] for field, values in said.items() if values and field not in _MANY}
    authors, reviewers, names = (said.get(field, []) for field in _MANY)
    return fields(**single, authors=authors, reviewed_by=reviewers, also_called=names)


def _kept(field: str, value: str) -> str:
    """The value in the form of its field; "" for an implausible value, such as a link as author."""
    if field in ("published", "reviewed"):
        return _SLASHED.sub(_with_dashes, value)
    return value if (field == "url") == is_address(value) or field == "licence" else ""


def is_address(text: str) -> bool:
    """Whether the text is the full address of a page."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _of_schema(root: Element) -> Iterator[tuple[str, list[str]]]:
    for script in root.iter("script"):
        if script.get("type", "").strip().lower() != "application/ld+json":
            continue
        try:
            values = json.loads("".join(script.itertext()))
        except (ValueError, RecursionError):
            continue
        for node in _nodes(values):
            for field, key in _SCHEMA.items():
                yield field, list(_names(node.get(key)))
            about = node.get("about")
            if isinstance(about, dict):
                yield "also_called", list(_names(about.get("alternateName")))


def _nodes(value: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The objects that describe the page or its text, outermost first."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _nodes(one, depth + 1)
    elif isinstance(value, dict):
        kinds = value.get("@type")
        if any(
            isinstance(kind, str) and _KINDS.fullmatch(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])
        ):
            yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _nodes(value.get(key), depth + 1)


def _names(value: object, depth: int = 0) -> Iterator[str]:
    """The texts of a value: a string itself, the name of a person or organisation, or those of a list."""
    if isinstance(value, str):
        yield squeeze(value)
    elif isinstance(value, dict) and depth < _DEEPEST:
        yield from _names(value.get("name") or value.get("alternateName") or value.get("url"), depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for one in value:
            yield from _names(one, depth + 1)


def _of_meta(root: Element) -> Iterator[tuple[str, list[str]]]:
    said: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        key = meta.get("name") or meta.get("property") or meta.get("itemprop") or meta.get("http-equiv") or ""
        content = squeeze(meta.get("content", ""))
        if content:
            said.setdefault(key.strip().lower(), []).append(content)
    for field, keys in _META.items():
        for key in keys:
            if key in said:
                yield field, said[key]
                break


def _of_links(root: Element, source: str) -> Iterator[tuple[str, list[str]]]:
    for link in root.iter("link", "a"):
        relations = link.get("rel", "").lower().split()
        if "canonical" in relations and name(link) == "link":
            yield "url", [squeeze(link.get("href", ""))]
        if "license" in relations:
            yield "licence", [squeeze(text_of(link)) or squeeze(link.get("href", ""))]
    saved = _SAVED_FROM.search(source[:4_000])
    if saved:
        yield "url", [saved[1]]
    yield "language", [squeeze(root.get("lang", ""))]


def _with_dashes(found: re.Match[str]) -> str:
    return "-".join(part.zfill(2) for part in found.groups() if part)
