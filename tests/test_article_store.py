"""The store gives back exactly what was put in, by row, from any thread, and refuses half of anything."""

from __future__ import annotations

import gc
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsearch.article import Article, Heading
from healthsearch.article_store import ArticleStore
from healthsearch.article_store_writer import ArticleStoreWriter
from healthsearch.article_tables import KnownArticle, ListedArticle, StoredPassage
from healthsearch.duplicates import fingerprints
from healthsearch.passages import Passage
from tests.fakes import source

# What has a length that depends on who counts: beyond the first plane, combining, a line end of its own.
ODD = "Küchenschabe 🪳👩‍⚕️ à la e\u0301tude\u2028日本語。\nΩ"

FULL = Article(
    id="back/disc",
    path="back/disc.md",
    title=f"Title {ODD}",
    text=f"Title\n\n{ODD}. Rest!",
    headings=(Heading(1, "Title", 0, 5),),
    language="en",
    publisher="An agency",
    authors=("A. One", "B. Two"),
    published="2024-05",
    reviewed="2026-01-31",
    url="https://example.org/?a=1&b='2'",
    licence="CC BY 4.0",
    also_called=("slipped disc", "prolapse"),
    sources=("A guideline; with 'quotes'",),
    pages=(0, 7),
    reviewed_by=("Dr C. Three",),
)
BARE = Article(id="bare", path="bare.txt", title="bare", text="one two three")


def slice_of(article: Article, start: int, end: int, *sentences: tuple[int, int]) -> Passage:
    return Passage(article.id, ("Part", ODD), f"{article.title}\n", article.text[start:end], start, end, sentences)


FULL_PASSAGES = [slice_of(FULL, 7, 9, (0, 2)), slice_of(FULL, 9, len(FULL.text), (0, 3), (4, 9), (10, 12))]
BARE_PASSAGES = [slice_of(BARE, 4, 7, (0, 3))]


@pytest.fixture
def store(tmp_path: Path) -> ArticleStore:
    writer = ArticleStoreWriter(tmp_path / "store.sqlite")
    writer.add(FULL, source(FULL.path, "d1"), FULL_PASSAGES, ["k1", "k2"])
    writer.add(BARE, source(BARE.path, "d2"), BARE_PASSAGES, ["k3"])
    writer.close()
    return ArticleStore(tmp_path / "store.sqlite")


def test_articles_come_back_field_by_field(store: ArticleStore) -> None:
    assert store.article("back/disc") == FULL
    assert store.article("bare") == BARE
    assert list(store.articles()) == [FULL, BARE]
    assert (store.titles(1), store.titles(9)) == ([FULL.title], [FULL.title, BARE.title])


def test_articles_are_listed_by_title_and_by_a_part_of_what_is_told_of_them(store: ArticleStore) -> None:
    bare = ListedArticle("bare", "bare.txt", None, None, None, 1)
    full = ListedArticle(FULL.title, "back/disc.md", "An agency", "2024-05", "2026-01-31", 2)
    assert store.listing("", 9) == (2, [bare, full])
    assert store.listing("", 1) == (2, [bare])
    for part in ("DISC.m", "an AGENCY", "日本", "Title Küchen"):
        assert store.listing(part, 9) == (1, [full]), part
    for part in ("%", "_", "!", "disc.mdAn", "' OR 1 --"):
        assert store.listing(part, 9) == (0, []), part


def test_passages_come_back_by_row_as_slices_of_their_article(store: ArticleStore) -> None:
    found = [store.passage(row) for row in range(3)]
    assert found == [
        StoredPassage(0, FULL_PASSAGES[0], 0),
        StoredPassage(1, FULL_PASSAGES[1], 1),
        StoredPassage(2, BARE_PASSAGES[0], 4),
    ]
    assert found[1].passage.text == FULL.text[9:]


