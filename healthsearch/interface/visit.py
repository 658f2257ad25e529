"""What one visitor is looking at, and the index that all visitors share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from healthsearch.places import default_store

if TYPE_CHECKING:
    from healthsearch.address import Address
    from healthsearch.answer import Answer
    from healthsearch.answering_service import AnsweringService
    from healthsearch.errors import HealthSearchError, UnreadableArticle
    from healthsearch.filters import Filter
    from healthsearch.reading import View
    from healthsearch.serving import Service


MOST_EARLIER = 20


@dataclass(slots=True)
class Visit:
    """What one visitor has asked and opened; gone when the page is closed.

    ``asked`` waits for its answer; ``earlier`` are the questions before it, the last one first. ``as_typed`` leaves
    slips alone; ``where`` narrows the search. ``followed`` is what the address asked for last. ``opened`` is what is
    read, of the answer that led there, whatever is built meanwhile. ``event`` counts what has happened, so that the
    browser's part does each thing once.
    """

    asked: str | None = None
    earlier: list[str] = field(default_factory=list)
    as_typed: bool = False
    where: Filter = ()
    answer: Answer | None = None
    fault: HealthSearchError | None = None
    unread: HealthSearchError | None = None
    skipped: list[UnreadableArticle] = field(default_factory=list)
    followed: dict[str, str] = field(default_factory=dict)
    opened: View | None = None
    event: int = 0
    told: str = ""
    place: str = ""

    def ask(self, question: str) -> None:
        """Have a question answered as if it had been typed into the box."""
        self.asked = st.session_state["question"] = question

    def tell(self, told: str, place: str = "") -> None:
        """Have a screen reader say something, and a place of the page brought into view."""
        self.event += 1
        self.told, self.place = told, place


def current() -> Visit:
    """The visit of whoever is at the page."""
    visit: Visit = st.session_state.setdefault("visit", Visit())
    return visit


@st.cache_resource(show_spinner=False)
def shared_service(index: Path) -> Service:
    """One service for all visitors."""
    from healthsearch.serving import Service

    return Service(index)


def answering_service(index: Path) -> AnsweringService:
    """The service that questions are asked of: of the store in HEALTHSEARCH_STORE, else of the index folder."""
    address = default_store()
    return shared_service(index) if address is None else _store_service(address, str(address), index)


@st.cache_resource(show_spinner=False)
def _store_service(_address: Address, place: str, index: Path) -> AnsweringService:
    """One service for all visitors; the place stands for the address, of which the password is no part."""
    from healthsearch.store_serving import StoreService

    return StoreService(_address, index)
