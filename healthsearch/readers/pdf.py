"""PDF: the text of the pages in reading order, with headings and page numbers.

Text only: there is no text recognition for scanned pages. PDFium is not thread-safe, so a process reads one file at a
time.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator

import pypdfium2
from pypdfium2 import raw

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers.blocks import squeeze
from healthsearch.readers.front_matter import Details
from healthsearch.readers.pdf_guard import refuse_swelling
from healthsearch.readers.pdf_headings import Entry, heading_levels
from healthsearch.readers.pdf_layout import Paragraph, columns, lines, paragraphs, running_lines
from healthsearch.readers.pdf_runs import Run, runs
from healthsearch.readers.pdf_text import write
from healthsearch.readers.properties import choose_title, fields

# A thick textbook has some 2 million characters; 30 thousand a second are read.
MOST_CHARACTERS = 5_000_000
# A file may claim any number of pages without having them.
MOST_PAGES = 20_000
_ONE_AT_A_TIME = threading.Lock()


def read(data: bytes, path: str) -> Iterator[Article]:
    """The article in a PDF file; its title is the one printed largest on the first page, or the file's own.

    Raises UnreadableArticle when the file is broken, needs a password, or has no text.
    """
    with _ONE_AT_A_TIME:
        article = _read(data, path)
    yield article


def _read(data: bytes, path: str) -> Article:
    refuse_swelling(data, path)
    try:
        with pypdfium2.PdfDocument(data) as document:
            pages, heights = _pages(document, path)
            details = document.get_metadata_dict(skip_empty=True)
            outline = list(_outline(document))
            language = _language(document)
    except pypdfium2.PdfiumError as error:
        raise _broken(path, error) from None
    found = list(_paragraphs(pages, heights))
    if not found:
        raise UnreadableArticle(
            path,
            "the PDF has no text; its pages are pictures",
            "Have its text recognised first, for example with ocrmypdf.",
        )
    own_title = squeeze(details.get("Title", ""))
    levels = heading_levels(found, outline, own_title)
    blocks = write(found, levels, len(pages))
    printed = next((heading.title for heading in blocks.headings if heading.level == 1), "")
    title = choose_title(path, printed, own_title)
    own = fields(authors=[details.get("Author", "")], language=language)
    pages_at = {"pages": tuple(blocks.pages)}
    return Details(own | pages_at).article(path, blocks.text, tuple(blocks.headings), title)


def _pages(document: pypdfium2.PdfDocument, path: str) -> tuple[list[list[list[Run]]], list[tuple[float, float]]]:
    """For each page its runs, separated by writing direction, and its bottom and top."""
    if len(document) > MOST_PAGES:
        raise _too_long(path, f"{MOST_PAGES:,} pages")
    pages: list[list[list[Run]]] = []
    heights = []
    characters = 0
    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            # One damaged page must not cost the others; it keeps its number.
            pages.append([])
            heights.append((0.0, 1.0))
            continue
        pages.append(runs(page))
        heights.append(_height(page))
        page.close()
        characters += sum(len(run.text) for direction in pages[-1] for run in direction)
        if characters > MOST_CHARACTERS:
            raise _too_long(path, f"{MOST_CHARACTERS // 1_000_000} million characters")
    return pages, heights


def _height(page: pypdfium2.PdfPage) -> tuple[float, float]:
    """The page's foot and top, in the direction upwards from its upright text."""
    left, foot, right, top = page.get_bbox()
    return {0: (foot, top), 90: (-right, -left), 180: (-top, -foot), 270: (left, right)}[page.get_rotation()]


def _paragraphs(pages: list[list[list[Run]]], heights: list[tuple[float, float]]) -> Iterator[Paragraph]:
    running = running_lines([directions[0] if directions else [] for directions in pages], heights)
    for number, directions in enumerate(pages):
        for direction in directions:
            kept = [run for run in direction if (number, run) not in running]
            for column in columns(kept):
                yield from paragraphs(lines(column), number)


def _outline(document: pypdfium2.PdfDocument) -> Iterator[Entry]:
    for bookmark in document.get_toc():
        target = bookmark.get_dest()
        yield Entry(bookmark.level, bookmark.get_title(), target.get_index() if target else None)


def _language(document: pypdfium2.PdfDocument) -> str:
    """The document's language, if given."""
    length = raw.FPDFCatalog_GetLanguage(document, None, 0)
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFCatalog_GetLanguage(document, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    language = buffer.raw[: max(0, length - 2)].decode("utf-16-le", "ignore").strip()
    return language


def _too_long(path: str, most: str) -> UnreadableArticle:
    return UnreadableArticle(path, f"the PDF has more than {most}", "Split it into articles of their own.")


def _broken(path: str, error: pypdfium2.PdfiumError) -> UnreadableArticle:
    if error.err_code == raw.FPDF_ERR_PASSWORD:
        return UnreadableArticle(path, "the PDF needs a password", "Save a copy of it without one.")
    return UnreadableArticle(
        path, "the file is not a PDF that can be opened", "Open it in a PDF viewer and save or print it as PDF anew."
    )
