"""A generation, opened: its parts belong together, row by row, and what it measures is what was put in."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from healthsearch.article import Article
from healthsearch.draft import Draft
from healthsearch.errors import HealthSearchError
from healthsearch.generation import Generation
from healthsearch.in_use import open_generation
from healthsearch.manifest import Damaged
from healthsearch.passages import Passage
from healthsearch.words import words
from tests.fakes import source
from tests.folders import in_use, reseal, snapshot
from tests.generations import ENCODER, add, passages_of, publish, served


@pytest.mark.parametrize("skipped", ["passage", "key", "vector", "sentence"])
def test_an_article_of_which_one_side_is_skipped_is_refused(tmp_path: Path, skipped: str) -> None:
    passages = passages_of("One two. Three.")
    sides: dict[str, Any] = {
        "passage": passages,
        "key": ["a", "b"],
        "vector": np.eye(3, dtype=np.float32)[:2],
        "sentence": np.zeros((2, 3), np.int8),
    }
    sides[skipped] = sides[skipped][:1]
    article = Article(id="a", path="a.txt", title="a", text="One two. Three.")
    publish(tmp_path, "Before.")
    before = snapshot(tmp_path)
    with (
        pytest.raises(ValueError, match=r"'a': [12] passages, [12] vectors, [12] sentences"),
        Draft(tmp_path, ENCODER) as draft,
    ):
        draft.add(article, source(article.path), sides["passage"], sides["key"], sides["vector"], sides["sentence"])
    assert snapshot(tmp_path) == before


def _vectors(folder: Path, other: Path) -> None:
    (folder / "vectors.faiss").write_bytes((other / "vectors.faiss").read_bytes())


def _sentences(folder: Path, other: Path) -> None:
    (folder / "sentences.npy").write_bytes((other / "sentences.npy").read_bytes())


def _store(folder: Path, other: Path) -> None:
    (folder / "store.sqlite").write_bytes((other / "store.sqlite").read_bytes())


def _words(folder: Path, other: Path) -> None:
    shutil.copytree(other / "words", folder / "words", dirs_exist_ok=True)


def _article_words(folder: Path, other: Path) -> None:
    shutil.copytree(other / "article_words", folder / "article_words", dirs_exist_ok=True)


def _coverage(folder: Path, other: Path) -> None:
    shutil.copytree(other / "coverage", folder / "coverage", dirs_exist_ok=True)


def _titles(folder: Path, other: Path) -> None:
    shutil.copytree(other / "titles", folder / "titles", dirs_exist_ok=True)


@pytest.mark.parametrize("swap", [_vectors, _sentences, _store, _words, _article_words, _coverage, _titles])
def test_parts_of_two_generations_are_never_one(tmp_path: Path, swap: Callable[[Path, Path], None]) -> None:
    """Even where every checksum is right."""
    publish(tmp_path / "other", "One.", "Two. And a half.")
    publish(tmp_path / "index", "One.")
    swap(in_use(tmp_path / "index"), in_use(tmp_path / "other"))
    folder = reseal(tmp_path / "index")
    with pytest.raises(HealthSearchError, match="do not belong together") as error:
        open_generation(tmp_path / "index")
    assert error.value.place == str(folder)


def test_vectors_of_another_width_than_the_encoder_are_refused(tmp_path: Path) -> None:
    publish(tmp_path, "One.")
    reseal(tmp_path, lambda manifest: manifest["encoder"].update(dimension=4))
    with pytest.raises(HealthSearchError, match="no flat index of 4 dimensions"):
        open_generation(tmp_path)


def test_row_i_is_the_same_passage_everywhere(tmp_path: Path) -> None:
    publish(tmp_path, "Massage. Rest it.", "Walk every day.")
    generation, _ = open_generation(tmp_path)
    texts = ["Massage.", "Rest it.", "Walk every day."]
    assert [generation.article_store.passage(row).passage.text for row in range(3)] == texts
    assert generation.vectors.rows(0, 3).tolist() == np.eye(3)[[len(text) % 3 for text in texts]].tolist()
    assert [int(np.argmax(generation.words.scores(words(text)))) for text in texts] == [0, 1, 2]
    assert [generation.article_store.passage(row).first_sentence for row in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("change", ["{", None], ids=["a part cannot be read", "the parts do not belong together"])
def test_what_cannot_be_opened_is_let_go_of(tmp_path: Path, change: str | None) -> None:
    publish(tmp_path, "One.")
    if change is None:
        folder = reseal(tmp_path, lambda manifest: manifest["counts"].update(passages=9))
    else:
        (in_use(tmp_path) / "spellings.json").write_text(change, encoding="utf-8")
        folder = reseal(tmp_path)
    with pytest.raises(Damaged) as told:
        Generation(folder)
    generation = next(entry.locals["self"] for entry in told.traceback if "self" in entry.locals)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        generation.article_store.counts()


def test_a_large_generation_has_a_sketch_and_is_refused_without_it(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    with Draft(tmp_path, ENCODER, exact_up_to=2) as draft:
        for text in ("One. Two.", "Three. And four."):
            add(draft, text)
        draft.publish().close()
    sketch = in_use(tmp_path) / "sketch.faiss"
    generation, fault = open_generation(tmp_path)
    assert (fault, sketch.exists()) == (None, True)
    assert generation.vectors.search(np.eye(3, dtype=np.float32)[1], 9)[0].tolist() == by_hand(generation)
    generation.close()
    sketch.unlink()
    name, fault = served(tmp_path)
    assert (name, fault and fault.place) == (before, str(sketch))


def by_hand(generation: Generation) -> list[int]:
    cosines = generation.vectors.rows(0, len(generation.vectors))[:, 1]
    return sorted(range(len(cosines)), key=lambda row: (-cosines[row], row))


def test_the_cosine_of_a_sentence_is_that_of_what_is_kept(tmp_path: Path) -> None:
    article = Article(id="a", path="a.txt", title="a", text="One. Two. Three.")
    passages = [
        Passage("a", (), "", "One. Two.", 0, 9, ((0, 4), (5, 9))),
        Passage("a", (), "", "Three.", 10, 16, ((0, 6),)),
    ]
    rows = np.array([[127, 0, 0], [60, 80, 0], [0, 0, 127]], dtype=np.int8)
    with Draft(tmp_path, ENCODER) as draft:
        draft.add(article, source(article.path), passages, ["a", "b"], np.eye(3, dtype=np.float32)[:2], rows)
        generation = draft.publish()
    query = np.array([0, 1, 0], dtype=np.float32)
    assert generation.sentence_cosines(query, np.array([1, 0])) == pytest.approx(np.array([0, 0, 0.8]))
    starts, counts = generation.sentence_runs(np.array([1, 0]))
    assert (starts.tolist(), counts.tolist()) == ([2, 0], [1, 2])


def test_a_sentence_without_meaning_has_a_cosine_of_0_with_everything(tmp_path: Path) -> None:
    passages = passages_of("One. Two.")
    article = Article(id="a", path="a.txt", title="a", text="One. Two.")
    rows = np.array([[0, 0, 0], [0, 1, 0]], dtype=np.int8)
    with Draft(tmp_path, ENCODER) as draft:
        draft.add(article, source(article.path), passages, ["a", "b"], np.eye(3, dtype=np.float32)[:2], rows)
        generation = draft.publish()
    found = generation.sentence_cosines(np.array([0, 1, 0], dtype=np.float32), np.arange(2))
    assert (found.tolist(), found.dtype) == ([0, 1], np.float32)


def test_an_article_is_the_mean_of_its_passages(tmp_path: Path) -> None:
    publish(tmp_path, "One. Three.", "Fifth.")
    generation, _ = open_generation(tmp_path)
    assert generation.article_rows.tolist() == [0, 0, 1]
    rows = np.arange(3)
    vectors = generation.vectors.rows(0, 3)
    mean = vectors[0] + vectors[1]
    query = np.array([0.6, 0.8, 0], dtype=np.float32)
    expected = [query @ mean / np.linalg.norm(mean)] * 2 + [query @ vectors[2]]
    assert generation.article_cosines(query, rows) == pytest.approx(expected)
    other = float(vectors[2] @ mean / np.linalg.norm(mean))
    assert float(generation.article_vectors[0] @ generation.article_vectors[1]) == pytest.approx(other)


def test_an_article_at_just_the_cosine_asked_for_is_near(tmp_path: Path) -> None:
    # The length of a text is its axis.
    publish(tmp_path, "One.", "Six.", "Three.", "Four.")
    generation, _ = open_generation(tmp_path)
    rows = {article.id: row for row, article in enumerate(generation.article_store.articles())}
    near = generation.near_articles(rows["One."], np.arange(4), 1.0)
    assert {name for name, row in rows.items() if row in near} == {"One.", "Six."}


def test_which_words_a_passage_s_names_and_each_of_its_sentences_have(tmp_path: Path) -> None:
    article = Article(id="a", path="a.txt", title="Gout", text="Rest it. Eat well. Rest.", also_called=("Podagra",))
    passages = [
        Passage("a", ("Food",), "", "Rest it. Eat well.", 0, 18, ((0, 8), (9, 18))),
        Passage("a", (), "", "Rest.", 19, 24, ((0, 5),)),
    ]
    with Draft(tmp_path, ENCODER) as draft:
        draft.add(
            article,
            source(article.path),
            passages,
            ["a", "b"],
            np.eye(3, dtype=np.float32)[:2],
            np.ones((3, 3), dtype=np.int8),
        )
        generation = draft.publish()
    terms = words("gout podagra food rest eat unheard")
    names, sentences = generation.words_held(np.array([1, 0]), terms)
    assert names.astype(int).tolist() == [[1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0]]
    assert sentences.astype(int).tolist() == [[0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0]]
    assert generation.spellings == {"eat": 1, "food": 1, "gout": 1, "it": 1, "podagra": 1, "rest": 2, "well": 1}
