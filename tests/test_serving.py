"""An index that is kept open follows its builds, and loads its encoder once."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from healthsearch.build import build
from healthsearch.encoding import Progress
from healthsearch.errors import BuildRunning, HealthSearchError, NoIndex
from healthsearch.index_folder import Pointer
from healthsearch.serving import Service
from healthsearch.urgent import FILE
from tests.fakes import KeywordModel
from tests.folders import flip, in_use, put


@pytest.fixture
def model() -> KeywordModel:
    return KeywordModel()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    put(tmp_path / "corpus", "massage.md", "Massage relieves pain.", title="Does massage help?")
    put(tmp_path / "corpus", "sleep.md", "Sleep and rest.", title="Why sleep?")
    return tmp_path / "corpus"


@pytest.fixture
def index(tmp_path: Path, corpus: Path, model: KeywordModel) -> Path:
    build(corpus, tmp_path / "index", model)
    model.loads = 0
    return tmp_path / "index"


@pytest.fixture
def service(index: Path, model: KeywordModel) -> Service:
    return Service(index, lambda name: model)


def first(service: Service, question: str) -> str:
    return service.searcher().search(question).hits[0][0].passage.text


def test_the_articles_are_there_before_the_encoder_is_loaded(service: Service, model: KeywordModel) -> None:
    assert service.examples(4) == ["Does massage help?", "Why sleep?"]
    assert (service.ready, model.loads) == (False, 0)
    service.searcher()
    assert (service.ready, model.loads) == (True, 1)


def test_a_title_of_two_articles_is_one_example(
    service: Service, corpus: Path, index: Path, model: KeywordModel
) -> None:
    put(corpus, "again.md", "Sleep heals.", title="Why sleep?")
    build(corpus, index, model)
    assert service.examples(4) == ["Why sleep?", "Does massage help?"]


def test_a_new_build_answers_the_next_question_with_the_encoder_at_hand(
    service: Service, corpus: Path, index: Path, model: KeywordModel
) -> None:
    assert first(service, "massage") == "Massage relieves pain."
    put(corpus, "massage.md", "Massage is no cure.", title="Does massage help?")
    build(corpus, index, model)
    loads = model.loads
    assert first(service, "massage") == "Massage is no cure."
    assert model.loads == loads


def test_the_same_searcher_answers_while_nothing_is_built(service: Service) -> None:
    assert service.searcher() is service.searcher()


def test_the_same_searcher_answers_while_the_pointer_is_broken(service: Service, index: Path) -> None:
    service.searcher()
    (index / "current.json").write_text("{", encoding="utf-8")
    broken = service.searcher()
    assert "the pointer cannot be read" in str(broken.fault) and service.searcher() is broken


def test_while_one_visitor_waits_for_a_new_build_the_others_are_answered(
    service: Service, corpus: Path, index: Path, model: KeywordModel
) -> None:
    old = service.searcher().generation.name
    put(corpus, "massage.md", "Massage is no cure.")
    new = build(corpus, index, model).generation
    slow = [str(in_use(index) / "manifest.json")]
    begun, answered = threading.Event(), threading.Event()

    def wait(call: str, arguments: tuple) -> None:
        if call == "open" and str(arguments[0]) in slow:
            slow.clear()
            begun.set()
            answered.wait(60)

    sys.addaudithook(wait)
    with ThreadPoolExecutor(2) as pool:
        first_one = pool.submit(lambda: service.searcher().generation.name)
        assert begun.wait(60)
        try:
            other = pool.submit(lambda: service.searcher().generation.name).result(timeout=30)
        finally:
            answered.set()
        assert (other, first_one.result()) == (old, new)
    assert service.searcher().generation.name == new


@pytest.mark.parametrize("serving", [False, True], ids=["nothing serves", "an older one serves"])
def test_files_that_are_known_to_be_damaged_are_read_again_only_when_they_have_changed(
    service: Service, corpus: Path, index: Path, model: KeywordModel, serving: bool
) -> None:
    if serving:
        service.generation()
        put(corpus, "massage.md", "Massage is no cure.")
        build(corpus, index, model)
        shutil.rmtree(index / "generations" / str(Pointer.read(index).previous))
    file = in_use(index) / "vectors.faiss"
    data = file.read_bytes()
    file.write_bytes(data + b"more")
    told = fault_of(service)
    reads: list[str] = []
    listening = [True]

    def listen(call: str, arguments: tuple) -> None:
        if listening and call == "open" and str(arguments[0]).startswith(str(file.parent)):
            reads.append(str(arguments[0]))

    sys.addaudithook(listen)
    assert fault_of(service) == told and str(file) in told and reads == []
    listening.clear()
    file.write_bytes(data)
    assert fault_of(service) == ""
    assert service.generation().folder == file.parent


def fault_of(service: Service) -> str:
    """What is said to be wrong, whether or not anything serves."""
    try:
        return str(service.fault() or "")
    except HealthSearchError as fault:
        return str(fault)


def test_what_is_open_serves_when_the_index_is_gone(service: Service, index: Path) -> None:
    assert first(service, "massage") == "Massage relieves pain."
    (index / "current.json").unlink()
    assert first(service, "massage") == "Massage relieves pain."
    assert isinstance(service.searcher().fault, NoIndex)


def test_a_damaged_build_leaves_what_is_open_serving_and_the_next_one_mends_it(
    service: Service, corpus: Path, index: Path, model: KeywordModel
) -> None:
    service.searcher()
    put(corpus, "massage.md", "Massage is no cure.")
    build(corpus, index, model)
    flip(in_use(index) / "vectors.faiss", -1)
    assert first(service, "massage") == "Massage relieves pain."
    assert service.searcher().fault is not None
    time.sleep(1.1)  # a pointer tells its time in seconds
    build(corpus, index, model, rebuild=True)
    assert first(service, "massage") == "Massage is no cure."
    assert service.searcher().fault is None


def test_without_an_index_it_says_so_until_it_has_built_one(tmp_path: Path, corpus: Path, model: KeywordModel) -> None:
    service = Service(tmp_path / "new", lambda name: model)
    with pytest.raises(NoIndex):
        service.generation()
    told: list[Progress] = []
    summary = service.build(corpus, told.append)
    assert sorted(summary.added) == ["massage.md", "sleep.md"]
    assert told[-1].files == told[-1].files_total == 2
    assert first(service, "massage") == "Massage relieves pain."
    assert model.loads == 1


def test_a_build_from_the_page_keeps_the_encoder_of_the_index(index: Path, corpus: Path, model: KeywordModel) -> None:
    asked: list[str] = []

    def found(name: str) -> KeywordModel:
        asked.append(name)
        return model

    Service(index, found).build(corpus, lambda progress: None)
    assert asked == [model.name]


def test_two_visitors_at_once_load_one_encoder(service: Service, model: KeywordModel) -> None:
    visitors = [threading.Thread(target=service.searcher) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert model.loads == 1


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    index = tmp_path / "held"
    index.mkdir()
    (index / "builder.txt").write_text("process 1", encoding="utf-8")
    with FileLock(index / "build.lock"):
        yield index


def test_a_note_of_the_builder_that_is_no_text_is_no_fault(held: Path, corpus: Path, model: KeywordModel) -> None:
    (held / "builder.txt").write_bytes(b"\xff")
    with pytest.raises(BuildRunning, match="another build is running"):
        build(corpus, held, model)


def test_urgent_signs_are_those_that_the_file_holds_now(service: Service, corpus: Path) -> None:
    def names() -> list[str]:
        return [signs.notice.name for signs in service.signs(corpus)]

    assert names() == []
    notice = "- name: {}\n  text: Call for help.\n  source: A clinic\n  signs: [a red flag]\n"
    for name in ("Stroke", "Heart attack"):
        (corpus / FILE).write_text(notice.format(name), encoding="utf-8")
        assert names() == names() == [name]
    (corpus / FILE).unlink()
    assert names() == []
    corpus.rename(corpus.parent / "moved")
    for _ in range(2):
        with pytest.raises(HealthSearchError, match="there is no such folder"):
            names()
    (corpus.parent / "moved").rename(corpus)
    assert names() == []


def test_filters_are_counted_once_a_build_and_day(
    service: Service, corpus: Path, index: Path, model: KeywordModel
) -> None:
    today, tomorrow = date(2026, 11, 27), date(2026, 11, 28)
    for name in ("rest", "walking"):
        put(corpus, f"{name}.md", name, reviewed=str(today.replace(year=2025)), publisher=name)
    build(corpus, index, model)
    found = service.filter_choices(today)
    assert list(found.reviewed) == ["2025-11-27", "2023-11-27", "2021-11-27", "2016-11-27"]
    assert service.filter_choices(today) is found
    assert list(service.filter_choices(tomorrow).reviewed) == ["2023-11-28", "2021-11-28", "2016-11-28"]
    (corpus / "rest.md").unlink()
    build(corpus, index, model, allow_shrink=True)
    assert list(service.filter_choices(tomorrow).values["publisher"]) == ["walking"]


def test_a_build_of_somebody_else_is_told_from_other_problems(held: Path, corpus: Path, model: KeywordModel) -> None:
    with pytest.raises(BuildRunning):
        Service(held, lambda name: model).build(corpus, lambda progress: None)


@pytest.mark.parametrize(
    "title", ["What is `x`?", "Is $5 much?", ":red[Is it]?", "<b>Why</b> me?", "Is it *so*?", "Rest well", "How? " * 20]
)
def test_a_title_that_is_long_or_no_plain_question_is_no_example(
    tmp_path: Path, model: KeywordModel, title: str
) -> None:
    put(tmp_path / "corpus", "a.md", "Massage.", title=title)
    service = Service(tmp_path / "index", lambda name: model)
    service.build(tmp_path / "corpus", lambda progress: None)
    assert service.examples(4) == []
