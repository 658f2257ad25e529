"""The part of the page that runs in the browser; see ``healthsearch/page/page.js``."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from healthsearch import markup
from healthsearch.interface.visit import Visit

PAGE = Path(markup.__file__).parent / "page"


# Registered once, as this module is imported; Streamlit brings it to every page that it is put on.
_component = st.components.v2.component(
    "healthsearch_page",
    html=(PAGE / "page.html").read_text(encoding="utf-8"),
    js=(PAGE / "page.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def tell(place: DeltaGenerator, visit: Visit) -> None:
    """Hand the browser what has happened."""
    with place:
        _component(
            key="browser",
            data={
                "event": visit.event,
                "told": visit.told,
                "place": visit.place,
                "over_answer": visit.opened is not None and visit.opened.is_over_answer,
            },
        )
