"""Only what would leave something out and keep something is offered."""

from __future__ import annotations

from datetime import date

from healthsearch.filter_choices import Choices, choices, chosen, years_before
from healthsearch.filters import Facets, In, Range

TODAY = date(2026, 11, 22)


def offered(facets: Facets) -> Choices:
    return choices(facets.all_counts(), len(facets), TODAY)


def test_articles_that_are_all_alike_offer_nothing() -> None:
    alike = Facets([("healthsearch", "en", "", "2026", None)] * 3)
    assert offered(alike) == Choices({}, {}) and not choices(alike.all_counts(), len(alike), TODAY)
    assert not offered(Facets([]))


def test_values_that_differ_are_offered_with_their_counts() -> None:
    facets = Facets([("A", "en", "", None, "2026-11-01"), ("B", "en", "", None, "2022"), (None, "en", "", None, None)])
    found = offered(facets)
    assert found.values == {"publisher": {"A": 1, "B": 1}}
    assert found.reviewed == {"2025-11-22": 1, "2023-11-22": 1, "2021-11-22": 2, "2016-11-22": 2}
    assert found


def test_one_value_is_offered_where_other_articles_have_none() -> None:
    assert choices(
        Facets([("A", None, "", None, None), (None, None, "", None, None)]).all_counts(), 2, TODAY
    ).values == {"publisher": {"A": 1}}


def test_a_choice_becomes_a_filter() -> None:
    assert chosen({"publisher": ["A", "B"], "language": []}, None) == (In("publisher", ("A", "B")),)
    assert chosen({}, "2025-11-22") == (Range("reviewed", "2025-11-22"),)
    assert chosen({}, None) == ()


def test_a_leap_day_has_a_day_in_other_years() -> None:
    assert years_before(date(2024, 2, 29), 1) == date(2023, 2, 28)
    assert years_before(date(2024, 2, 29), 4) == date(2020, 2, 29)
