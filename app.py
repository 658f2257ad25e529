"""The page: it draws what the package finds, and holds what one visitor is looking at.

All words are in ``wording``, all HTML comes from ``markup``, everything that is shown from ``Searcher.search``;
nothing is scored, parsed or read here. The only import of Streamlit. What takes seconds to import is
imported when the page already shows something.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime import get_instance

from healthsearch import export, markup, reading, wording
from healthsearch.article import Article, page_at
from healthsearch.errors import BuildRunning, HealthSearchError, NoIndex, UnreadableArticle
from healthsearch.places import default_corpus, default_index

if TYPE_CHECKING:
    from healthsearch.answer import Answer, Hit
    from healthsearch.build import Progress, Report
    from healthsearch.filters import Field, Filter
    from healthsearch.plan import Summary
    from healthsearch.serving import Service
    from healthsearch.urgent import Signs

PAGE = Path(markup.__file__).parent / "page"
EXAMPLES = 4
MOST_EARLIER = 20
# A bar that moves more often costs more than it tells.
PROGRESS_PAUSE = 0.2
BUSY_PAUSE = 1.0

_helper = st.components.v2.component(
    "healthsearch_page",
    html=(PAGE / "page.html").read_text(encoding="utf-8"),
    js=(PAGE / "page.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


@dataclass(slots=True)
class Visit:
    """What one visitor has asked and opened; gone when the page is closed.

    ``asked`` waits for its answer; ``earlier`` are the questions before it, the last one first. ``as_typed`` leaves
    slips alone; ``where`` narrows the search. ``opened`` is what is read, of the answer that led there, whatever is
    built meanwhile. ``event`` counts what has happened, so that the browser's part does each thing once.
    """

    asked: str | None = None
    earlier: list[str] = field(default_factory=list)
    as_typed: bool = False
    where: Filter = ()
    answer: Answer | None = None
    fault: HealthSearchError | None = None
    unread: HealthSearchError | None = None
    skipped: list[UnreadableArticle] = field(default_factory=list)
    opened: reading.View | None = None
    event: int = 0
    told: str = ""
    place: str = ""

    def tell(self, told: str, place: str = "") -> None:
        """Have a screen reader say something, and a place of the page brought into view."""
        self.event += 1
        self.told, self.place = told, place


def main() -> None:
    """Draw the page for what this visitor has asked and opened."""
    st.set_page_config(page_title=wording.TITLE, page_icon=str(PAGE / "icon.svg"), layout="centered")
    st.html(PAGE / "page.css")
    visit: Visit | None = st.session_state.get("visit")
    if visit is None:
        visit = st.session_state["visit"] = Visit()
        _follow(visit)
    browser = st.empty()
    st.html(markup.header())
    st.html(markup.strip())
    if visit.opened is not None:
        _tell(browser, visit)
        _draw_article(visit, visit.opened)
        return
    waiting = visit.asked is not None
    if not waiting:
        _tell(browser, visit)
    _draw_question(visit)
    try:
        _serve(visit, _service(default_index()))
    except HealthSearchError as error:
        visit.asked = None
        visit.tell("")
        st.html(markup.problem(error))
    if waiting:
        _tell(browser, visit)


def _follow(visit: Visit) -> None:
    """Do what the link asks that led here: a question, or a passage to be read."""
    question, passage = (st.query_params.get(name, "") for name in ("question", "passage"))
    if question:
        visit.asked = st.session_state["question"] = question
    if passage:
        try:
            service = _service(default_index())
            _prepare(visit, service)
            visit.opened = reading.of_link(*service.linked(passage))
            visit.tell(wording.OPENED, visit.opened.anchor)
        except HealthSearchError as error:
            st.html(markup.problem(error))


def _serve(visit: Visit, service: Service) -> None:
    """Make ready what is not, answer what was asked, and draw the answer."""
    _prepare(visit, service)
    _draw_filters(visit, service)
    if visit.asked is None and visit.answer is None:
        _draw_examples(visit, service)
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
        _draw_answer(visit, visit.answer)
        _draw_earlier(visit, visit.answer.question)


def _answer(visit: Visit, service: Service) -> None:
    question, visit.asked, visit.answer = visit.asked or "", None, None
    as_typed, visit.as_typed = visit.as_typed, False
    searcher = service.searcher()
    try:
        answer = searcher.search(question, as_typed=as_typed, where=visit.where, signs=_signs(visit, service))
    except HealthSearchError as error:
        visit.tell("")
        st.html(markup.problem(error))
        _draw_examples(visit, service)
        return
    visit.answer, visit.fault = answer, searcher.fault
    visit.earlier = [answer.question, *(told for told in visit.earlier if told != answer.question)][:MOST_EARLIER]
    visit.tell(wording.announcement(answer.verdict, len(answer.hits), len(answer.results)))


def _signs(visit: Visit, service: Service) -> tuple[Signs, ...]:
    """The urgent signs; without them the search goes on, and says so."""
    visit.unread = None
    try:
        return service.signs(default_corpus())
    except HealthSearchError as error:
        visit.unread = error
        return ()


@st.cache_resource(show_spinner=False)
def _service(index: Path) -> Service:
    """One service for all visitors."""
    from healthsearch.serving import Service

    return Service(index)


def _prepare(visit: Visit, service: Service) -> None:
    """Make sure that there are articles to search, by building the first index where there is none."""
    try:
        service.generation()
    except NoIndex:
        area = st.empty()
        try:
            with area.container():
                st.html(markup.message(wording.FIRST_BUILD, wording.FIRST_BUILD_NOTE))
                visit.skipped = _build(service, st.progress(0.0)).skipped
        except HealthSearchError:
            area.empty()
            raise
        area.empty()


def _build(service: Service, bar: DeltaGenerator) -> Summary:
    """Build, or wait for the one who does. A visitor who leaves interrupts it; the next one goes on from there."""
    while True:
        try:
            return service.build(default_corpus(), _report_on(bar))
        except BuildRunning:
            bar.progress(0.0, wording.BUSY)
            time.sleep(BUSY_PAUSE)


def _report_on(bar: DeltaGenerator) -> Report:
    last = 0.0

    def report(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PROGRESS_PAUSE or progress.files == progress.files_total:
            last = now
            told = wording.progress(progress.files, progress.files_total, progress.seconds_left)
            bar.progress(progress.files / progress.files_total, told)

    return report


def _tell(browser: DeltaGenerator, visit: Visit) -> None:
    """Hand the browser what has happened; see page.js."""
    with browser:
        _helper(key="browser", data={"event": visit.event, "told": visit.told, "place": visit.place})


def _draw_question(visit: Visit) -> None:
    def ask() -> None:
        visit.asked = st.session_state["question"]
        # What a link asked for is answered; the address does not keep what is asked from here on.
        st.query_params.clear()

    # Enter asks by way of page.js, which knows the keys "question" and "search".
    with (
        st.form("ask", border=False, enter_to_submit=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(wording.QUESTION, key="question", type="search", placeholder="", persist_state="session")
        st.form_submit_button(wording.SEARCH, key="search", type="primary", on_click=ask)


def _draw_earlier(visit: Visit, current: str) -> None:
    def ask(question: str) -> None:
        visit.asked = st.session_state["question"] = question

    earlier = [question for question in visit.earlier if question != current]
    if earlier:
        with st.expander(wording.EARLIER, key="earlier"):
            st.caption(wording.EARLIER_NOTE)
            for number, question in enumerate(earlier):
                st.button(export.escaped(question), key=f"earlier-{number}", on_click=ask, args=(question,))


def _draw_filters(visit: Visit, service: Service) -> None:
    """Offer what the corpus can be narrowed by; a change asks the last question again."""
    from healthsearch.narrowing import chosen

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

    offered = service.offers(date.today())
    visit.where = ()
    if offered:
        with st.expander(wording.NARROW, key="narrow"):
            places = cycle(st.columns(2))
            picked = {}
            for field, counts in offered.values.items():
                with next(places):
                    picked[field] = pick(field, counts)
            since = None
            if offered.reviewed:
                with next(places):
                    since = pick_day(offered.reviewed)
            visit.where = chosen(picked, since)


def _draw_examples(visit: Visit, service: Service) -> None:
    def ask(question: str) -> None:
        visit.asked = st.session_state["question"] = question

    questions = service.examples(EXAMPLES)
    if questions:
        st.html(markup.label(wording.EXAMPLES))
        with st.container(horizontal=True, gap="small"):
            for question in questions:
                st.button(question, key=f"example-{question}", on_click=ask, args=(question,))


def _draw_answer(visit: Visit, answer: Answer) -> None:
    def ask_as_typed() -> None:
        visit.asked, visit.as_typed = answer.question, True

    def widen() -> None:
        visit.asked = answer.question
        for condition in answer.where:
            st.session_state[f"where-{condition.field}"] = None if condition.field == "reviewed" else []

    if visit.fault is not None:
        st.html(markup.message(wording.OLDER_SERVES, wording.problem(visit.fault)[1]))
    if visit.skipped:
        st.html(markup.message(wording.skipped(len(visit.skipped)), items=map(str, visit.skipped)))
    if visit.unread is not None:
        st.html(markup.message(wording.NO_SIGNS, wording.problem(visit.unread)[1]))
    if answer.urgent:
        st.html(markup.urgent(answer.urgent))
    st.html(markup.verdict(answer))
    if answer.contrast is not None:
        st.html(markup.contrast(answer))
    if answer.corrections:
        st.button(wording.AS_TYPED, key="as-typed", on_click=ask_as_typed)
    if answer.where and answer.verdict != "answered":
        st.button(wording.WIDEN, key="widen", on_click=widen)
    if answer.verdict == "answered":
        _draw_results(visit, answer)
    elif answer.verdict == "related":
        _draw_results(visit, answer)
        st.html(markup.message(wording.TRY_NEXT, items=wording.SUGGESTIONS))
    else:
        st.html(markup.message(wording.TRY_NEXT, items=wording.SUGGESTIONS))
        if answer.results:
            with st.expander(wording.NEAREST):
                _draw_results(visit, answer)
    _draw_keep(answer)


def _draw_results(visit: Visit, answer: Answer) -> None:
    def read(article: Article, hit: Hit) -> None:
        visit.opened = reading.of_hit(answer, article, hit, date.today())
        visit.tell(wording.OPENED, visit.opened.anchor)

    for result in answer.results:
        st.html(markup.head(result, date.today()))
        for hit in result.hits:
            with st.container(gap="xsmall"):
                st.html(markup.passage(answer, result.article, hit, date.today()))
                st.button(
                    wording.read(answer.number(hit)), key=f"read-{hit.rank}", on_click=read, args=(result.article, hit)
                )
                _draw_page_link(result.article, hit)


def _draw_page_link(article: Article, hit: Hit) -> None:
    """The way to the hit's page in the PDF itself, while that is still where the index found it."""
    from healthsearch.corpus import file_of

    page = page_at(article, hit.passage.start)
    file = file_of(default_corpus(), article) if page else None
    if page and file:
        # Streamlit links to no file; its store for pictures and sounds serves this one, as long as it is on the page.
        address = get_instance().media_file_mgr.add(str(file), "application/pdf", f"pdf-{hit.rank}")
        st.link_button(wording.open_page(page), f"{address.lstrip('/')}#page={page}")


def _draw_keep(answer: Answer) -> None:
    from healthsearch.terminal import json_text

    files = (
        (wording.AS_MARKDOWN, "md", "text/markdown", export.answer_markdown(answer, date.today())),
        (wording.AS_JSON, "json", "application/json", json_text(answer.as_json(), indent=1)),
    )
    st.html(markup.keep(answer))
    with st.container(horizontal=True, gap="small"):
        for label, ending, kind, data in files:
            name = f"{wording.FILE_NAME}.{ending}"
            st.download_button(label, data, name, kind, key=f"keep-{ending}", on_click="ignore")


def _draw_article(visit: Visit, view: reading.View) -> None:
    def back() -> None:
        visit.opened = None
        visit.tell(wording.RETURNED, view.back[1])
        st.query_params.clear()

    # The article carries a second such button along, which presses this one by way of page.js.
    st.html(reading.whole_article(view, date.today()))
    st.button(view.back[0], key="back", on_click=back)


if __name__ == "__main__":
    main()
