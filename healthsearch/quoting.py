"""Article text as HTML, letter for letter: the one place where it is escaped.

Whatever stands in an article comes out as the characters that it is: take the tags out of what is returned
here, undo the escaping, and the article's text is back. Labels ("Caution") are therefore attributes, which
the style sheet draws and which a copied quote leaves behind. Knows no Streamlit and makes no decision on
what is marked.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from healthsearch.wording import MARKS, match_label

if TYPE_CHECKING:
    from healthsearch.article import Article, Heading
    from healthsearch.mark import Mark
    from healthsearch.passages import Passage

# A page of more characters than this would bring a browser to its knees; only hand-made files are as long.
LONGEST_SHOWN = 300_000
_ITEM = re.compile(r"\s*(?:[-*+•‣◦–]|\d{1,3}[.)])\s")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that matches the question: ``article.text[start:end]``, and the marks within it."""

    start: int
    end: int
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class _Range:
    """``text[start:end]`` of an article, and what it is: ``answer`` or ``caution``."""

    start: int
    end: int
    kind: str


def escaped(text: str) -> str:
    """The text as HTML that shows it letter for letter, also inside an attribute.

    >>> escaped('<b> & "$x$"')
    '&lt;b&gt; &amp; &quot;$x$&quot;'
    """
    return html.escape(text, quote=True)


def quote(passage: Passage, marks: Sequence[Mark]) -> str:
    """A passage with its marks."""
    return "".join(_lines(passage.text, 0, len(passage.text), [_Range(m.start, m.end, m.kind) for m in marks]))


def stretch(article: Article, start: int, end: int) -> str:
    """A part of an article without marks, its headings as headings."""
    return "".join(_blocks(article, start, end, [], deeper=2))


@dataclass(frozen=True, slots=True)
class ArticleHtml:
    """An article as HTML, how many matches it shows, and its headings: the level, title and anchor of each."""

    drawn: str
    matches: int
    contents: tuple[tuple[int, str, str], ...]


def article_html(article: Article, opened: Match | None, also: Iterable[Match], anchor: str) -> ArticleHtml:
    """The article with its matches marked; the one it was opened for in an element that has ``anchor`` for its id.

    Headings have ids too. A heading that opens the article with its own title is left out, since the title is shown
    anyway; so is what lies too far from the passage in an article of more than ``LONGEST_SHOWN`` characters.
    """
    start, end = _shown(article, opened)
    matches = [match for match in also if start <= match.start and match.end <= end]
    regions = _regions(article.text, [opened, *matches] if opened else matches)
    parts: list[str] = []
    headings: list[Heading] = []

    def draw(first: int, last: int, ranges: Sequence[_Range] = ()) -> None:
        parts.extend(_blocks(article, first, last, ranges, deeper=1, named=True))
        headings.extend(_headings_within(article.headings, first, last))

    at = start
    for number, (first, last, inside) in enumerate(regions, start=1):
        kind, name = ("found", anchor) if opened in inside else ("also", f"{anchor}-{number}")
        ranges = [_Range(match.start + m.start, match.start + m.end, m.kind) for match in inside for m in match.marks]
        draw(at, first)
        parts.append(
            f'<div role="group" class="hs-{kind}" id="{escaped(name)}" tabindex="-1" data-match="{number}"'
            f' aria-label="{escaped(match_label(number, len(regions)))}">'
        )
        draw(first, last, ranges)
        parts.append("</div>")
        at = last
    draw(at, end)
    return ArticleHtml(
        "".join(parts), len(regions), tuple((heading.level, heading.title, _anchor(heading)) for heading in headings)
    )


def _anchor(heading: Heading) -> str:
    """The id of a heading's element in ``article_html``."""
    return f"hs-heading-{heading.start}"


def _regions(text: str, matches: Iterable[Match]) -> list[tuple[int, int, list[Match]]]:
    """The whole lines that hold each match, in reading order; matches that share a line share a region."""
    regions: list[tuple[int, int, list[Match]]] = []
    for match in sorted(matches, key=lambda match: (match.start, match.end)):
        first, last = _line_start(text, match.start), _line_end(text, match.end)
        if regions and first <= regions[-1][1]:
            before = regions.pop()
            first, last, together = before[0], max(last, before[1]), [*before[2], match]
        else:
            together = [match]
        regions.append((first, last, together))
    return regions


