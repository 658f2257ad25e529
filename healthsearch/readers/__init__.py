"""File formats, looked up by suffix and confirmed by content: bytes to articles.

A reader takes bytes, so that no format ever opens a path that an article names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import docx, epub, markdown, mhtml, odt, pdf, plain, rtf, web_page, xml_articles
from healthsearch.readers.signs import KINDS, sign

# The whole file and its place in the corpus, to each article in it, or what is wrong with one of many. Raises
# UnreadableArticle when the file as a whole gives none.
Outcome = Article | UnreadableArticle
Reader = Callable[[bytes, str], Iterator[Outcome]]

READERS: dict[str, Reader] = {
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".txt": plain.read,
    ".pdf": pdf.read,
    ".docx": docx.read,
    ".odt": odt.read,
    ".rtf": rtf.read,
    ".epub": epub.read,
    ".html": web_page.read,
    ".htm": web_page.read,
    ".xhtml": web_page.read,
    ".mhtml": mhtml.read,
    ".mht": mhtml.read,
    ".xml": xml_articles.read,
    ".nxml": xml_articles.read,
}

# Beside a page a browser saves a folder of pictures, scripts and advertisements, named after it.
_PAGES = (".html", ".htm", ".xhtml")
_BESIDE = ("_files", "-files", ".files")

# A long book is under 5 MB of text; reading Markdown takes some 600 bytes of memory a character.
LARGEST_TEXT = 5_000_000
# These hold pictures too, or are read in pieces, and bound what they unpack and keep themselves.
LARGEST_BOOK = 50_000_000
_BOOKS = {".pdf", ".docx", ".odt", ".epub", ".xml", ".nxml", ".mhtml", ".mht"}
# A page that was saved in one file has its pictures within.
LARGEST_PAGE = 20_000_000
LARGEST: dict[str, int] = (
    dict.fromkeys(READERS, LARGEST_TEXT) | dict.fromkeys(_BOOKS, LARGEST_BOOK) | dict.fromkeys(_PAGES, LARGEST_PAGE)
)


def suffix_of(path: str) -> str | None:
    """The suffix by which a reader takes the file, None when no reader does."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix if suffix in READERS else None


def largest(path: str) -> int:
    """How many bytes a file of this name may have, so that reading it takes bounded memory."""
    return LARGEST[suffix_of(path) or ".txt"]


def beside_pages(names: Iterable[str]) -> set[str]:
    """The folders that a browser saved beside those of these files that are web pages."""
    pages = {PurePosixPath(name).stem for name in names if suffix_of(name) in _PAGES}
    return {f"{page}{ending}" for page in pages for ending in _BESIDE}


def outcomes(data: bytes, path: str) -> Iterator[Outcome]:
    """Every article of a file, or the reason why it gives none: a reader that fails on the way gives none."""
    try:
        found = list(_reader(data, path)(data, path))
    except UnreadableArticle as problem:
        yield problem
        return
    for outcome in found:
        if isinstance(outcome, Article) and len(outcome.text) > LARGEST_TEXT:
            cause = f"its text is longer than {LARGEST_TEXT // 1_000_000} million characters"
            outcome = UnreadableArticle(outcome.path, cause, "Split it into articles of their own.")
        yield outcome


def _reader(data: bytes, path: str) -> Reader:
    """The reader of what the file holds, which need not be what its name says."""
    named, held = suffix_of(path), sign(data)
    if named is None:
        raise UnreadableArticle(path, "no reader takes files of this name", "Give it its right suffix.")
    if held is None or named in KINDS[held].suffixes:
        return READERS[named]
    found = next((READERS[suffix] for suffix in KINDS[held].suffixes if suffix in READERS), None)
    if found is None or not KINDS[held].certain:
        raise UnreadableArticle(
            path,
            f"it is {KINDS[held].name}, not what its name says",
            f"Give it its right suffix ({' or '.join(KINDS[held].suffixes)}), or move it out of the corpus.",
        )
    return found
