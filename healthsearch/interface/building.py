"""The first build, where there is no index yet, and how far it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from healthsearch import markup, wording
from healthsearch.errors import BuildRunning, HealthSearchError, NoIndex
from healthsearch.interface.visit import Visit, shared_service
from healthsearch.places import default_corpus, default_index

if TYPE_CHECKING:
    from healthsearch.answering_service import AnsweringService
    from healthsearch.encoding import Progress, Report
    from healthsearch.plan import Summary
    from healthsearch.serving import Service

# A bar that moves more often costs more than it tells.
PROGRESS_PAUSE = 0.2
BUSY_PAUSE = 1.0


def prepare(visit: Visit, service: AnsweringService) -> None:
    """Make sure that there are articles to search, by building the first index where there is none."""
    try:
        service.look()
    except NoIndex:
        area = st.empty()
        try:
            with area.container():
                st.html(markup.message(wording.FIRST_BUILD, wording.FIRST_BUILD_NOTE))
                visit.skipped = _build(shared_service(default_index()), st.progress(0.0)).skipped
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
