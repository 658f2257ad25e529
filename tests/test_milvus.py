"""An index in Milvus: the commands and the page on it, publishing that is interrupted, and what is told when it fails.

The contract of a store is in ``test_stores``. These tests use milvus-lite, which is optional: where it is missing they
are skipped, unless ``MILVUS_TESTS=required``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import build_index
from healthsearch import __main__ as commands
from healthsearch.address import Address
from healthsearch.build import build
from healthsearch.check_store import check_store
from healthsearch.citing import reference
from healthsearch.embedded import Embedded
from healthsearch.errors import HealthSearchError, NoIndex
from healthsearch.evaluation import evaluate
from healthsearch.filters import Equals
from healthsearch.in_use import open_generation
from healthsearch.publishing import bring, fetch, publish
from healthsearch.search import Searcher
from healthsearch.storage import WholeArticle
from healthsearch.store_serving import StoreService
from healthsearch.stores import open_maker, open_store
from tests.fakes import KeywordModel
from tests.folders import put
from tests.ready_model import ReadyModel

needs_milvus = pytest.mark.skipif(
    importlib.util.find_spec("milvus_lite") is None and os.environ.get("MILVUS_TESTS") != "required",
    reason="milvus-lite is not installed: pip install -r requirements-cluster.txt",
)
MODEL = KeywordModel()
ENCODER = MODEL.load()


@pytest.fixture
def address(tmp_path: Path) -> Address:
    return Address(str(tmp_path / "milvus.db"), index="FLAT")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Six articles and their index."""
    for number, word in enumerate(("massage", "disc", "rest", "sleep", "heat", "pain")):
        put(tmp_path / "corpus", f"{number}.md", f"{word} and walking", f"{word} for pain", title=f"Does {word} help?")
    build(tmp_path / "corpus", tmp_path / "index", MODEL)
    return tmp_path


def change(home: Path, text: str) -> None:
    """Change one article, take another out, and build."""
    put(home / "corpus", "0.md", f"massage {text}", title="Does massage help?")
    for file in sorted((home / "corpus").glob("*.md"))[-1:]:
        file.unlink()
    build(home / "corpus", home / "index", MODEL)


def published(address: Address) -> dict[str, str]:
    return dict(open_store(address).digests())


def built(home: Path) -> dict[str, str]:
    return Embedded(open_generation(home / "index")[0]).digests()


@needs_milvus
def test_what_is_searched_in_the_store_is_what_is_found_in_the_index(
    few_articles: Path,
    few_index: Path,
    default_model: ReadyModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(few_articles))
    place = ["--index", str(few_index)]
    uri = str(tmp_path / "m.db")
    arguments = ["--corpus", str(few_articles), *place, "--store", "milvus", "--uri", uri, "--json"]
    assert build_index.main(arguments) == 0
    sent = json.loads(capsys.readouterr().out)["store"]
    assert sent == {"place": f"{uri}, collection healthsearch", "articles": 3, "deleted": 0}
    ask = ["search", "Is massage dangerous with a slipped disc?", *place, "--json"]
    assert commands.main(ask) == 0
    ours = json.loads(capsys.readouterr().out)

    monkeypatch.setenv("HEALTHSEARCH_STORE", f"milvus://{uri}")
    # Whatever the folder holds, the store answers.
    default_model.put_into(tmp_path / "empty")
    assert commands.main([*ask[:2], "--index", str(tmp_path / "empty"), "--json"]) == 0
    theirs = json.loads(capsys.readouterr().out)
    for told in (ours, theirs):
        del told["milliseconds"]
    assert [hit.pop("score") for hit in theirs["hits"]] == pytest.approx([hit.pop("score") for hit in ours["hits"]])
    assert theirs.pop("confidence") == pytest.approx(ours.pop("confidence"))
    assert theirs == ours
    assert commands.main(["check", *place]) == 0
    assert capsys.readouterr().out == "The index is sound and up to date.\n"
    assert build_index.main(["--corpus", str(few_articles), *place, "--store", "milvus"]) == 0
    assert "collection healthsearch: unchanged" in capsys.readouterr().out


@needs_milvus
def test_only_what_changed_is_sent_from_the_third_time_on(home: Path, address: Address) -> None:
    assert (publish(home / "index", address).articles, publish(home / "index", address).articles) == (6, None)
    change(home, "one")
    # The generation in use is left alone, and there is no other yet.
    assert publish(home / "index", address).articles == 5
    change(home, "two")
    sent = publish(home / "index", address)
    assert (sent.articles, sent.deleted) == (1, 2)
    assert published(address) == built(home)