def _shown(article: Article, opened: Match | None) -> tuple[int, int]:
    """The part of the article that ``article_html`` shows, as offsets in its text."""
    text, passage = article.text, opened or Match(0, 0)
    start, end = 0, len(text)
    if len(text) > LONGEST_SHOWN:
        middle = (passage.start + passage.end) // 2
        start = _line_start(text, min(passage.start, max(0, middle - LONGEST_SHOWN // 2)))
        end = _line_end(text, max(passage.end, min(len(text), middle + LONGEST_SHOWN // 2)))
    if start == 0 and article.headings:
        opening = article.headings[0]
        if not text[: opening.start].strip() and opening.title.casefold() == article.title.casefold():
            start = min(opening.end, opened.start) if opened else opening.end
    return start, end


def language(article: Article) -> str:
    """The ``lang`` attribute for the article's text, with a space before it, or nothing."""
    known = article.language is not None and _LANGUAGE.fullmatch(article.language)
    return f' lang="{article.language}"' if known else ""


def address(url: str | None) -> str:
    """The article's address as a link when it is one for a browser, else as text; empty when there is none.

    >>> address("javascript:alert(1)")
    'javascript:alert(1)'
    """
    if not url:
        return ""
    if not _is_web(url):
        return escaped(url)
    return f'<a href="{escaped(url)}" target="_blank" rel="noopener noreferrer">{escaped(url)}</a>'


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _blocks(
    article: Article, start: int, end: int, ranges: Sequence[_Range], deeper: int, named: bool = False
) -> Iterator[str]:
    """``article.text[start:end]``: headings as headings, ``deeper`` than in the article; the rest line by line."""
    at = start
    for heading in _headings_within(article.headings, start, end):
        yield from _lines(article.text, at, heading.start, ranges)
        level = min(6, heading.level + deeper)
        inner = _inline(article.text, heading.start, heading.end, ranges)
        name = f' id="{_anchor(heading)}" tabindex="-1"' if named else ""
        yield f'<h{level} class="hs-heading"{name} dir="auto">{inner}</h{level}>'
        at = heading.end
    yield from _lines(article.text, at, end, ranges)


def _headings_within(headings: Sequence[Heading], start: int, end: int) -> Iterator[Heading]:
    return (heading for heading in headings if start <= heading.start and heading.end <= end)


def _lines(text: str, start: int, end: int, ranges: Sequence[_Range]) -> Iterator[str]:
    """Each line of ``text[start:end]`` as a paragraph; the line ends stand between them, as they are."""
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        if text[at:stop].strip():
            kind = "hs-item" if _ITEM.match(text, at, stop) else "hs-line"
            yield f'<p class="{kind}" dir="auto">{_inline(text, at, stop, ranges)}</p>'
        else:
            yield escaped(text[at:stop])
        if stop < end:
            yield "\n"
        at = stop + 1


def _inline(text: str, start: int, end: int, ranges: Sequence[_Range]) -> str:
    """A line's text, cut where a range begins or ends, each piece in what it belongs to."""
    here = [each for each in ranges if each.start < end and start < each.end]
    cuts = sorted({start, end, *(cut for each in here for cut in (each.start, each.end) if start < cut < end)})
    return "".join(_piece(text, first, last, here) for first, last in pairwise(cuts))


def _piece(text: str, start: int, end: int, ranges: Iterable[_Range]) -> str:
    covering = [each for each in ranges if each.start <= start and end <= each.end]
    inner = escaped(text[start:end])
    if not covering:
        return inner
    labels = [MARKS[each.kind] for each in covering if each.kind in MARKS and each.start == start]
    label = f' data-label="{escaped(labels[0])}"' if labels else ""
    return f'<mark class="{" ".join(f"hs-{each.kind}" for each in covering)}"{label}>{inner}</mark>'


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
