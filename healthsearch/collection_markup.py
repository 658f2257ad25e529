"""The collection page as HTML: numbers, builds, lists. The style sheet does the rest; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from healthsearch import collection_wording, markup
from healthsearch.markup import pairs
from healthsearch.quoting import escaped

if TYPE_CHECKING:
    from healthsearch.history import Built, Files
    from healthsearch.overview import Overview

# Of a list; the rest is counted.
_SHOWN = 50


def header() -> str:
    """The page's name and what it is for."""
    return markup.header(collection_wording.HEADING, collection_wording.PURPOSE)


def section(title: str, note: str = "") -> str:
    """The beginning of a part of the page."""
    told = f"<p>{escaped(note)}</p>" if note else ""
    return f'<div class="hs-part"><h2>{escaped(title)}</h2>{told}</div>'


def subheading(title: str) -> str:
    """The name of a chart or a list."""
    return f'<h3 class="hs-name">{escaped(title)}</h3>'


def note(text: str) -> str:
    """A line beside what is drawn."""
    return markup.label(text)


def figures(numbers: Iterable[tuple[str, str]]) -> str:
    """Large numbers, each with what it counts."""
    inner = "".join(f"<div><dt>{escaped(name)}</dt><dd>{escaped(number)}</dd></div>" for name, number in numbers)
    return f'<dl class="hs-figures">{inner}</dl>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Names, and what there is to each."""
    return f'<div class="hs-facts-of-all">{pairs((name, escaped(text)) for name, text in rows)}</div>'


def alike(overview: Overview) -> list[tuple[str, str]]:
    """What all articles have in common, as facts; what they differ in is drawn."""
    return [
        (name, collection_wording.all_alike(collection_wording.value(field, *counts), overview.articles))
        for field, name in collection_wording.BY.items()
        if len(counts := getattr(overview, field)) == 1
    ]


def builds(last: Iterable[Built]) -> str:
    """The last builds, each with its files on demand; those of the newest one at once if it skipped some."""
    return "".join(
        f'<details class="hs-more hs-build"{" open" if number == 0 and build.skipped.count else ""}>'
        f"<summary>{escaped(collection_wording.build(build))}</summary>"
        f"{pairs(_changes(collection_wording.changes(build)))}</details>"
        for number, build in enumerate(last)
    )


def listed(items: Iterable[str], more: int = 0) -> str:
    """A list, as long as a page can bear; ``more``: how many there are beside the items."""
    shown = list(items)
    if more := more + max(0, len(shown) - _SHOWN):
        shown[_SHOWN:] = [collection_wording.MORE.format(count=more)]
    return f'<ul class="hs-list">{"".join(f"<li>{escaped(item)}</li>" for item in shown)}</ul>'


def unfolded(title: str, items: Iterable[str]) -> str:
    """A list on demand."""
    return f'<details class="hs-more"><summary>{escaped(title)}</summary>{listed(items)}</details>'


def _changes(lists: Mapping[str, Files]) -> Iterable[tuple[str, str]]:
    for name, files in lists.items():
        rest = files.count - len(files.named)
        more = [collection_wording.MORE.format(count=rest)] if rest else []
        yield name, "<br>".join(map(escaped, (*files.named, *more)))
