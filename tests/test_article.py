"""Sections and dates of an article."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.article import Article, Section, page_at, parse_date, sections
from tests.fakes import an_article


def paths(article: Article) -> list[tuple[tuple[str, ...], str]]:
    return [(section.headings, article.text[section.start : section.end].strip()) for section in sections(article)]


def test_a_section_stands_under_all_headings_above_it() -> None:
    article = an_article("Intro.", "# Care", "Rest.", "## Heat", "Warm it.", "### When", "At night.", "# Cost", "None.")
    assert paths(article) == [
        ((), "Intro."),
        (("Care",), "Rest."),
        (("Care", "Heat"), "Warm it."),
        (("Care", "Heat", "When"), "At night."),
        (("Cost",), "None."),
    ]


def test_levels_that_are_skipped_and_taken_back() -> None:
    article = an_article("### Deep", "One.", "# Top", "Two.", "#### Deeper", "Three.", "## Middle", "Four.")
    assert paths(article) == [
        (("Deep",), "One."),
        (("Top",), "Two."),
        (("Top", "Deeper"), "Three."),
        (("Top", "Middle"), "Four."),
    ]


def test_a_heading_that_repeats_the_title_is_not_shown_twice() -> None:
    article = an_article("# BACK pain", "One.", "## Causes", "Two.", title="Back Pain")
    assert paths(article) == [((), "One."), (("Causes",), "Two.")]


def test_a_heading_without_text_below_makes_no_section() -> None:
    assert paths(an_article("# Care", "## Heat", "Warm it.", "## Cold")) == [(("Care", "Heat"), "Warm it.")]


def test_an_article_without_headings_is_one_section() -> None:
    assert sections(an_article("Only text.")) == [Section((), 0, 10)]


@given(st.lists(st.sampled_from(["# A", "## B", "### C", "###### D", "Text.", "Ünï 今日 🙂\u2028x"])))
def test_sections_and_headings_hold_all_text_once(blocks: list[str]) -> None:
    article = an_article(*blocks)
    covered = [0] * len(article.text)
    parts = [(one.start, one.end) for one in sections(article)] + [(one.start, one.end) for one in article.headings]
    for start, end in parts:
        for place in range(start, end):
            covered[place] += 1
    assert all(count == 1 or char == "\n" for count, char in zip(covered, article.text, strict=True))


@pytest.mark.parametrize(
    ("text", "first_day"),
    [
        ("2024", date(2024, 1, 1)),
        ("2024-05", date(2024, 5, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2023-02-29", None),
        ("2024-13", None),
        ("0000", None),
        ("24-05-17", None),
        ("17.05.2024", None),
        ("2024-05-17T10:00", None),
        ("2024-05-17-1", None),
        ("2024-", None),
        ("-2024", None),
        ("", None),
        ("٢٠٢٤", None),
        ("²024", None),
    ],
)
def test_dates_of_any_precision(text: str, first_day: date | None) -> None:
    assert parse_date(text) == first_day


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (9, 1), (10, 3), (11, 3), (30, 4)])
def test_the_page_of_an_offset_where_the_second_page_is_empty(offset: int, page: int) -> None:
    assert page_at(Article("a", "a.pdf", "A", "text", pages=(0, 10, 10, 30)), offset) == page
    assert page_at(Article("a", "a.md", "A", "text"), offset) is None


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_iso_date_is_read_back(day: date) -> None:
    assert parse_date(day.isoformat()) == day


@given(st.text())
def test_no_text_breaks_the_date_reader(text: str) -> None:
    parsed = parse_date(text)
    assert parsed is None or text.startswith(f"{parsed.year:04}")
