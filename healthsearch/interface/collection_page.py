"""The collection page: what the collection holds, how it hangs together, and how well it is found."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from healthsearch import collection_markup, markup
from healthsearch import collection_wording as wording
from healthsearch.errors import HealthSearchError
from healthsearch.files import FolderState, state_of
from healthsearch.history import builds
from healthsearch.interface import charts
from healthsearch.interface.pages import SEARCH
from healthsearch.interface.visit import current, shared_service
from healthsearch.overview import Overview, overview
from healthsearch.places import default_corpus, default_index, default_questions, keeps_questions
from healthsearch.wording import OLDER_SERVES, TO_SEARCH, problem

if TYPE_CHECKING:
    from healthsearch.generation import Generation
    from healthsearch.judged_questions import Outcomes
    from healthsearch.passage_map import Label, Point
    from healthsearch.search import Searcher
    from healthsearch.serving import Service

# A right passage among so many is early.
EARLY = 3
# So many articles are listed at once.
_LISTED = 20


def main() -> None:
    """Draw the page."""
    st.html(collection_markup.header())
    with st.container(key="head"):
        st.page_link(SEARCH, label=TO_SEARCH, icon=":material/arrow_back:")
    try:
        _draw(shared_service(default_index()))
    except HealthSearchError as error:
        st.html(markup.problem(error))


def _draw(service: Service) -> None:
    generation, fault = service.generation(), service.fault()
    if fault is not None:
        st.html(markup.message(OLDER_SERVES, problem(fault)[1]))
    _draw_overview(generation, service.published())
    _draw_articles(generation)
    _draw_check(service.index, generation.name)
    _draw_builds(service.index)
    _draw_map(service, generation)
    _draw_unanswered(service)
    _draw_test_questions(service, generation)
    _draw_attention(generation)


@st.cache_resource(show_spinner=False, max_entries=2)
def _numbers(_generation: Generation, name: str, today: date) -> Overview:
    """The numbers of a generation, which its name stands for."""
    return overview(_generation, today)


def _draw_overview(generation: Generation, published: str | None) -> None:
    found = _numbers(generation, generation.name, date.today())
    facts = [
        *collection_markup.alike(found),
        (wording.BUILT_ON, wording.moment(published) if published else ""),
        (wording.FINGERPRINT, generation.name),
        (wording.ENCODER, generation.encoder.name),
    ]
    counted = [(wording.ARTICLES, f"{found.articles:,}"), (wording.PASSAGES, f"{found.passages:,}")]
    st.html(collection_markup.section(wording.AT_A_GLANCE) + collection_markup.figures(counted))
    places = cycle(st.columns(2))
    for field, name in wording.BY.items():
        counts = getattr(found, field)
        if len(counts) > 1:
            with next(places):
                st.html(collection_markup.subheading(name))
                st.altair_chart(
                    charts.bars(field, counts, _colours()[0]), alt=wording.bars_described(name, field, counts)
                )
    st.html(collection_markup.facts(facts))


def _draw_articles(generation: Generation) -> None:
    st.html(collection_markup.section(wording.LISTING, wording.LISTING_NOTE))
    part = st.text_input(wording.PART, key="part")
    count, articles = generation.article_store.listing(part.strip(), _LISTED)
    if articles:
        st.html(collection_markup.listed(map(wording.listed, articles), count - len(articles)))
    else:
        st.html(collection_markup.note(wording.NOT_LISTED))


def _colours() -> tuple[str, str]:
    """The colours of text and ground, as .streamlit/config.toml has them; a chart knows no style sheet."""
    return ("#e3ecee", "#0f181b") if st.context.theme.type == "dark" else ("#16262b", "#ffffff")


def _draw_check(index: Path, generation: str) -> None:
    st.html(collection_markup.section(wording.CHECKING, wording.CHECKING_NOTE))
    if st.button(wording.CHECK, key="check"):
        from healthsearch.check import faults

        with st.spinner(wording.CHECKING):
            found = list(map(str, faults(index, default_corpus())))
        _keep("checked", generation, found)
    if kept := _kept("checked", generation):
        when, found = kept
        told = markup.message(wording.NOT_SOUND, items=found) if found else markup.message(wording.SOUND)
        st.html(told + collection_markup.note(wording.checked(when)))


def _keep(key: str, generation: str, result: Any) -> None:  # noqa: ANN401 - each button has its own
    """Keep what a button led to: any other draws the page again, without this one pressed."""
    st.session_state[key] = generation, datetime.now(UTC).isoformat(), result


def _kept(key: str, generation: str) -> tuple[str, Any] | None:
    """When that was kept in this visit, and what; None where there is nothing, or it is of another generation."""
    kept_of, when, result = st.session_state.get(key, (None, "", None))
    return (when, result) if kept_of == generation else None


def _draw_builds(index: Path) -> None:
    found = builds(index)
    st.html(collection_markup.section(wording.BUILDS, "" if found else wording.NO_BUILDS))
    if found:
        st.html(collection_markup.builds(found))


@st.cache_resource(show_spinner=wording.DRAWING, max_entries=2)
def _map(_generation: Generation, name: str) -> tuple[list[Point], list[Label]]:
    """The points and labels of a generation, which its name stands for."""
    from healthsearch.passage_map import labels, points

    found = points(_generation)
    return found, list(labels(found))


def _draw_map(service: Service, generation: Generation) -> None:
    from healthsearch.passage_map import asked

    points, labels = _map(generation, generation.name)
    visit = current()
    drawn = None
    told = wording.ASK_FIRST
    if visit.answer is not None:
        drawn = asked(service.searcher(), visit.answer)
        told = wording.ASKED_OF_ANOTHER if drawn is None else wording.question_drawn(visit.answer.question)
    st.html(collection_markup.section(wording.MAP, wording.MAP_NOTE))
    by_folder = False
    if len({point.folder for point in points}) > 1:
        ways = [wording.BY_ARTICLE, wording.BY_FOLDER]
        by_folder = st.radio(wording.COLOUR_BY, ways, horizontal=True, key="colour") == wording.BY_FOLDER
    ink, ground = _colours()
    articles = len({point.article for point in points})
    drawing = charts.passage_map(points, labels, drawn, by_folder=by_folder, ink=ink, ground=ground)
    st.altair_chart(drawing, alt=wording.described(len(points), articles))
    st.html(collection_markup.note(f"{wording.sample(len(points), len(generation.vectors))} {told}"))


def _draw_unanswered(service: Service) -> None:
    kept = service.unanswered.all()
    keeps = keeps_questions()
    st.html(collection_markup.section(wording.UNANSWERED, wording.KEPT if keeps else wording.NOT_KEPT))
    if kept:
        st.html(collection_markup.listed(wording.unanswered(one.question, one.day) for one in kept))
        if st.button(wording.DELETE_KEPT, key="delete"):
            try:
                service.unanswered.delete()
            except OSError as error:
                st.html(markup.message(wording.CANNOT_DELETE, str(error.strerror)))
            else:
                st.rerun()
    elif keeps:
        st.html(collection_markup.note(wording.NONE_KEPT))


@st.cache_resource(show_spinner=False, max_entries=2)
def _outcomes(_searcher: Searcher, folder: Path, generation: str, questions: FolderState) -> Outcomes:
    """What became of these questions on a generation, which its name stands for."""
    from healthsearch.judged_questions import ask_all

    bar = st.progress(0.0, wording.ASKING)
    found = ask_all(_searcher, folder, lambda share: bar.progress(share, wording.ASKING))
    bar.empty()
    return found


def _draw_test_questions(service: Service, generation: Generation) -> None:
    folder = default_questions()
    st.html(collection_markup.section(wording.TEST_QUESTIONS, wording.RIGHT if folder else wording.NO_TEST_QUESTIONS))
    if folder is None:
        return
    if st.button(wording.ASK_ALL, key="ask-all"):
        # Who asks again may have changed the questions.
        st.session_state["asked-all"] = generation.name, state_of(folder)
    asked, questions = st.session_state.get("asked-all", (None, ()))
    if asked != generation.name:
        return
    try:
        found = _outcomes(service.searcher(), folder, generation.name, questions)
    except HealthSearchError as error:
        st.html(markup.problem(error, wording.CANNOT_ASK))
        return
    st.html(
        collection_markup.note(wording.asked_questions(len(found.answerable), len(found.unanswerable)))
        + collection_markup.figures(
            [(wording.FIRST_RIGHT, f"{found.success(1):.1%}"), (wording.EARLY_RIGHT, f"{found.success(EARLY):.1%}")]
        )
    )
    if found.left_out:
        told = (wording.why_left_out(*one) for one in found.left_out)
        st.html(collection_markup.unfolded(wording.left_out(len(found.left_out)), told))
    _draw_steps(found)
    if found.unfound:
        st.html(collection_markup.unfolded(wording.never_first(len(found.unfound)), found.unfound))
    missed = [one.question for one in found.answerable if one.rank is None or one.rank > EARLY]
    if missed:
        st.html(collection_markup.unfolded(wording.missed(len(missed)), missed))


def _draw_steps(outcomes: Outcomes) -> None:
    """What other steps of the verdict would make of the test questions."""
    from healthsearch.judged_questions import verdicts

    shipped = outcomes.calibration
    related, answered = st.slider(
        wording.STEPS, 0.0, 1.0, (shipped.related, shipped.answered), 0.01, format="percent", key="steps"
    )
    st.html(collection_markup.note(wording.STEPS_NOTE))
    kinds = ((wording.ANSWERABLE, outcomes.answerable), (wording.UNANSWERABLE, outcomes.unanswerable))
    counts = {kind: verdicts(outcomes, related, answered) for kind, outcomes in kinds if outcomes}
    told = {kind: wording.shares(of_kind) for kind, of_kind in counts.items()}
    st.altair_chart(charts.steps(counts, _colours()[0]), alt=". ".join(map(": ".join, told.items())))
    st.html(collection_markup.facts(told.items()))


def _draw_attention(generation: Generation) -> None:
    from healthsearch.check import notices
    from healthsearch.overview import outdated, superseded

    st.html(collection_markup.section(wording.ATTENTION, wording.ATTENTION_NOTE))
    if st.button(wording.LOOK, key="look"):
        with st.spinner(wording.LOOK):
            worth_a_look = {
                wording.ALIKE: [str(notice) for notice in notices(generation)],
                wording.SUPERSEDED: [wording.pair(one.title, newer.title) for one, newer in superseded(generation)],
                wording.OUTDATED: [wording.dated(article) for article in outdated(generation, date.today())],
            }
        _keep("looked-through", generation.name, worth_a_look)
    kept = _kept("looked-through", generation.name)
    if kept is None:
        return
    when, found = kept
    if not any(found.values()):
        st.html(markup.message(wording.NOTHING_TO_SEE))
    for title, items in found.items():
        if items:
            st.html(collection_markup.subheading(title) + collection_markup.listed(items))
    st.html(collection_markup.note(wording.looked_through(when)))


# Streamlit runs it by this name.
if __name__ == "__main__":
    main()
