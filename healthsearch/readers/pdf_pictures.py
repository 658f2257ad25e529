"""Pages of a PDF whose text was not read, because they are pictures or damaged; and how they are told.

Looks only at what is drawn, never at what a picture shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

import pypdfium2
from pypdfium2 import raw

from healthsearch.errors import UnreadableArticle

# A path of no more points is a rule or a frame, also one with round corners; a letter that is drawn has more, or has
# many others beside it.
_FRAME = 20
# A page with more objects than this shows something, whatever it is.
_MOST_OBJECTS = 1_000
# A scanned page covers most of its sheet; a logo in a running header does not.
_COVERED = 0.5
# Longer lists are cut, because the pages are told in one line.
_MOST_TOLD = 10


def shows_something(page: pypdfium2.PdfPage) -> bool:
    """Whether anything is drawn on a page without text, beyond rules and frames."""
    try:
        objects = list(islice(page.get_objects(), _MOST_OBJECTS))
    except pypdfium2.PdfiumError:
        return True
    return len(objects) == _MOST_OBJECTS or any(map(_is_picture, objects))


def is_covered(page: pypdfium2.PdfPage) -> bool:
    """Whether one picture covers most of the page."""
    left, foot, right, top = page.get_bbox()
    try:
        images = islice(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]), _MOST_OBJECTS)
        return any(_area(*image.get_bounds()) > _COVERED * _area(left, foot, right, top) for image in images)
    except pypdfium2.PdfiumError:
        return False


def untold(path: str, pictures: Sequence[int], damaged: Sequence[int], count: int) -> Iterator[UnreadableArticle]:
    """The problem of the pages that are pictures and that of the damaged ones, if any; pages count from 0."""
    if pictures:
        what = (
            "has no text; it may be a picture, and was not read"
            if len(pictures) == 1
            else "have no text; they may be pictures, and were not read"
        )
        # Without the option ocrmypdf refuses a file of which some pages have text.
        remedy = "Have its text recognised first, for example with ocrmypdf --skip-text."
        yield UnreadableArticle(path, f"{_named(pictures, count)} {what}", remedy)
    if damaged:
        what = "is damaged and was not read" if len(damaged) == 1 else "are damaged and were not read"
        remedy = "Open it in a PDF viewer and save or print it as PDF anew."
        yield UnreadableArticle(path, f"{_named(damaged, count)} {what}", remedy)


def _is_picture(shown: pypdfium2.PdfObject) -> bool:
    if shown.type == raw.FPDF_PAGEOBJ_PATH:
        return bool(raw.FPDFPath_CountSegments(shown) > _FRAME)
    return shown.type in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING)


def _area(left: float, foot: float, right: float, top: float) -> float:
    return abs(right - left) * abs(top - foot)


def _named(pages: Sequence[int], count: int) -> str:
    """The pages as people count them.

    >>> _named([1], 2), _named([1, 4, 5, 6], 9)
    ('page 2 of 2', 'pages 2, 5 to 7 of 9')
    """
    ranges = list(_ranges(pages))
    told = ", ".join(
        f"{first + 1}" if first == last else f"{first + 1} to {last + 1}" for first, last in ranges[:_MOST_TOLD]
    )
    rest = sum(last - first + 1 for first, last in ranges[_MOST_TOLD:])
    more = f" and {rest} more" if rest else ""
    return f"{'page' if len(pages) == 1 else 'pages'} {told}{more} of {count}"


def _ranges(pages: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of the pages that follow one another."""
    ordered = sorted(pages)
    starts = [ordered[0], *(page for before, page in pairwise(ordered) if page != before + 1)]
    ends = [*(before for before, page in pairwise(ordered) if page != before + 1), ordered[-1]]
    yield from zip(starts, ends, strict=True)
