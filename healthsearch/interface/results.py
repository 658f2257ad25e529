"""An answer: verdict, notices, the results with their passages, and the ways to keep it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import streamlit as st
from streamlit.runtime import get_instance

from healthsearch import export, markup, reading, wording
from healthsearch.answer import Answer, NumberedHit
from healthsearch.article import page_at
from healthsearch.interface.visit import Visit, answering_service
from healthsearch.places import default_corpus, default_index


def draw_answer(visit: Visit, answer: Answer) -> None:
    """All that there is to say to a question, the verdict first."""

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
    if answer.sides is not None:
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
            with st.expander(wording.NEAREST, key="nearest"):
                _draw_results(visit, answer)
    _draw_keep(answer)


def _draw_results(visit: Visit, answer: Answer) -> None:
    def read(shown: NumberedHit) -> None:
        visit.opened = reading.of_hit(answer, shown, date.today())
        visit.tell(wording.OPENED, visit.opened.anchor)

    for shown in answer.numbered:
        if shown.hit is shown.result.hits[0]:
            st.html(markup.head(shown.result, date.today()))
        with st.container(gap="xsmall"):
            st.html(markup.passage(answer, shown, date.today()))
            st.button(wording.read(shown.number), key=f"read-{shown.number}", on_click=read, args=(shown,))
            _draw_page_link(answer, shown)


def _draw_page_link(answer: Answer, shown: NumberedHit) -> None:
    """The way to the hit's page in the PDF itself, while that is still what was indexed."""
    article = shown.article
    page = page_at(article, shown.hit.passage.start)
    # A packed PDF has pages too, but no browser opens it.
    if page is None or not article.path.lower().endswith(".pdf"):
        return
    data = _pdf(answer, article.path)
    if data is not None:
        # Streamlit links to no file; its store for pictures and sounds serves this one, as long as it is on the page.
        address = get_instance().media_file_mgr.add(data, "application/pdf", f"pdf-{shown.number}")
        st.link_button(wording.open_page(page), f"{address.lstrip('/')}#page={page}")


def _pdf(answer: Answer, path: str) -> bytes | None:
    """The PDF of this path as the answer knows it."""
    # An answer from an earlier build counts the pages of an earlier file.
    corpus, digest = default_corpus(), answering_service(default_index()).digest(path, answer.generation)
    try:
        found = (corpus / path).stat()
    except OSError:
        return None
    state = (found.st_mtime_ns, found.st_ctime_ns, found.st_size)
    return _read_pdf(corpus, path, digest, state) if digest else None


@st.cache_resource(show_spinner=False, max_entries=5)
def _read_pdf(corpus: Path, path: str, digest: str, state: tuple[int, ...]) -> bytes | None:
    """A file of this digest, read once for every ``state`` that it is in, not at every click on the page."""
    from healthsearch.corpus import as_indexed

    return as_indexed(corpus, path, digest)


def _draw_keep(answer: Answer) -> None:
    from healthsearch.terminal import json_text

    files = (
        (wording.AS_MARKDOWN, "md", "text/markdown", export.answer_markdown(answer, date.today())),
        (wording.AS_JSON, "json", "application/json", json_text(answer.as_json(), indent=1)),
    )
    st.html(markup.keep(answer, date.today()))
    with st.container(horizontal=True, gap="small"):
        for label, ending, kind, data in files:
            name = f"{wording.FILE_NAME}.{ending}"
            st.download_button(label, data, name, kind, key=f"keep-{ending}", on_click="ignore")
