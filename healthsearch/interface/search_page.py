"""The search page: a question, its answer, an article to read."""

from __future__ import annotations

import gc
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from healthsearch import markup, reading, wording
from healthsearch.errors import HealthSearchError
from healthsearch.interface.asking import draw_earlier, draw_examples, draw_filters, draw_question
from healthsearch.interface.browser import tell
from healthsearch.interface.building import prepare
from healthsearch.interface.pages import COLLECTION
from healthsearch.interface.results import draw_answer
from healthsearch.interface.visit import MOST_EARLIER, Visit, answering_service, current
from healthsearch.places import default_corpus, default_index, keeps_questions

if TYPE_CHECKING:
    from healthsearch.answering_service import AnsweringService
    from healthsearch.urgent import UrgentSigns


def main() -> None:
    """Draw the page for what this visitor has asked and opened."""
    visit = current()
    _follow(visit)
    # Not st.empty(), which takes no room until it is filled, so that all below it would move twice a question.
    browser = st.container()
    st.html(markup.header())
    st.html(markup.strip())
    if visit.opened is not None:
        tell(browser, visit)
        _draw_article(visit, visit.opened)
        return
    waiting = visit.asked is not None
    if not waiting:
        tell(browser, visit)
    draw_question(visit)
    try:
        _serve(visit, answering_service(default_index()))
    except HealthSearchError as error:
        visit.asked = None
        visit.tell("")
        st.html(markup.problem(error))
    if waiting:
        tell(browser, visit)
    with st.container(key="foot"):
        st.page_link(COLLECTION, label=wording.TO_COLLECTION)


def _follow(visit: Visit) -> None:
    """Do what the link asks that led here, or led here again by the browser's Back: a question, or a passage."""
    link = st.query_params.to_dict()
    if link == visit.followed:
        return
    visit.followed = link
    if visit.opened is not None and not visit.opened.is_over_answer:
        visit.opened = None
    question, passage = (link.get(name, "") for name in ("question", "passage"))
    if question:
        visit.ask(question)
    if passage:
        try:
            service = answering_service(default_index())
            prepare(visit, service)
            visit.opened = reading.of_link(*service.linked(passage))
            visit.tell(wording.OPENED, visit.opened.anchor)
        except HealthSearchError as error:
            st.html(markup.problem(error))


def _serve(visit: Visit, service: AnsweringService) -> None:
    """Make ready what is not, answer what was asked, and draw the answer."""
    prepare(visit, service)
    draw_filters(visit, service)
    if visit.asked is None and visit.answer is None:
        draw_examples(visit, service)
    if not service.ready:
        with st.spinner(wording.ASKED_EARLY if visit.asked is not None else wording.GETTING_READY):
            service.searcher()
            # Streamlit collects garbage after every run, before the last elements are sent. With the encoder's
            # half million objects that takes 0.3 s a question; they stay for good, so they need not be looked at.
            gc.collect()
            gc.freeze()
    if visit.asked is not None:
        _answer(visit, service)
    if visit.answer is not None:
        draw_answer(visit, visit.answer)
        draw_earlier(visit, visit.answer.question)


def _answer(visit: Visit, service: AnsweringService) -> None:
    question, visit.asked, visit.answer = visit.asked or "", None, None
    as_typed, visit.as_typed = visit.as_typed, False
    searcher = service.searcher()
    try:
        answer = searcher.search(question, as_typed=as_typed, where=visit.where, signs=_signs(visit, service))
    except HealthSearchError as error:
        visit.tell("")
        st.html(markup.problem(error))
        draw_examples(visit, service)
        return
    visit.answer, visit.fault = answer, searcher.fault
    if keeps_questions() and answer.verdict == "nothing" and not answer.where:
        service.unanswered.keep(answer.question, date.today())
    visit.earlier = [answer.question, *(told for told in visit.earlier if told != answer.question)][:MOST_EARLIER]
    visit.tell(wording.announcement(answer.verdict, len(answer.hits), len(answer.results)))


def _signs(visit: Visit, service: AnsweringService) -> tuple[UrgentSigns, ...]:
    """The urgent signs; without them the search goes on, and says so."""
    visit.unread = None
    try:
        return service.signs(default_corpus())
    except HealthSearchError as error:
        visit.unread = error
        return ()


def _draw_article(visit: Visit, view: reading.View) -> None:
    def back() -> None:
        visit.opened = None
        visit.tell(wording.RETURNED, view.back[1])
        st.query_params.pop("passage", None)

    # The article carries a second such button along, which presses this one by way of page.js.
    st.html(reading.whole_article(view, date.today()))
    st.button(view.back[0], key="back", on_click=back)


# Streamlit runs it by this name.
if __name__ == "__main__":
    main()
