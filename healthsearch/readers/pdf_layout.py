"""Layout analysis of a printed page: from runs to lines in reading order, and from lines to paragraphs.

Columns are found by the gutter between them. Running headers, footers and page numbers are recognised by the same
height on several pages, ignoring numbers. Independent of the PDF library.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from healthsearch.readers.blocks import raised
from healthsearch.readers.pdf_runs import Run, stands_raised

# The share of a page's height, at its top and at its foot, in which a running line may stand.
_MARGIN = 0.12
# On how many of the pages it must stand: chapters have their own, and left and right pages may differ.
_RECURRING = 0.2
# A gutter is crossed by fewer of the runs than this share, by titles and wide figures.
_CROSSED = 0.5
# In how many steps it is looked for from left to right; some one point wide each.
_STEPS = 500
# A column holds at least this share of the text, and so many lines, and they fill it: a table's cells do not.
_SHARE, _LINES, _FILLED = 0.15, 4, 0.5
# Lines stand no further apart than this many times their size, unless they are paragraphs of one line each.
_WIDEST = 1.6
_BULLET = re.compile(r"(?:[-–•●○■▪◦‣∙·*❖➢✓\uf0b7\uf0a7]|\(?\d{1,2}[.)]|[a-z][.)])(?= \S|$)")
_ENDED = re.compile(r"[.!?:;…][\"'”’)\]]*(?:\d{1,3})?$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one column, from left to right; ``cells`` are its parts between wide gaps."""

    cells: tuple[str, ...]
    left: float
    right: float
    baseline: float
    size: float
    bold: bool

    @property
    def text(self) -> str:
        """The text of the line."""
        return " | ".join(self.cells)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of one paragraph, on the page with this number (from 0), with their indent from the column's edge."""

    lines: tuple[Line, ...]
    page: int
    indent: float
    opens_column: bool

    @property
    def text(self) -> str:
        """Its lines as printed."""
        return " ".join(line.text for line in self.lines)

    @property
    def bullet(self) -> bool:
        """Whether it begins with a list marker."""
        return bool(_BULLET.match(self.lines[0].text))

    @property
    def size(self) -> float:
        """The type size of most of its text."""
        return median(line.size for line in self.lines for _ in range(1 + len(line.text) // 20))

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return all(line.bold for line in self.lines)


def running_lines(pages: Sequence[Sequence[Run]], heights: Sequence[tuple[float, float]]) -> set[tuple[int, Run]]:
    """Running headers, footers and page numbers, as page and run; ``heights`` are each page's bottom and top."""
    sizes = Counter[float]()
    for run in (run for runs in pages for run in runs):
        sizes[run.size] += len(run.text)
    body = max(sizes, key=lambda size: sizes[size], default=0.0)
    found: dict[tuple[str, int], list[tuple[int, Run]]] = {}
    for page, (runs, (foot, top)) in enumerate(zip(pages, heights, strict=True)):
        margin = (top - foot) * _MARGIN
        for run in runs:
            if run.baseline < foot + margin or run.baseline > top - margin:
                # Left and right pages are mirrored, so only the height counts.
                key = re.sub(r"\d+|\b[ivxlc]+\b", "#", run.text.casefold()), round((top - run.baseline) / 4)
                found.setdefault(key, []).append((page, run))
    needed = max(2, len(pages) * _RECURRING)
    return {place for places in found.values() if _recurs(places, needed, body) for place in places}


def _recurs(places: list[tuple[int, Run]], needed: float, body: float) -> bool:
    """Whether a line is on this many pages; a large line with a different number on each is a heading."""
    if len({page for page, _ in places}) < needed:
        return False
    return len({run.text for _, run in places}) == 1 or all(run.size <= 1.1 * body for _, run in places)


def columns(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs of a page or a part of it, by column, in reading order."""
    gutter = _gutter(runs)
    if gutter is None:
        return [list(runs)] if runs else []
    ordered: list[list[Run]] = []
    crossing = sorted((run for run in runs if run.left < gutter < run.right), key=lambda run: -run.baseline)
    beside = [run for run in runs if not run.left < gutter < run.right]
    # Runs across the gutter divide the page into bands, each read left column first.
    for across, band in _bands(crossing, beside):
        ordered += [across] if across else []
        ordered += columns([run for run in band if run.right <= gutter])
        ordered += columns([run for run in band if run.left >= gutter])
    return ordered


def _bands(crossing: list[Run], beside: list[Run]) -> Iterable[tuple[list[Run], list[Run]]]:
    across: list[Run] = []
    above = float("inf")
    for run in [*crossing, None]:
        below = run.baseline if run else float("-inf")
        band = [other for other in beside if below < other.baseline <= above]
        if band:
            yield across, band
            across = []
        if run:
            across.append(run)
        above = below
    if across:
        yield across, []


def _gutter(runs: Sequence[Run]) -> float | None:
    """The position of the gutter between two columns; None if there is none."""
    if len(runs) < 2 * _LINES:
        return None
    left, right = min(run.left for run in runs), max(run.right for run in runs)
    width = (right - left) / _STEPS or 1.0
    crossed = [0] * (_STEPS + 2)
    for run in runs:
        crossed[int((run.left - left) / width)] += 1
        crossed[min(_STEPS, int((run.right - left) / width)) + 1] -= 1
    for step in range(1, len(crossed)):
        crossed[step] += crossed[step - 1]
    inner = range(_STEPS // 6, _STEPS - _STEPS // 6)
    fewest = min(crossed[step] for step in inner)
    if fewest > len(runs) * _CROSSED:
        return None
    middle = [step for step in inner if crossed[step] == fewest]
    gutter = left + (middle[len(middle) // 2] + 0.5) * width
    total = sum(len(run.text) for run in runs)
    sides = [run for run in runs if run.right <= gutter], [run for run in runs if run.left >= gutter]
    return gutter if all(_is_column(side, total) for side in sides) else None


def _is_column(side: list[Run], total: int) -> bool:
    if len({round(run.baseline) for run in side}) < _LINES or sum(len(run.text) for run in side) < total * _SHARE:
        return False
    width = max(run.right for run in side) - min(run.left for run in side)
    return median(run.right - run.left for run in side) >= width * _FILLED


def lines(column: Sequence[Run]) -> list[Line]:
    """The column's lines from top to bottom; superscripts and subscripts belong to their line."""
    groups: list[list[Run]] = []
    for run in sorted(column, key=lambda run: (-run.baseline, run.left)):
        if groups:
            base = max(groups[-1], key=lambda other: (other.size, len(other.text)))
            if abs(base.baseline - run.baseline) < 0.45 * max(base.size, run.size):
                groups[-1].append(run)
                continue
        groups.append([run])
    return [_line(sorted(group, key=lambda run: run.left)) for group in groups]


def _line(group: list[Run]) -> Line:
    cells = [group[0].text]
    for before, run in pairwise(group):
        gap = run.left - before.right
        size = max(before.size, run.size)
        if gap > 1.5 * size and not _BULLET.fullmatch(cells[-1]):
            cells.append(run.text)
            continue
        small = stands_raised(before.baseline, before.size, run.baseline, run.size)
        text = raised(cells[-1], run.text) if small else run.text
        cells[-1] += text if gap < 0.12 * size else f" {text}"
    main = Counter[float]()
    for run in group:
        main[run.size] += len(run.text)
    size = max(main, key=lambda size: main[size])
    baseline = next(run.baseline for run in group if run.size == size)
    right = max(run.right for run in group)
    return Line(tuple(cells), group[0].left, right, baseline, size, all(run.bold for run in group))


def paragraphs(column: Sequence[Line], page: int) -> list[Paragraph]:
    """The column's paragraphs, separated by white space, type, an indented first line or list markers."""
    pitches = [above.baseline - below.baseline for above, below in pairwise(column)]
    close = sorted(pitch for pitch in pitches if pitch > 0)
    usual = close[len(close) // 3] if close else 0.0
    right = max((line.right for line in column), default=0.0)
    groups: list[list[Line]] = []
    for index, line in enumerate(column):
        if groups and not _begins(groups[-1], line, pitches[index - 1], usual, right):
            groups[-1].append(line)
        else:
            groups.append([line])
    edge = min((line.left for line in column), default=0.0)
    return [
        Paragraph(tuple(group), page, group[0].left - edge, opens_column=index == 0)
        for index, group in enumerate(groups)
    ]


def _begins(group: list[Line], line: Line, pitch: float, usual: float, right: float) -> bool:
    """Whether the line begins a new paragraph after the lines of ``group``."""
    last = group[-1]
    if (
        abs(line.size - last.size) > 0.08 * last.size
        or pitch < 0
        or pitch > max(1.3 * min(usual, _WIDEST * line.size), 1.45 * line.size)
    ):
        return True
    if len(line.cells) > 1 or len(last.cells) > 1 or _BULLET.match(line.text):
        return True
    short = last.right < right - 0.2 * (right - last.left)
    ended = not is_open(last.text)
    if last.bold != line.bold and (short or ended):
        return True
    return ended and (short or (len(group) > 1 and line.left - last.left > 0.8 * line.size))


def is_open(text: str) -> bool:
    """Whether a paragraph ends in mid-sentence, so that it may continue elsewhere."""
    return not _ENDED.search(text)
