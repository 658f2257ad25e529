"""Citations of a passage, and references for permanent links to it.

A reference names the article, and the passage by the digest of its text. It works after every rebuild as long as the
article contains that text, wherever it has moved and however it is split.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from healthsearch.article import Article

if TYPE_CHECKING:
    from healthsearch.passages import Passage, Span

_REFERENCE = re.compile(r"(.+)@([1-9]\d{0,5})\.([0-9a-f]{16})", re.DOTALL)
# Special characters of TeX; the backslash is escaped first.
_TEX = {char: f"\\{char}" for char in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def reference(passage: Passage) -> str:
    """The reference of a passage: its article, the length of its text, and the digest."""
    return f"{passage.article_id}@{len(passage.text)}.{_digest(passage.text)}"


def article_of(reference: str) -> str:
    """The id of the article in a reference. Raises ValueError if it is not a reference."""
    return _parts(reference)[0]


def find(reference: str, article: Article, starts: Iterable[int]) -> Span | None:
    """The span of the referenced text in the article, if it begins at one of ``starts``."""
    _, length, digest = _parts(reference)
    for start in starts:
        if _digest(article.text[start : start + length]) == digest:
            return start, start + length
    return None


def plain(article: Article, headings: Iterable[str], retrieved: str) -> str:
    """A citation in one line; ``retrieved`` is the day of reading, in words.

    >>> plain(Article("a", "a.md", "Gout", "text", publisher="A library", published="2024"), ["Diet"], "1 May 2026")
    'A library (2024). Gout. Section: Diet. a.md. Read on 1 May 2026.'
    """
    year = article.published[:4] if article.published else "no date"
    parts = [f"{', '.join(_authors(article)) or 'No author'} ({year})", article.title]
    if article.authors and article.publisher:
        parts.append(article.publisher)
    section = " › ".join(headings)
    parts += [f"Section: {section}"] if section else []
    parts += [article.url or article.path, f"Read on {retrieved}"]
    return " ".join(_ended(_one_line(part)) for part in parts)


def _ended(part: str) -> str:
    return part if part.endswith(("?", "!")) else f"{part.rstrip('.')}."


def bibtex(article: Article, retrieved: str) -> str:
    """The article as a BibTeX entry."""
    year = article.published[:4] if article.published else ""
    key = re.sub(r"[^a-z0-9]+", "-", f"{article.id} {year}".casefold()).strip("-")
    fields = {
        "title": "{" + _tex(article.title) + "}",
        "author": " and ".join("{" + _tex(author) + "}" for author in _authors(article)),
        "publisher": _tex(article.publisher or ""),
        "year": _tex(year),
        "url": _one_line(article.url or "").replace("{", "%7B").replace("}", "%7D"),
        "language": _tex(article.language or ""),
        "note": _tex(f"Read on {retrieved}"),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join((f"@misc{{{key or 'article'},", *lines, "}"))


def ris(article: Article, retrieved: str) -> str:
    """The article in RIS, for reference managers."""
    rows = [
        ("TY", "GEN"),
        ("TI", article.title),
        *(("AU", author) for author in _authors(article)),
        ("PB", article.publisher),
        ("PY", article.published[:4] if article.published else None),
        ("DA", article.published.replace("-", "/") if article.published else None),
        ("UR", article.url),
        ("LA", article.language),
        ("N1", f"Read on {retrieved}"),
    ]
    return "\n".join((*(f"{tag}  - {_one_line(value)}" for tag, value in rows if value), "ER  - ", ""))


def _authors(article: Article) -> tuple[str, ...]:
    return article.authors or ((article.publisher,) if article.publisher else ())


def _parts(reference: str) -> tuple[str, int, str]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"{reference!r} is no reference to a passage")
    return match[1], int(match[2]), match[3]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tex(text: str) -> str:
    return "".join(_TEX.get(char, char) for char in _one_line(text))
