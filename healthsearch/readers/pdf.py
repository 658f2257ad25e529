"""PDF: the text of the pages in reading order, with headings and page numbers.

Text only: there is no text recognition for scanned pages, which are told instead. PDFium is not thread-safe, so a
process reads one file at a time.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2
from pypdfium2 import raw

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers.blocks import squeeze
from healthsearch.readers.front_matter import Details
from healthsearch.readers.incomplete import pdf_has_no_end, without_end
from healthsearch.readers.pdf_contents import without_contents
from healthsearch.readers.pdf_guard import refuse_swelling
from healthsearch.readers.pdf_headings import Entry, heading_levels
from healthsearch.readers.pdf_layout import Line, Paragraph, columns, lines, paragraphs, running_lines
from healthsearch.readers.pdf_pictures import is_covered, shows_something, untold
from healthsearch.readers.pdf_runs import Run, runs
from healthsearch.readers.pdf_text import write
from healthsearch.readers.properties import choose_title, fields

# A thick textbook has some 2 million characters; 30 thousand a second are read.
MOST_CHARACTERS = 5_000_000
# A file may claim any number of pages without having them.
MOST_PAGES = 20_000
# A page with less text, all of it in running lines, may be a scanned one.
_FEW_CHARACTERS = 300
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Pages:
    """For each page its runs, separated by writing direction, and its bottom and top.

    ``pictures`` are the numbers of those that are pictures, unless they turn out to have more text than running lines;
    ``damaged`` of those that cannot be opened.
    """

    runs: list[list[list[Run]]] = field(default_factory=list)
    heights: list[tuple[float, float]] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)


def read(data: bytes, path: str) -> Iterator[Article | UnreadableArticle]:
    """The article in a PDF file, and a problem that names the pages of it that were not read, if any.

    The title is the one printed largest on the first page, or the file's own.

    Raises UnreadableArticle when the file is broken, needs a password, or has no text.
    """
    with _ONE_AT_A_TIME:
        found = _read(data, path)
    yield from found


def _read(data: bytes, path: str) -> list[Article | UnreadableArticle]:
    refuse_swelling(data, path)
    complete = not pdf_has_no_end(data)
    try:
        with pypdfium2.PdfDocument(data) as document:
            pages = _pages(document, path)
            details = document.get_metadata_dict(skip_empty=True)
            outline = list(_outline(document))
            language = _language(document)
    except pypdfium2.PdfiumError as error:
        raise (_broken(path, error) if complete else without_end(path)) from None
    found = list(_paragraphs(pages))
    if not found and not complete:
        raise without_end(path)
    if not found:
        raise UnreadableArticle(
            path,
            "the PDF has no text; its pages are pictures",
            "Have its text recognised first, for example with ocrmypdf.",
        )
    own_title = squeeze(details.get("Title", ""))
    levels = heading_levels(found, outline, own_title)
    blocks = write(found, levels, len(pages.runs))
    printed = next((heading.title for heading in blocks.headings if heading.level == 1), "")
    title = choose_title(path, printed, own_title)
    own = fields(authors=[details.get("Author", "")], language=language)
    pages_at = {"pages": tuple(blocks.pages)}
    article = Details(own | pages_at).article(path, blocks.text, tuple(blocks.headings), title)
    with_text = {paragraph.page for paragraph in found}
    pictures = [number for number in pages.pictures if number not in with_text]
    problems = untold(path, pictures, pages.damaged, len(pages.runs))
    # Of a file without its end PDFium reads what it has.
    return [article, *problems] if complete else [article, without_end(path), *problems]


def _pages(document: pypdfium2.PdfDocument, path: str) -> _Pages:
    if len(document) > MOST_PAGES:
        raise _too_long(path, f"{MOST_PAGES:,} pages")
    pages = _Pages()
    characters = 0
    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            # One damaged page must not cost the others; it keeps its number.
            pages.runs.append([])
            pages.heights.append((0.0, 1.0))
            pages.damaged.append(index)
            continue
        pages.runs.append(runs(page))
        pages.heights.append(_height(page))
        on_page = sum(len(run.text) for direction in pages.runs[-1] for run in direction)
        if on_page < _FEW_CHARACTERS and (is_covered(page) if on_page else shows_something(page)):
            pages.pictures.append(index)
        page.close()
        characters += on_page
        if characters > MOST_CHARACTERS:
            raise _too_long(path, f"{MOST_CHARACTERS // 1_000_000} million characters")
    return pages


def _height(page: pypdfium2.PdfPage) -> tuple[float, float]:
    """The page's foot and top, in the direction upwards from its upright text."""
    left, foot, right, top = page.get_bbox()
    return {0: (foot, top), 90: (-right, -left), 180: (-top, -foot), 270: (left, right)}[page.get_rotation()]


def _paragraphs(pages: _Pages) -> Iterator[Paragraph]:
    running = running_lines([directions[0] if directions else [] for directions in pages.runs], pages.heights)
    found: list[list[Line]] = []
    numbers: list[int] = []
    for number, directions in enumerate(pages.runs):
        for direction in directions:
            kept = [run for run in direction if (number, run) not in running]
            found += [lines(column) for column in columns(kept)]
            numbers += [number] * (len(found) - len(numbers))
    for column, number in zip(without_contents(found), numbers, strict=True):
        yield from paragraphs(column, number)


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
