"""The filters that the page offers: the values in this corpus, with counts.

Only values that would exclude some articles and keep some are offered, so a corpus with one publisher offers none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from healthsearch.filters import Field, Filter, In, Range, day

_BY_VALUE: tuple[Field, ...] = ("publisher", "language", "folder")
# The choices of years since the last review.
_WITHIN = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Choices:
    """``values``: for each field its values, each with its articles; ``reviewed``: first days, likewise."""

    values: Mapping[Field, Mapping[str, int]]
    reviewed: Mapping[str, int]

    def __bool__(self) -> bool:
        return bool(self.values or self.reviewed)


def choices(counts: Mapping[str, Mapping[str, int]], articles: int, today: date) -> Choices:
    """The filters available for so many articles; ``counts``: for each field how many have each value."""
    firsts = [years_before(today, years) for years in _WITHIN]
    days = {value: day(value) for value in counts["reviewed"]}
    reviewed = {
        first.isoformat(): sum(n for value, n in counts["reviewed"].items() if days[value] >= first.toordinal())
        for first in firsts
    }
    return Choices(
        {field: counts[field] for field in _BY_VALUE if any(n < articles for n in counts[field].values())},
        {first: count for first, count in reviewed.items() if 0 < count < articles},
    )


def chosen(values: Mapping[Field, Sequence[str]], reviewed: str | None) -> Filter:
    """The filter for what was chosen: any of the values of each field, reviewed on that day or later."""
    conditions = [In(field, tuple(found)) for field, found in values.items() if found]
    return (*conditions, Range("reviewed", reviewed)) if reviewed else tuple(conditions)


def years_before(today: date, years: int) -> date:
    """The same day so many years ago; the 28th for a 29 February that is not there."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)
