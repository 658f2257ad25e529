"""Filters: which articles may answer, in a form that any store can apply.

A filter is a list of conditions that must all hold: a field equals a value, is one of several, or lies in a range. So
it can be passed to another engine as it is. Here it selects articles before retrieval: excluded articles are never
candidates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from healthsearch.arrays import Mask
from healthsearch.article import parse_date

Field = Literal["publisher", "language", "folder", "published", "reviewed"]
FIELDS: tuple[Field, ...] = ("publisher", "language", "folder", "published", "reviewed")
DATES: frozenset[Field] = frozenset({"published", "reviewed"})


@dataclass(frozen=True, slots=True)
class Equals:
    """The field equals this value."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class In:
    """The field has one of these values."""

    field: Field
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The date in the field is not before ``least`` and not after ``most``, each an ISO date or None.

    "2024" and "2024-05" mean their first day, in conditions and in articles. An article without a date is in no range.
    """

    field: Field
    least: str | None = None
    most: str | None = None


Condition: TypeAlias = Equals | In | Range
# All must hold; without conditions every article may answer.
Filter: TypeAlias = tuple[Condition, ...]


class Facets:
    """The values of n articles, by row, in each field that can be filtered."""

    def __init__(self, articles: Iterable[Sequence[str | None]]) -> None:
        """``articles``: for each its values in the order of ``FIELDS``, None where it has none."""
        columns = list(zip(*articles, strict=True)) or [()] * len(FIELDS)
        self._values = {field: np.array(column, dtype=object) for field, column in zip(FIELDS, columns, strict=True)}
        self._days = {field: np.array([day(value) for value in self._values[field]]) for field in DATES}

    def __len__(self) -> int:
        return len(self._values["publisher"])

    def allowed(self, where: Filter) -> Mask:
        """Which of the articles a filter lets answer, (n,). ValueError for a condition that is none."""
        allowed = np.ones(len(self), dtype=np.bool_)
        for condition in where:
            allowed &= self._holds(condition)
        return allowed

    def counts(self, field: Field) -> dict[str, int]:
        """How many articles have each value of a field, the most common first, then by name."""
        counted = Counter(str(value) for value in self._values[field] if value is not None)
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))

    def all_counts(self) -> dict[str, dict[str, int]]:
        """``counts`` of every field."""
        return {field: self.counts(field) for field in FIELDS}

    def _holds(self, condition: Condition) -> Mask:
        values = self._values[checked(condition).field]
        if isinstance(condition, Equals):
            return np.asarray(values == condition.value, dtype=np.bool_)
        if isinstance(condition, In):
            wanted = set(condition.values)
            return np.array([value in wanted for value in values], dtype=np.bool_)
        least, most = days(condition)
        at = self._days[condition.field]
        return np.asarray((at >= least) & (at <= most), dtype=np.bool_)


def checked(condition: Condition) -> Condition:
    """The condition. ValueError for a field that there is none of, and for a range of what are no days."""
    if condition.field not in FIELDS:
        raise ValueError(f"{condition.field!r} is no field to filter by; there are {', '.join(FIELDS)}")
    if isinstance(condition, Range):
        if condition.field not in DATES:
            raise ValueError(f"{condition.field!r} is no date, so it has no range")
        days(condition)
    return condition


# The last day that a date can be.
_LAST_DAY = 3_652_059


def day(text: str | None) -> int:
    """The first day that an ISO date of any precision can mean, counted as ``date.toordinal`` does; 0 for no date."""
    parsed = parse_date(text or "")
    return parsed.toordinal() if parsed else 0


def days(condition: Range) -> tuple[int, int]:
    """The first and the last day of a range, as ``day`` counts them. ValueError when one is no date."""
    return _limit(condition.least, 1), _limit(condition.most, _LAST_DAY)


def _limit(text: str | None, without: int) -> int:
    if text is None:
        return without
    number = day(text)
    if not number:
        raise ValueError(f"{text!r} is no ISO date")
    return number


def filter_json(where: Filter) -> list[dict[str, Any]]:
    """The filter as JSON: each condition with its field and either ``equals``, ``in``, or ``from`` and ``to``."""
    return [_condition_json(condition) for condition in where]


def _condition_json(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Equals):
        return {"field": condition.field, "equals": condition.value}
    if isinstance(condition, In):
        return {"field": condition.field, "in": list(condition.values)}
    return {"field": condition.field, "from": condition.least, "to": condition.most}