@needs_milvus
def test_a_builder_without_an_index_takes_it_from_the_store(home: Path, address: Address) -> None:
    publish(home / "index", address)
    put(home / "corpus", "new.md", "a vaccine")
    model = KeywordModel()
    assert fetch(address, home / "other")
    summary = build(home / "corpus", home / "other", model)
    assert (model.encoded, summary.added, len(summary.unchanged)) == (["new › Part 1\na vaccine"], ["new.md"], 6)
    assert not fetch(address, home / "other")
    assert not fetch(replace(address, collection="empty"), home / "third")


class _KilledError(Exception):
    pass


def killed_after(articles: Iterator[WholeArticle], count: int) -> Iterator[WholeArticle]:
    for number, whole in enumerate(articles):
        if number == count:
            raise _KilledError
        yield whole


@needs_milvus
@pytest.mark.parametrize("between", [False, True])
def test_publishing_that_was_interrupted_goes_on(
    home: Path, address: Address, monkeypatch: pytest.MonkeyPatch, between: bool
) -> None:
    """``between``: it ends after an article's passages, before the article itself, which makes them count."""
    monkeypatch.setattr("healthsearch.milvus_maker._SENT_ROWS", 2)
    source = Embedded(open_generation(home / "index")[0])
    with pytest.raises(_KilledError), open_maker(address, source.encoder) as maker:
        maker.upsert(killed_after(source.articles(), 4))
    if between:
        from healthsearch.milvus_server import MilvusServer

        server = MilvusServer(address)
        [name] = server.generations()
        server.client.delete(f"{name}_articles", filter="number == 3")
    with pytest.raises(NoIndex):
        open_store(address)
    with open_maker(address, source.encoder) as maker:
        assert len(maker.digests()) == 4 - between
        bring(source, maker)
    assert published(address) == source.digests()
    assert open_store(address).count() == source.count()


@needs_milvus
def test_what_has_lost_passages_is_not_gone_on_with(home: Path, address: Address) -> None:
    from healthsearch.milvus_server import MilvusServer

    source = Embedded(open_generation(home / "index")[0])
    with pytest.raises(_KilledError), open_maker(address, source.encoder) as maker:
        maker.upsert(source.articles())
        maker.delete_articles([])
        raise _KilledError
    server = MilvusServer(address)
    [name] = server.generations()
    with open_maker(address, source.encoder) as maker:
        maker.upsert(source.articles())
        maker.commit(source.facts)
    [name] = server.generations()
    change(home, "one")
    publish(home / "index", address)
    server.client.delete(name, filter="number == 1")
    change(home, "two")
    # The spare generation is not whole any more: everything is sent anew.
    assert publish(home / "index", address).articles == 4
    assert published(address) == built(home)


@needs_milvus
def test_whoever_reads_what_is_made_over_is_told_so_and_sees_no_half(home: Path, address: Address) -> None:
    publish(home / "index", address)
    old = Searcher.reading(open_store(address), home, ENCODER)
    before = old.search("massage").as_json()["hits"]
    change(home, "one")
    publish(home / "index", address)
    assert old.search("massage").as_json()["hits"] == before
    change(home, "two")
    publish(home / "index", address)
    with pytest.raises(HealthSearchError, match="Milvus does not answer, or refuses"):
        old.search("massage")


@needs_milvus
def test_a_check_finds_what_the_store_has_lost_and_what_is_not_published(home: Path, address: Address) -> None:
    from healthsearch.milvus_server import MilvusServer

    publish(home / "index", address)
    assert check_store(address, home / "index").faults == []
    put(home / "corpus", "9.md", "sleep")
    build(home / "corpus", home / "index", MODEL)
    [fault] = check_store(address, home / "index").faults
    assert "another generation" in fault.cause and "--store milvus" in fault.remedy
    server = MilvusServer(address)
    [name] = server.generations()
    server.client.delete(f"{name}_articles", filter="number == 2")
    lost, _ = check_store(address, home / "index").faults
    assert "it has 5 articles and 12 passages, not 6 and 12" in lost.cause
    [nothing] = check_store(replace(address, collection="other"), home / "index").faults
    assert "nothing was published" in nothing.cause


