"""One contract for every store: what ``storage`` promises, of the embedded generation and of every engine.

The oracle is plain arithmetic over what was put in. A store that cannot do something says so, and the test is skipped.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsearch.address import Address
from healthsearch.build import build
from healthsearch.embedded import Embedded
from healthsearch.embedded_maker import EmbeddedMaker
from healthsearch.errors import HealthSearchError
from healthsearch.fetched import FromStore
from healthsearch.filters import Condition, Equals, Filter, In, Range
from healthsearch.in_use import open_generation
from healthsearch.manifest import EncoderSpec
from healthsearch.publishing import bring
from healthsearch.records import digest_of, records_of
from healthsearch.search import Searcher
from healthsearch.storage import GenerationFacts, Maker, Record, Store, WholeArticle
from healthsearch.stores import open_store
from healthsearch.words import words
from tests.fakes import KEYWORDS, KeywordModel
from tests.folders import put
from tests.test_filters import FILTERS, QUESTIONS, lets_through

MODEL = KeywordModel()
ENCODER = MODEL.load()
TWIN = "copy/twin-again"
# Words that no engine's own tokenizer would take as we do.
ODD = ("2.5", "1,000", "naïve", "頭痛", "x-ray", "o'clock", "z-index", "zz6f", "snow_white")


class Engine(Protocol):
    """A place for one collection of articles; more than one may be open on the same place."""

    def maker(self, encoder: EncoderSpec) -> Maker: ...

    def store(self) -> Store: ...


@dataclass(frozen=True)
class EmbeddedEngine:
    folder: Path

    def maker(self, encoder: EncoderSpec) -> Maker:
        return EmbeddedMaker(self.folder, encoder)

    def store(self) -> Store:
        return Embedded(open_generation(self.folder)[0])


@dataclass(frozen=True)
class MilvusEngine:
    address: Address

    def maker(self, encoder: EncoderSpec) -> Maker:
        from healthsearch.milvus_maker import MilvusMaker

        return MilvusMaker(self.address, encoder)

    def store(self) -> Store:
        return open_store(self.address)


def milvus_lite(place: Path) -> Engine:
    if os.environ.get("MILVUS_TESTS") != "required":
        pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: requirements-cluster.txt")
    place.mkdir(exist_ok=True)
    return MilvusEngine(Address(str(place / "milvus.db"), index="FLAT"))


def milvus_server(place: Path) -> Engine:
    """Each place is a collection of its own."""
    uri = os.environ.get("HEALTHSEARCH_TEST_MILVUS")
    if not uri:
        pytest.skip("no Milvus server: tests/milvus_server.py starts one")
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: requirements-cluster.txt")
    name = f"t{hashlib.sha256(str(place).encode()).hexdigest()[:16]}"
    return MilvusEngine(Address(uri, collection=name, index="FLAT"))


ENGINES: dict[str, Callable[[Path], Engine]] = {
    "embedded": lambda place: EmbeddedEngine(place / "index"),
    "milvus-lite": milvus_lite,
    "Milvus server": milvus_server,
}


def write_corpus(corpus: Path, *, changed: bool = False) -> None:
    """Forty articles with every mixture of metadata; ``changed``: three are gone, four others, two new."""
    choose = np.random.default_rng(5).choice
    for number in range(40):
        details = {
            "publisher": str(choose(("A library", "a library", "Ärzte", ""))),
            "language": str(choose(("en", "de", ""))),
            "published": str(choose(("2019", "2021-05", "2021-05-17", "2026-11-01", ""))),
            "reviewed": str(choose(("2019", "2021-05", "2021-05-17", "2026-11-01", ""))),
            "title": f"On {choose(KEYWORDS)} {number}",
        }
        several = [[str(word) for word in choose([*KEYWORDS, *ODD], 5)] for _ in range(choose(3) + 1)]
        texts = [f"{' '.join(some)}. Then {some[0]} and {some[-1]}." for some in several]
        if changed and number in (3, 4, 5):
            continue
        if changed and number in (7, 8, 9, 10):
            texts = [*texts, "Heat and rest."]
        put(corpus, f"{choose(('', 'back/', 'back/disc/'))}article-{number}.md", *texts, **details)
    for number in (40, 41) if changed else ():
        put(corpus, f"new-{number}.md", f"Vaccine number {number}.")
    put(corpus, "copy/twin.md", "massage for the disc", title="Twins")
    put(corpus, "copy/twin-again.md", "massage for the disc", title="Twins")
    (corpus / "broken.md").write_bytes(b"\xff\xfe\x00")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="module")
def source(home: Path) -> Embedded:
    """What a build makes of the articles."""
    write_corpus(home / "corpus")
    build(home / "corpus", home / "built", MODEL)
    return Embedded(open_generation(home / "built")[0])


@pytest.fixture(scope="module")
def later(home: Path) -> Embedded:
    """What a build makes of them after some changes."""
    write_corpus(home / "later corpus", changed=True)
    build(home / "later corpus", home / "built later", MODEL)
    return Embedded(open_generation(home / "built later")[0])


@pytest.fixture(scope="module", params=sorted(ENGINES))
def open_engine(request: pytest.FixtureRequest) -> Callable[[Path], Engine]:
    return ENGINES[request.param]


@pytest.fixture(scope="module")
def store(open_engine: Callable[[Path], Engine], source: Embedded, home: Path) -> Store:
    """The articles in the store under test."""
    engine = open_engine(home / "filled")
    fill(engine, source)
    return engine.store()


def fill(engine: Engine, source: Embedded) -> None:
    with engine.maker(source.encoder) as maker:
        bring(source, maker)


@pytest.fixture(scope="module")
def wholes(source: Embedded) -> dict[str, WholeArticle]:
    return {whole.article.id: whole for whole in source.articles()}


@pytest.fixture(scope="module")
def records(store: Store, wholes: dict[str, WholeArticle]) -> list[Record]:
    """Everything that the store must hold, with the rows that it has given."""
    rows = np.sort(store.dense(ENCODER.vector("massage"), 10_000).rows)
    found = {(one.article.id, one.position): one.row for one in store.get(rows)}
    return [
        replace(record, row=found[name, record.position]) for name in wholes for record in records_of(wholes[name], 0)
    ]


def passes(wholes: dict[str, WholeArticle], record: Record, where: Filter) -> bool:
    article = wholes[record.article.id].article
    fields = {name: getattr(article, name) for name in ("publisher", "language", "published", "reviewed")}
    return lets_through(fields | {"folder": article.path.rpartition("/")[0]}, where)


def test_it_holds_all_that_was_given_and_nothing_else(
    store: Store, source: Embedded, wholes: dict[str, WholeArticle]
) -> None:
    found = {whole.article.id: whole for whole in store.articles()}
    assert found.keys() == wholes.keys()
    for name, whole in wholes.items():
        assert np.array_equal(found[name].vectors, whole.vectors)
        assert np.array_equal(found[name].sentences, whole.sentences)
        assert digest_of(found[name]) == digest_of(whole)
    assert store.digests() == source.digests() == {name: digest_of(whole) for name, whole in wholes.items()}


def test_it_tells_of_what_it_holds(store: Store, source: Embedded) -> None:
    told, facts = store.info(), source.info().facts
    assert of_articles(told.facts) == of_articles(facts)
    assert (facts.articles, facts.passages) == (len(source.digests()), source.count())
    assert facts.holding["massag"][0] >= facts.holding["massag"][1] > 0
    assert list(facts.skipped) == ["broken.md"] and facts.copies == {TWIN: ["copy/twin"]}


def test_what_it_knows_of_a_passage_is_what_was_given(store: Store, records: list[Record]) -> None:
    for put_in, found in zip(records, store.get(np.array([one.row for one in records])), strict=True):
        assert (found.row, found.position, found.words) == (put_in.row, put_in.position, put_in.words)
        assert np.array_equal(found.vector, put_in.vector) and np.array_equal(found.sentences, put_in.sentences)
        assert (found.article.id, found.article.length) == (put_in.article.id, put_in.article.length)
        assert np.allclose(found.article.vector, put_in.article.vector, atol=1e-6)
        for word in {*words(" ".join((*KEYWORDS, *ODD))), "nowhere", "massa"}:
            assert found.article.count(word) == put_in.article.count(word)


def test_passages_of_an_article_have_neighbouring_rows(records: list[Record]) -> None:
    firsts = {one.article.id: one.row for one in records if one.position == 0}
    assert [one.row for one in records] == [firsts[one.article.id] + one.position for one in records]
    assert len({one.row for one in records}) == len(records)


def test_a_row_of_none_is_an_error(store: Store, records: list[Record]) -> None:
    with pytest.raises(KeyError):
        store.get(np.array([max(one.row for one in records) + 1]))


@settings(max_examples=20)
@given(where=FILTERS, question=QUESTIONS, k=st.integers(1, 80))
def test_the_nearest_are_those_of_arithmetic(
    store: Store, wholes: dict[str, WholeArticle], records: list[Record], where: Filter, question: str, k: int
) -> None:
    query = ENCODER.vector(question)
    allowed = [one for one in records if passes(wholes, one, where)]
    found = store.dense(query, k, where)
    cosines = {one.row: float(one.vector @ query) for one in allowed}
    assert len(found.rows) == min(k, len(allowed)) and set(found.rows.tolist()) <= cosines.keys()
    assert np.allclose(found.scores, [cosines[row] for row in found.rows.tolist()], atol=1e-5)
    assert np.allclose(found.scores, sorted(cosines.values(), reverse=True)[:k], atol=1e-5)
    assert store.count(where) == len(allowed)


def of_articles(facts: GenerationFacts) -> GenerationFacts:
    """The facts but for what depends on the order of articles."""
    return replace(facts, generation="", titles=sorted(facts.titles))


def by_words(store: Store) -> None:
    if not store.info().lexical:
        pytest.skip(f"{store.info().engine} cannot search by words")


@settings(max_examples=20)
@given(where=FILTERS, asked=st.lists(st.sampled_from([*KEYWORDS, *ODD, "liver", "the"]), min_size=1, max_size=3))
def test_the_best_by_words_are_all_that_have_any_of_them(
    store: Store, wholes: dict[str, WholeArticle], records: list[Record], where: Filter, asked: list[str]
) -> None:
    by_words(store)
    terms = words(" ".join(asked))
    has = {
        one.row
        for one in records
        if passes(wholes, one, where) and any(f" {term} " in piece for term in terms for piece in one.words)
    }
    found = store.lexical(terms, 10_000, where)
    assert set(found.rows.tolist()) == has
    assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)
    assert not has or found.scores[0] == 1
    assert (found.scores > 0).all()


def test_rare_words_and_short_passages_come_first(store: Store, source: Embedded) -> None:
    by_words(store)
    terms = words("vaccine for naïve discs")
    found, ours = store.lexical(terms, 10), source.lexical(terms, 10)
    same = {(one.article.id, one.position) for one in store.get(found.rows)}
    assert len(same & {(one.article.id, one.position) for one in source.get(ours.rows)}) >= 8


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (Equals("title", "A"), "no field to filter by"),
        (Range("publisher", "2024", None), "has no range"),
        (Range("reviewed", "last year", None), "no ISO date"),
    ],
)
def test_a_condition_that_is_none_is_a_programmer_s_mistake(store: Store, condition: Condition, told: str) -> None:
    for ask in (
        lambda: store.dense(ENCODER.vector("rest"), 3, (condition,)),
        lambda: store.lexical(["rest"], 3, (condition,)) if store.info().lexical else store.count((condition,)),
        lambda: store.count((condition,)),
    ):
        with pytest.raises(ValueError, match=told):
            ask()


@pytest.mark.parametrize("value", ['" or 1 == 1 or publisher == "', "%", "\\", "'; --", "a\nb", "\0", ""])
def test_a_value_is_data_and_never_part_of_a_query(store: Store, value: str) -> None:
    assert store.count((Equals("publisher", value),)) == store.count((In("folder", (value + "x",)),)) == 0


def test_articles_are_near_by_their_means(store: Store, wholes: dict[str, WholeArticle]) -> None:
    of_twin = records_of(wholes[TWIN], 0)[0].article.vector
    cosines = {name: float(records_of(whole, 0)[0].article.vector @ of_twin) for name, whole in wholes.items()}
    for least in (0.5, 0.9, 0.999):
        assert set(store.near(of_twin, least)) == {name for name, cosine in cosines.items() if cosine >= least}
    assert store.near(of_twin, 0.5)[0] == TWIN


def test_an_article_comes_back_as_it_was(store: Store, wholes: dict[str, WholeArticle]) -> None:
    for name, whole in wholes.items():
        assert store.read(name) == (whole.article, list(whole.passages))
    with pytest.raises(KeyError):
        store.read("nobody")


def answers(searcher: Searcher, question: str, where: Filter) -> list[tuple[object, ...]]:
    answer = searcher.search(question, 8, as_typed=True, where=where)
    hits = [(hit.passage, hit.marks, hit.notes, hit.reasons.shared, article) for hit, article in answer.hits]
    return [(answer.verdict, answer.searched), *hits]


@settings(max_examples=20)
@given(where=FILTERS, question=QUESTIONS)
def test_a_question_is_answered_alike_from_records_and_from_arrays(
    store: Store, source: Embedded, where: Filter, question: str
) -> None:
    by_words(store)
    from_store, ours = Searcher(FromStore(store), ENCODER), Searcher(source, ENCODER)
    assert answers(from_store, question, where) == answers(ours, question, where)
    found, expected = from_store.rank_articles(question, 50), ours.rank_articles(question, 50)
    assert dict(found) == pytest.approx(dict(expected), abs=1e-5)


@pytest.fixture
def engine(open_engine: Callable[[Path], Engine], tmp_path: Path) -> Iterator[Engine]:
    yield open_engine(tmp_path)


def test_what_is_not_committed_was_never_there(engine: Engine, source: Embedded, later: Embedded) -> None:
    fill(engine, source)
    before = engine.store()
    with engine.maker(later.encoder) as maker:
        maker.delete_articles([TWIN])
        maker.upsert(later.articles())
        assert engine.store().digests() == before.digests() == source.digests()
    assert engine.store().digests() == source.digests()


def test_readers_see_the_old_generation_whole_and_then_the_new_one(
    engine: Engine, source: Embedded, later: Embedded
) -> None:
    fill(engine, source)
    before = engine.store()
    fill(engine, later)
    assert before.digests() == source.digests()
    assert {whole.article.id: digest_of(whole) for whole in before.articles()} == source.digests()
    assert engine.store().digests() == later.digests()
    assert of_articles(engine.store().info().facts) == of_articles(later.info().facts)
    fill(engine, source)
    assert {whole.article.id: digest_of(whole) for whole in engine.store().articles()} == source.digests()
    assert engine.store().count() == source.count()


def test_only_what_differs_is_sent(engine: Engine, source: Embedded, later: Embedded) -> None:
    fill(engine, source)
    with engine.maker(source.encoder) as maker:
        held = dict(maker.digests())
    assert held in ({}, source.digests())
    fill(engine, later)
    # An engine may begin with either of the last two generations.
    with engine.maker(source.encoder) as maker:
        assert dict(maker.digests()) in (source.digests(), later.digests())


def test_what_is_not_whole_is_not_published(engine: Engine, source: Embedded, later: Embedded) -> None:
    fill(engine, source)
    with engine.maker(later.encoder) as maker:
        maker.delete_articles([name for name in maker.digests() if name not in later.digests()])
        with pytest.raises(HealthSearchError):
            maker.commit(later.info().facts)
    assert engine.store().digests() == source.digests()


def test_what_comes_back_is_what_a_build_made(engine: Engine, home: Path, tmp_path: Path) -> None:
    """From a store into an index folder: the same files, byte for byte, which their name tells."""
    put(tmp_path / "corpus", "a.md", "massage 2.5", "rest and heat", publisher="P")
    put(tmp_path / "corpus", "b/c.md", "walking")
    (tmp_path / "corpus" / "broken.md").write_bytes(b"\xff\xfe\x00")
    build(tmp_path / "corpus", tmp_path / "built", MODEL)
    built = Embedded(open_generation(tmp_path / "built")[0])
    fill(engine, built)
    with EmbeddedMaker(tmp_path / "back", built.encoder) as maker:
        bring(engine.store(), maker)
    assert open_generation(tmp_path / "back")[0].name == built.name
