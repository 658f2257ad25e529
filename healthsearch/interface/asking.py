"""What a visitor asks with: the question box, examples, filters, the questions before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from itertools import cycle
from typing import TYPE_CHECKING

import streamlit as st

from healthsearch import export, markup, wording
from healthsearch.interface.visit import Visit
from healthsearch.places import keeps_questions

if TYPE_CHECKING:
    from healthsearch.answering_service import AnsweringService
    from healthsearch.filters import Field

EXAMPLES = 4


def draw_question(visit: Visit) -> None:
    """The question box and its button."""

    def ask() -> None:
        visit.asked = st.session_state["question"]
        # What a link asked for is answered; the address does not keep what is asked from here on.
        st.query_params.clear()

    with (
        st.form("ask", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(wording.QUESTION, key="question", type="search", placeholder="", persist_state="session")
        st.form_submit_button(wording.SEARCH, key="search", type="primary", on_click=ask)
    if keeps_questions():
        st.html(markup.label(wording.KEPT))


def draw_earlier(visit: Visit, current: str) -> None:
    """The questions of this visit but the current one, to be asked again."""
    earlier = [question for question in visit.earlier if question != current]
    if earlier:
        with st.expander(wording.EARLIER, key="earlier"):
            st.html(markup.label(wording.EARLIER_NOTE_KEPT if keeps_questions() else wording.EARLIER_NOTE))
            for number, question in enumerate(earlier):
                st.button(export.escaped(question), key=f"earlier-{number}", on_click=visit.ask, args=(question,))


def draw_filters(visit: Visit, service: AnsweringService) -> None:
    """Offer what the corpus can be narrowed by; a change asks the last question again."""
    from healthsearch.filter_choices import chosen

    def ask_again() -> None:
        visit.asked = visit.answer.question if visit.answer is not None else None

    def said(field: Field, counts: Mapping[str, int]) -> Callable[[str], str]:
        return lambda value: wording.choice(field, value, counts[value])

    def pick(field: Field, counts: Mapping[str, int]) -> list[str]:
        key = f"where-{field}"
        if key in st.session_state:
            # A build may have taken away what was chosen.
            st.session_state[key] = [value for value in st.session_state[key] if value in counts]
        return st.multiselect(
            wording.NARROW_BY[field],
            list(counts),
            format_func=said(field, counts),
            key=key,
            on_change=ask_again,
            placeholder=wording.ANY,
            select_all=False,
            persist_state="session",
        )

    def pick_day(counts: Mapping[str, int]) -> str | None:
        if st.session_state.get("where-reviewed") not in counts:
            st.session_state["where-reviewed"] = None
        return st.selectbox(
            wording.NARROW_BY["reviewed"],
            list(counts),
            index=None,
            format_func=said("reviewed", counts),
            key="where-reviewed",
            on_change=ask_again,
            placeholder=wording.ANY_TIME,
            persist_state="session",
        )

    choices = service.filter_choices(date.today())
    visit.where = ()
    if choices:
        with st.expander(wording.NARROW, key="narrow"):
            columns = cycle(st.columns(2))
            picked = {}
            for field, counts in choices.values.items():
                with next(columns):
                    picked[field] = pick(field, counts)
            since = None
            if choices.reviewed:
                with next(columns):
                    since = pick_day(choices.reviewed)
            visit.where = chosen(picked, since)


def draw_examples(visit: Visit, service: AnsweringService) -> None:
    """Questions that the articles answer, to begin with."""
    questions = service.examples(EXAMPLES)
    if questions:
        st.html(markup.label(wording.EXAMPLES))
        with st.container(horizontal=True, gap="small"):
            for question in questions:
                st.button(question, key=f"example-{question}", on_click=visit.ask, args=(question,))
