"""The text before and after a passage begins and ends where sentences do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from healthsearch.adjacent_text import after, before
from tests.fakes import an_article
from tests.texts import TEXTS

ARTICLE = an_article("First one. Second one.", "# Heading", "Third one. HERE. Fourth one. Fifth one.")
START = ARTICLE.text.index("HERE.")
END = START + len("HERE.")


def cut(span: tuple[int, int]) -> str:
    return ARTICLE.text[slice(*span)]


def test_with_room_for_all_nothing_is_cut() -> None:
    assert cut(before(ARTICLE, START)) == "First one. Second one.\n\nHeading\n\nThird one."
    assert cut(after(ARTICLE, END)) == "Fourth one. Fifth one."


def test_with_less_room_a_cut_sentence_is_left_out() -> None:
    assert cut(before(ARTICLE, START, room=40)) == "Second one.\n\nHeading\n\nThird one."
    assert cut(after(ARTICLE, END, room=20)) == "Fourth one."


def test_at_the_ends_of_an_article_there_is_nothing() -> None:
    assert cut(before(ARTICLE, 0)) == ""
    assert cut(after(ARTICLE, len(ARTICLE.text))) == ""


@given(TEXTS, st.integers(0, 400), st.integers(1, 200))
def test_it_stays_on_its_side_and_within_its_room(text: str, at: int, room: int) -> None:
    article = an_article(text)
    at = min(at, len(article.text))
    start, end = before(article, at, room)
    assert at - room <= start <= end <= at
    start, end = after(article, at, room)
    assert at <= start <= end <= at + room
