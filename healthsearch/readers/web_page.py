"""HTML: the article of a page without its surroundings, and the page's metadata."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import xhtml
from healthsearch.readers.blocks import Blocks, squeeze
from healthsearch.readers.decoding import decode
from healthsearch.readers.front_matter import Details
from healthsearch.readers.main_content import main_content
from healthsearch.readers.properties import choose_title
from healthsearch.readers.web_metadata import metadata
from healthsearch.readers.xml_tree import Element, close_gaps, parse_page, take_out, text_of

# The HTML standard requires the encoding within this many bytes.
_START = 1_024
_DECLARED = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w-]+)", re.IGNORECASE
)
# The encodings that browsers use for these names.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
# More than a large book has; each takes time.
_MOST_ELEMENTS = 100_000
# Separators between the title of a page and the name of its site.
_SITE = re.compile(r"\s+[|–—·»:-]\s+(?=[^|–—·»]*$)")


def read(data: bytes, path: str) -> Iterator[Article]:
    """The article in a web page; its title is the first heading, else the title of the page."""
    yield article_of(text_of_page(data, path), path)


def article_of(source: str, path: str, url: str = "") -> Article:
    """The article in the HTML of a page from ``url``, unless the page gives another address."""
    root = parse_page(source, path)
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise UnreadableArticle(
            path, f"the page has more than {_MOST_ELEMENTS:,} elements", "Split it into articles of their own."
        )
    said = metadata(root, source)
    if url:
        said.setdefault("url", url)
    named = next((text_of(title) for title in root.iter("title")), "")
    main = main_content(root)
    _take_out_repeated(main)
    heads = [squeeze(text_of(heading)) for heading in main.iter("h1")]
    blocks = Blocks()
    xhtml.write(main, blocks)
    title = choose_title(path, heads[0] if len(set(heads)) == 1 else "", said.pop("title", ""), _SITE.split(named)[0])
    return Details(said).article(path, blocks.text, tuple(blocks.headings), title)


def _take_out_repeated(main: Element) -> None:
    """Remove a repeated title, as in pages converted from another format."""
    heads = list(main.iter("h1"))
    for head, following in itertools.pairwise(heads):
        if _letters(head) == _letters(following):
            take_out(head)
    close_gaps(main)


def _letters(heading: Element) -> str:
    """The heading without its punctuation: one of two alike may have typographic quotation marks."""
    return re.sub(r"\W+", " ", text_of(heading)).strip()


def text_of_page(data: bytes, path: str, charset: str = "") -> str:
    """The page's text, decoded by its byte-order mark, its given or declared encoding, or by detection.

    Raises UnreadableArticle if none fits.
    """
    declared = _DECLARED.search(data[:_START])
    marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for named in (charset, (declared[1] or declared[2]).decode("ascii") if declared else ""):
        encoding = _known(named)
        if encoding and not marked:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    return decode(data, path)


def _known(encoding: str) -> str:
    """Python's name for a declared encoding of text; "" for UTF-16, in which nothing could have been declared."""
    try:
        found = codecs.lookup(encoding)
    except (LookupError, ValueError):
        return ""
    if found.name.startswith(("utf-16", "utf-32", "utf-7")) or not getattr(found, "_is_text_encoding", True):
        return ""
    return _MEANT.get(found.name, found.name)
