"""HTML: the article of a page, without what surrounds it, and what the page says of itself."""

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

# A page must name its encoding within so many bytes, says the standard.
_START = 1_024
_DECLARED = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w-]+)", re.IGNORECASE
)
# What browsers take these names for.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
# More than a thick book has; each takes time.
_MOST_ELEMENTS = 100_000
# What parts the name of a page from that of its site.
_SITE = re.compile(r"\s+[|–—·»:-]\s+(?=[^|–—·»]*$)")


def read(data: bytes, path: str) -> Iterator[Article]:
    """The article in a web page; its title is that of its first heading, else the page's own."""
    yield article_of(text_of_page(data, path), path)


def article_of(source: str, path: str, url: str = "") -> Article:
    """The article in the text of a page that was found at ``url``, unless the page says better."""
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
    """Take out a title that stands twice in a row, as over a page that was made of another format."""
    heads = list(main.iter("h1"))
    for head, following in itertools.pairwise(heads):
        if text_of(head) == text_of(following):
            take_out(head)
    close_gaps(main)


def text_of_page(data: bytes, path: str, charset: str = "") -> str:
    """The page's text, by its mark, the given or declared encoding, or what can be told without.

    Raises UnreadableArticle when none of that fits.
    """
    declared = _DECLARED.search(data[:_START])
    marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for named in (charset, (declared[1] or declared[2]).decode("ascii") if declared else ""):
        encoding = _known(named)
        if encoding and not marked:
            try:
                return data.decode(encoding).replace("\0", "\ufffd")
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