def test_a_file_knows_its_article_passages_and_keys(store: ArticleStore) -> None:
    [known] = store.articles_of_file("back/disc.md")
    assert known == KnownArticle(0, FULL.id, FULL.path, fingerprints(FULL))
    article, passages, keys = store.whole_article_at(known.row)
    assert (article, keys) == (FULL, ["k1", "k2"])
    assert [entry.row for entry in passages] == [0, 1]
    assert [entry.passage for entry in passages] == FULL_PASSAGES


def test_the_lists_that_a_build_compares_with(store: ArticleStore) -> None:
    assert store.counts() == (2, 3, 5)
    assert store.digests() == {"back/disc.md": "d1", "bare.txt": "d2"}
    assert (store.digest("bare.txt"), store.digest("gone.txt")) == ("d2", None)
    assert store.sizes() == {"back/disc.md": 1, "bare.txt": 1}
    assert (store.files_with_copies(), store.copies()) == (set(), {})
    assert store.keys() == {"k1": (0, 0, 1), "k2": (1, 1, 3), "k3": (2, 4, 1)}
    assert (store.ids(), store.article_rows().tolist()) == (["back/disc", "bare"], [0, 0, 1])


def test_what_is_not_there_is_a_key_error(store: ArticleStore) -> None:
    with pytest.raises(KeyError, match="nobody"):
        store.article("nobody")
    with pytest.raises(KeyError, match="3"):
        store.passage(3)
    with pytest.raises(KeyError, match="-1"):
        store.passage(-1)


def test_ids_are_data_and_not_sql(tmp_path: Path) -> None:
    hostile = Article(id="x'; DROP TABLE articles; --", path="a'b.md", title='"', text="%_*")
    writer = ArticleStoreWriter(tmp_path / "s")
    writer.add(hostile, source(hostile.path, "'"), [Passage(hostile.id, (), "", "%_*", 0, 3, ())], ["' OR 1=1"])
    writer.close()
    assert ArticleStore(tmp_path / "s").article(hostile.id) == hostile


def test_an_id_cannot_be_written_twice(tmp_path: Path) -> None:
    writer = ArticleStoreWriter(tmp_path / "s")
    writer.add(BARE, source(BARE.path), BARE_PASSAGES, ["k"])
    with pytest.raises(sqlite3.IntegrityError):
        writer.add(Article(id="bare", path="other.txt", title="", text="x"), source("other.txt"), [], [])


def test_a_file_gives_many_articles_and_copies_of_others(tmp_path: Path) -> None:
    writer = ArticleStoreWriter(tmp_path / "s")
    writer.add(BARE, source(BARE.path, "d1"), BARE_PASSAGES, ["k1"])
    many = source("many.jsonl", "d2")
    for number in range(3):
        article = replace(BARE, id=f"many#{number}", path=many.path)
        writer.add(article, many, BARE_PASSAGES, [f"k{number}"])
    writer.add_copy("bare", many, "many#3", "many.jsonl")
    writer.add_copy("bare", source("copy.txt", "d1"), "copy", "copy.txt")
    writer.close()
    store = ArticleStore(tmp_path / "s")
    assert store.digests() == {"bare.txt": "d1", "many.jsonl": "d2", "copy.txt": "d1"}
    assert store.sizes() == {"bare.txt": 1, "many.jsonl": 4, "copy.txt": 1}
    assert [known.id for known in store.articles_of_file("many.jsonl")] == ["many#0", "many#1", "many#2"]
    found = [store.whole_article_at(known.row) for known in store.articles_of_file("many.jsonl")]
    assert [(known.article.id, known.passages[0].row) for known in found] == [(f"many#{n}", n + 1) for n in range(3)]
    assert store.article("bare").also_at == ("many.jsonl", "copy.txt")
    assert store.article("many#0").also_at == ()
    assert store.files_with_copies() == {"many.jsonl", "copy.txt"}
    assert store.copies() == {"bare": ["many#3", "copy"]}
    assert store.copy_places() == [("many.jsonl", "bare.txt"), ("copy.txt", "bare.txt")]
    assert list(store.articles_of_file("copy.txt")) == []


