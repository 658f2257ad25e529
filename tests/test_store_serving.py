"""A store kept open for many questions: its server goes away, comes back and hangs, and visitors are told what is so.

What is published and followed is tested in ``test_milvus``; as there, milvus-lite is optional.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from healthsearch.address import Address
from healthsearch.build import build
from healthsearch.errors import HealthSearchError, NoIndex
from healthsearch.publishing import publish
from healthsearch.store_serving import StoreService
from tests.fakes import KeywordModel
from tests.folders import put
from tests.milvus_lite_server import LiteServer
from tests.pages import ask, started, words
from tests.ready_model import ReadyModel
from tests.test_milvus import needs_milvus

pytestmark = needs_milvus
MODEL = KeywordModel()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two articles and their index."""
    home = tmp_path_factory.mktemp("served")
    put(home / "corpus", "a.md", "massage and walking", title="Does massage help?", publisher="P")
    put(home / "corpus", "b.md", "sleep and rest", title="Does sleep help?")
    build(home / "corpus", home / "index", MODEL)
    return home


@pytest.fixture(scope="module")
def filled(home: Path) -> Iterator[LiteServer]:
    """A server where they are published."""
    server = LiteServer(home / "milvus")
    server.start()
    publish(home / "index", server.address)
    yield server
    server.stop()


@pytest.fixture
def server(filled: LiteServer) -> Iterator[LiteServer]:
    """The same; a test may stop it."""
    yield filled
    filled.stop()
    filled.start()


@pytest.fixture
def service(server: LiteServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> StoreService:
    """Looks for a new publication at every question."""
    monkeypatch.setattr("healthsearch.store_serving._UNNOTICED", 0.0)
    return StoreService(server.address, home / "page", lambda name: MODEL)


def first(service: StoreService) -> str:
    return service.searcher().search("massage").hits[0][0].passage.text


def first_within(seconds: float, service: StoreService) -> str:
    """The client tries a server that was away again after a moment."""
    begun = time.monotonic()
    while True:
        try:
            return first(service)
        except HealthSearchError:
            if time.monotonic() - begun > seconds:
                raise
            time.sleep(0.1)


def test_an_outage_between_questions_is_told_and_the_question_after_it_is_answered(
    service: StoreService, server: LiteServer
) -> None:
    assert first(service) == "massage and walking"
    for _ in range(2):
        server.stop()
        # What is open needs no server.
        service.look()
        assert service.examples(2) == ["Does massage help?", "Does sleep help?"]
        assert service.filter_choices(date(2026, 1, 1)).values == {"publisher": {"P": 1}}
        begun = time.monotonic()
        for fetch in (lambda: first(service), lambda: service.searcher().article("a")):
            with pytest.raises(HealthSearchError, match=r"Milvus does not answer.*Look whether it runs") as told:
                fetch()
            assert told.value.place == str(server.address)
        assert time.monotonic() - begun < 5
        server.start()
        assert first_within(5, service) == "massage and walking"


def test_an_outage_that_nobody_has_noticed_leaves_no_trace(service: StoreService, server: LiteServer) -> None:
    """A server that was restarted does not load what it had loaded by itself."""
    assert first(service) == "massage and walking"
    server.stop()
    server.start()
    assert first_within(5, service) == "massage and walking"


def test_where_nothing_is_open_yet_every_visitor_is_told_at_once(
    server: LiteServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("healthsearch.milvus_server._CONNECT_SECONDS", 2.0)
    service = StoreService(server.address, home / "page", lambda name: MODEL)
    server.stop()
    begun = time.monotonic()

    def told(_: int) -> HealthSearchError:
        with pytest.raises(HealthSearchError, match="Milvus does not answer") as error:
            service.look()
        return error.value

    with ThreadPoolExecutor(8) as visitors:
        errors = list(visitors.map(told, range(8)))
    assert time.monotonic() - begun < 6 and not any(isinstance(error, NoIndex) for error in errors)
    server.start()
    assert first_within(5, service) == "massage and walking"


def test_while_one_visitor_looks_at_a_server_that_hangs_the_others_have_what_is_open(
    service: StoreService, server: LiteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert first(service) == "massage and walking"
    server.hang()
    looking = threading.Thread(target=service.look)
    looking.start()
    while not service._looking.locked():
        time.sleep(0.01)
    begun = time.monotonic()
    assert service.examples(1) == ["Does massage help?"] and service.searcher().index.name
    assert time.monotonic() - begun < 0.5 and looking.is_alive()
    looking.join(10)
    assert not looking.is_alive()
    # A question cannot be answered meanwhile, and is told so when its time is over.
    monkeypatch.setattr("healthsearch.milvus_store.CALL_SECONDS", 1.0)
    with pytest.raises(HealthSearchError, match=r"Milvus does not answer, or refuses \(Deadline Exceeded\)"):
        first(service)
    server.go_on()
    assert first(service) == "massage and walking"


def test_one_connection_serves_all_questions(
    service: StoreService, server: LiteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from healthsearch.milvus_server import MilvusServer

    connected = []

    class Counted(MilvusServer):
        def __init__(self, address: Address) -> None:
            super().__init__(address)
            connected.append(address)

    monkeypatch.setattr("healthsearch.milvus_server.MilvusServer", Counted)
    for _ in range(5):
        first(service)
    assert connected == [server.address]


def test_the_page_says_what_is_wrong_and_answers_once_the_store_is_back(
    few_articles: Path,
    few_index: Path,
    default_model: ReadyModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    server = LiteServer(tmp_path / "milvus")
    request.addfinalizer(server.stop)
    server.start()
    publish(few_index, server.address)
    default_model.put_into(tmp_path / "page")
    monkeypatch.setenv("HEALTHSEARCH_STORE", server.address.uri.replace("http", "milvus"))
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(few_articles))
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(tmp_path / "page"))
    page = ask(started(), "How is gout treated?")
    assert "Gout" in words(page)
    server.stop()
    told = words(ask(page, "Is massage safe for a herniated disc?"))
    assert "Milvus does not answer" in told and "Look whether it runs" in told and "Gout" not in told
    server.start()
    # Longer than the client waits before it tries again.
    time.sleep(1.5)
    assert "Massage" in words(ask(page, "Is massage safe for a herniated disc?"))