@needs_milvus
def test_the_page_s_service_follows_what_is_published(
    home: Path, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("healthsearch.store_serving._UNNOTICED", 0.0)
    service = StoreService(address, home / "page", lambda name: MODEL)
    with pytest.raises(HealthSearchError) as nothing:
        service.look()
    # The page builds an index where there is none; here that would not help.
    assert not isinstance(nothing.value, NoIndex)
    publish(home / "index", address)
    service.look()
    assert service.examples(2) == ["Does massage help?", "Does sleep help?"] and not service.ready
    assert service.searcher().search("massage").hits[0][0].passage.text == "massage and walking"
    assert service.ready and service.searcher() is service.searcher() and service.searcher().fault is None
    article = service.searcher().article("1")
    passage, _ = open_store(address).read("1")[1]
    assert service.linked(reference(passage)) == (article, (passage.start, passage.end))
    assert not service.filter_choices(date(2026, 1, 1)) and service.digest("0.md", "any") is None
    put(home / "corpus", "0.md", "massage anew", title="Does massage help?", publisher="P")
    build(home / "corpus", home / "index", MODEL)
    publish(home / "index", address)
    assert service.searcher().search("massage").hits[0][0].passage.text == "massage anew"
    assert service.filter_choices(date(2026, 1, 1)).values == {"publisher": {"P": 1}}


@needs_milvus
def test_a_store_is_evaluated_as_an_index_is(home: Path, address: Address) -> None:
    beir = home / "beir"
    (beir / "qrels").mkdir(parents=True)
    documents = [{"_id": str(n), "title": "", "text": text} for n, text in enumerate(("massage", "rest", "heat sleep"))]
    queries = [{"_id": "q", "text": "does massage help"}, {"_id": "r", "text": "heat"}]
    for name, lines in (("corpus", documents), ("queries", queries)):
        (beir / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (beir / "qrels" / "test.tsv").write_text("query\tdocument\tgrade\nq\t0\t1\nr\t1\t1\n", encoding="utf-8")
    ours = evaluate(beir, "test", home / "cache", MODEL)
    theirs = evaluate(beir, "test", home / "cache", MODEL, store=address)
    assert replace(theirs, milliseconds=0.0) == replace(ours, milliseconds=0.0)
    assert 0 < ours.ndcg_10 < 1


@needs_milvus
def test_two_collections_at_one_address_know_nothing_of_each_other(home: Path, address: Address) -> None:
    other = replace(address, collection="healthsearch_b")
    publish(home / "index", address)
    before = published(address)
    change(home, "one")
    publish(home / "index", other)
    assert published(address) == before and published(other) == built(home)


@needs_milvus
def test_a_publisher_s_name_is_found_whatever_stands_in_it(home: Path, address: Address) -> None:
    name = 'A "library" \\ or 1 == 1 — 頭痛' + "x" * 200
    put(home / "corpus", "0.md", "massage", publisher=name)
    build(home / "corpus", home / "index", MODEL)
    publish(home / "index", address)
    found = Searcher.reading(open_store(address), home, ENCODER).search("massage", where=(Equals("publisher", name),))
    assert [article.publisher for _, article in found.hits] == [name] and found.searched == 1


@needs_milvus
def test_a_server_that_is_not_there_is_told_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("healthsearch.milvus_server._CONNECT_SECONDS", 0.5)
    monkeypatch.setenv("HEALTHSEARCH_STORE", "milvus://me:secret@127.0.0.1:9/a")
    assert commands.main(["search", "massage", "--index", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("error: http://127.0.0.1:9, collection a: Milvus does not answer")
    assert "secret" not in told.err and "Traceback" not in told.err


def test_without_its_client_the_commands_say_how_to_install_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    for name in ("server", "schema", "store", "maker"):
        monkeypatch.delitem(sys.modules, f"healthsearch.milvus_{name}", raising=False)
    monkeypatch.setenv("HEALTHSEARCH_STORE", "milvus://h/a")
    assert commands.main(["search", "massage", "--index", str(home / "index")]) == 1
    assert capsys.readouterr().err == (
        "error: http://h:19530, collection a: the client of Milvus is not installed (pymilvus)."
        " pip install -r requirements-cluster.txt\n"
    )
    for ask in (publish, lambda index, address: fetch(address, home / "no index")):
        with pytest.raises(HealthSearchError, match="not installed"):
            ask(home / "index", Address("http://h:1"))


def test_a_store_needs_an_address(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HEALTHSEARCH_STORE", raising=False)
    arguments = ["--corpus", str(home / "corpus"), "--index", str(home / "index"), "--store", "milvus"]
    assert build_index.main(arguments) == 1
    assert capsys.readouterr().err == "error: --store: it is not known where the store is. Name it with --uri.\n"