@pytest.mark.parametrize(("passages", "keys"), [(BARE_PASSAGES, []), (BARE_PASSAGES, ["a", "b"]), ([], ["a"])])
def test_a_passage_without_its_key_is_refused(tmp_path: Path, passages: list[Passage], keys: list[str]) -> None:
    with pytest.raises(ValueError, match="zip"):
        ArticleStoreWriter(tmp_path / "s").add(BARE, source(BARE.path), passages, keys)


def test_what_was_not_closed_was_not_written(tmp_path: Path) -> None:
    writer = ArticleStoreWriter(tmp_path / "s")
    writer.add(BARE, source(BARE.path), BARE_PASSAGES, ["k"])
    before = (tmp_path / "s").read_bytes()
    writer.close()
    writer.close()
    assert before != (tmp_path / "s").read_bytes()
    assert ArticleStore(tmp_path / "s").counts() == (1, 1, 1)


def test_a_finished_store_is_only_read(tmp_path: Path, store: ArticleStore) -> None:
    before = (tmp_path / "store.sqlite").read_bytes()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._db.execute("DELETE FROM articles")
    store.passage(0)
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["store.sqlite"]
    assert (tmp_path / "store.sqlite").read_bytes() == before


def test_the_same_content_gives_the_same_bytes(tmp_path: Path, store: ArticleStore) -> None:
    writer = ArticleStoreWriter(tmp_path / "again")
    writer.add(FULL, source(FULL.path, "d1"), FULL_PASSAGES, ["k1", "k2"])
    writer.add(BARE, source(BARE.path, "d2"), BARE_PASSAGES, ["k3"])
    writer.close()
    assert (tmp_path / "again").read_bytes() == (tmp_path / "store.sqlite").read_bytes()


def test_damage_inside_is_found(tmp_path: Path, store: ArticleStore) -> None:
    assert store.faults() == []
    file = tmp_path / "store.sqlite"
    # Two lists in one place, and a place that nothing refers to any more.
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA writable_schema = ON")
        place = "(SELECT rootpage FROM sqlite_schema WHERE name = 'copies_of_article')"
        db.execute(f"UPDATE sqlite_schema SET rootpage = {place} WHERE name = 'passages_of_article'")
    assert ArticleStore(file).faults() != []


def test_many_threads_read_the_rows_they_asked_for(store: ArticleStore) -> None:
    wanted = [row % 3 for row in range(300)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(store.passage, wanted))
    assert [entry.row for entry in found] == wanted
    assert {entry.passage.text for entry in found} == {entry.text for entry in FULL_PASSAGES + BARE_PASSAGES}


@settings(max_examples=30)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=2, max_size=200),
    data=st.data(),
)
def test_any_slice_of_any_text_survives(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    article = Article(id=text, path=f"{text}.md", title=text, text=text, publisher=text, sources=(text,))
    passage = Passage(article.id, (text,), text, text[start:end], start, end, ((0, end - start),))
    file = tmp_path_factory.mktemp("store") / "store.sqlite"
    writer = ArticleStoreWriter(file)
    writer.add(article, source(article.path, text), [passage], [text])
    writer.close()
    store = ArticleStore(file)
    assert store.article(text) == article
    assert store.passage(0).passage == passage
    store.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell which files are open")
def test_a_store_that_nobody_holds_lets_go_of_its_file_at_once(store: ArticleStore, tmp_path: Path) -> None:
    def opened() -> int:
        return sum(link.resolve() == (tmp_path / "store.sqlite").resolve() for link in Path("/proc/self/fd").iterdir())

    gc.disable()
    try:
        other = ArticleStore(tmp_path / "store.sqlite")
        assert other.counts() == store.counts() and opened() == 2
        del other
        assert opened() == 1
    finally:
        gc.enable()
