"""A generation is whole or is not served; what is published is published at once, and the last good one stays."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from healthsearch.article import Article
from healthsearch.corpus import SourceFile
from healthsearch.draft import Draft
from healthsearch.errors import BUILD_COMMAND, HealthSearchError, NoIndex, UnreadableArticle
from healthsearch.generation import Generation
from healthsearch.in_use import fault_of_fallback, model_of, open_generation
from healthsearch.index_folder import Pointer
from healthsearch.manifest import FORMAT, Damaged, EncoderSpec, rules
from healthsearch.passages import Passage
from healthsearch.words import words
from tests.fakes import source
from tests.folders import flip, full_disk, in_use, kept, reseal, snapshot

FACTS = EncoderSpec("keywords", "digest of the encoder", "digest of its passages", 3, 64, "float32")


def passages_of(text: str) -> list[Passage]:
    """One passage a sentence."""
    ends = [place + 1 for place, sign in enumerate(text) if sign == "."]
    starts = [0, *(end + 1 for end in ends)]
    return [
        Passage(text, (), "", text[start:end], start, end, ((0, end - start),))
        for start, end in zip(starts, ends, strict=False)
    ]


def add(draft: Draft, text: str) -> None:
    passages = passages_of(text)
    vectors = np.eye(3, dtype=np.float32)[[len(passage.text) % 3 for passage in passages]]
    keys = [f"key of {passage.text}" for passage in passages]
    article = Article(id=text, path=f"{text}.txt", title=text, text=text)
    file = source(article.path, f"digest of {text}")
    draft.add(article, file, passages, keys, vectors, (vectors * 127).astype(np.int8))


def publish(index: Path, *texts: str) -> str:
    """Publish articles; returns the generation's name."""
    with Draft(index, FACTS) as draft:
        for text in texts:
            add(draft, text)
        generation = draft.publish()
    generation.close()
    return generation.name


def served(index: Path) -> tuple[str, HealthSearchError | None]:
    generation, fault = open_generation(index)
    generation.close()
    return generation.name, fault


# Alignment


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
        Draft(tmp_path, FACTS) as draft,
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


# Damage


def _flipped(file: Path) -> None:
    flip(file, file.stat().st_size // 2)


def _first_flipped(file: Path) -> None:
    flip(file, 0)


def _last_flipped(file: Path) -> None:
    flip(file, -1)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _lengthened(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\n")


def _deleted(file: Path) -> None:
    file.unlink()


def _made_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _made_a_loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


DAMAGES = [_flipped, _first_flipped, _last_flipped, _cut, _emptied, _lengthened, _deleted, _made_a_folder, _made_a_loop]


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_damage_to_any_file_is_named_and_the_one_before_serves(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    before = publish(tmp_path, "One.")
    now = publish(tmp_path, "One.", "Two. And a half.")
    folder = in_use(tmp_path)
    files = [name for name, content in snapshot(folder).items() if content is not None]
    assert {"manifest.json", "store.sqlite", "vectors.faiss", "sentences.npy"} < set(files)
    assert sum(name.startswith("words/") for name in files) == 3
    for name in files:
        whole = (folder / name).read_bytes()
        damage(folder / name)
        generation, fault = served(tmp_path)
        assert generation == before, name
        assert fault is not None
        assert fault.place == str(folder / name)
        assert "python build_index.py" in fault.remedy
        if (folder / name).is_dir():
            (folder / name).rmdir()
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(whole)
        assert served(tmp_path) == (now, None)


def test_no_byte_of_a_manifest_can_change_unseen(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    file = in_use(tmp_path) / "manifest.json"
    whole = file.read_bytes()
    for place in range(0, len(whole), 5):
        flip(file, place)
        generation, fault = served(tmp_path)
        assert (generation, fault and fault.place) == (before, str(file)), place
        file.write_bytes(whole)


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


def test_when_both_are_damaged_the_newest_one_s_fault_is_told(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    _deleted(in_use(tmp_path) / "vectors.faiss")
    _deleted(tmp_path / "generations" / before / "store.sqlite")
    with pytest.raises(HealthSearchError) as error:
        open_generation(tmp_path)
    assert error.value.place == str(in_use(tmp_path) / "vectors.faiss")


def test_what_is_wrong_with_the_one_before_is_known_before_it_is_needed(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    assert fault_of_fallback(tmp_path) is None
    publish(tmp_path, "Two.")
    assert fault_of_fallback(tmp_path) is None
    file = tmp_path / "generations" / before / "store.sqlite"
    _cut(file)
    fault = fault_of_fallback(tmp_path)
    assert (served(tmp_path)[1], fault and fault.place) == (None, str(file))


def test_a_first_generation_that_is_damaged_has_none_before_it(tmp_path: Path) -> None:
    publish(tmp_path, "One.")
    _cut(in_use(tmp_path) / "store.sqlite")
    with pytest.raises(HealthSearchError, match="changed since it was published"):
        open_generation(tmp_path)


def test_a_large_generation_has_a_sketch_and_is_refused_without_it(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    with Draft(tmp_path, FACTS, exact_up_to=2) as draft:
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


def test_the_pointer_is_read_as_it_was_written(tmp_path: Path) -> None:
    for pointer in (Pointer("new", "old", "2030-01-01T10:00:00+00:00"), Pointer("first", None, "2030-01-01")):
        pointer.write(tmp_path)
        assert Pointer.read(tmp_path) == pointer


def test_the_model_of_an_index_is_told_without_opening_it(tmp_path: Path) -> None:
    assert model_of(tmp_path) is None
    publish(tmp_path, "One.")
    (in_use(tmp_path) / "store.sqlite").unlink()
    assert model_of(tmp_path) == FACTS.name
    (in_use(tmp_path) / "manifest.json").unlink()
    assert model_of(tmp_path) is None


def by_hand(generation: Generation) -> list[int]:
    cosines = generation.vectors.rows(0, len(generation.vectors))[:, 1]
    return sorted(range(len(cosines)), key=lambda row: (-cosines[row], row))


def test_an_index_of_another_format_says_which(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    reseal(tmp_path, lambda manifest: manifest.update(format=FORMAT + 1))
    generation, fault = served(tmp_path)
    assert generation == before
    assert fault is not None
    assert fault.cause == f"the index has format {FORMAT + 1}, and this version reads format {FORMAT}"
    assert fault.remedy == "Build it again: python build_index.py"


def test_another_format_may_have_other_files_and_names(tmp_path: Path) -> None:
    folder = tmp_path / "generations" / "of-the-future"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"format": 7}', encoding="utf-8")
    Pointer("of-the-future", None, "2030-01-01").write(tmp_path)
    with pytest.raises(HealthSearchError, match=f"has format 7, and this version reads format {FORMAT}"):
        open_generation(tmp_path)


def _no_pointer(index: Path) -> Path:
    (index / "current.json").unlink()
    return index


def _broken_pointer(index: Path) -> Path:
    (index / "current.json").write_text("{", encoding="utf-8")
    return index / "current.json"


def _pointer_out_of_the_index(index: Path) -> Path:
    Pointer("../..", None, "").write(index)
    return index / "current.json"


def _no_manifest(index: Path) -> Path:
    file = in_use(index) / "manifest.json"
    file.unlink()
    return file


def _other_manifest(index: Path) -> Path:
    file = in_use(index) / "manifest.json"
    file.write_bytes(file.read_bytes() + b" ")
    return file


def _part_missing(index: Path) -> Path:
    file = in_use(index) / "vocabulary.json"
    file.unlink()
    return file


def _part_changed(index: Path) -> Path:
    file = in_use(index) / "vocabulary.json"
    _lengthened(file)
    return file


def _part_of_another_kind(index: Path) -> Path:
    (in_use(index) / "vocabulary.json").write_text("no JSON", encoding="utf-8")
    return reseal(index)


def _other_counts(index: Path) -> Path:
    return reseal(index, lambda manifest: manifest["counts"].update(passages=9))


AGAIN = f"Build it again: {BUILD_COMMAND}"


@pytest.mark.parametrize(
    ("damage", "kind", "cause", "remedy"),
    [
        (_no_pointer, NoIndex, "there is no index yet", f"Build it: {BUILD_COMMAND}"),
        (_broken_pointer, HealthSearchError, "the pointer cannot be read (JSONDecodeError)", AGAIN),
        (_pointer_out_of_the_index, HealthSearchError, "the pointer cannot be read (ValueError)", AGAIN),
        (_no_manifest, Damaged, "the index's manifest is missing or cannot be read", AGAIN),
        (_other_manifest, Damaged, "the index's manifest has changed since it was published", AGAIN),
        (_part_missing, Damaged, "a file of the index is missing or cannot be read", AGAIN),
        (_part_changed, Damaged, "a file of the index has changed since it was published", AGAIN),
        (_part_of_another_kind, Damaged, "the index cannot be read (Expecting value: line 1 column 1 (char 0))", AGAIN),
        (_other_counts, Damaged, "the parts of the index do not belong together", AGAIN),
    ],
)
def test_what_is_wrong_is_told_with_its_place_its_cause_and_what_to_do(
    tmp_path: Path, damage: Callable[[Path], Path], kind: type[HealthSearchError], cause: str, remedy: str
) -> None:
    publish(tmp_path, "One.")
    place = damage(tmp_path)
    with pytest.raises(HealthSearchError) as caught:
        open_generation(tmp_path)
    told = caught.value
    assert (type(told), told.place, told.cause, told.remedy) == (kind, str(place), cause, remedy)


# The pointer

BROKEN_POINTERS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe\x00",
    b'"text"',
    b'{"generation": "x"}',
    b'{"generation": null, "previous": null, "published": ""}',
    b'{"generation": "x", "previous": 7, "published": ""}',
    b'{"generation": "", "previous": "\\u0000", "published": ""}',
    b'{"generation": "../..", "previous": [], "published": {}}',
]


@pytest.mark.parametrize("content", BROKEN_POINTERS)
def test_a_broken_pointer_is_told_and_the_next_build_mends_it(tmp_path: Path, content: bytes) -> None:
    name = publish(tmp_path, "One.")
    (tmp_path / "current.json").write_bytes(content)
    with pytest.raises(HealthSearchError) as error:
        open_generation(tmp_path)
    assert not isinstance(error.value, NoIndex)
    assert str(tmp_path) in error.value.place
    assert "python build_index.py" in error.value.remedy
    assert publish(tmp_path, "One.") == name
    assert served(tmp_path) == (name, None)


def test_without_a_pointer_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="there is no index yet"):
        open_generation(tmp_path / "index")


def test_a_pointer_to_a_generation_that_is_gone_falls_back(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    in_use(tmp_path).rename(tmp_path / "elsewhere")
    generation, fault = served(tmp_path)
    assert generation == before
    assert fault is not None
    assert fault.place.endswith("manifest.json")


# Publishing


def test_the_two_newest_are_kept_and_all_else_is_cleaned(tmp_path: Path) -> None:
    publish(tmp_path, "One.")
    leavings = tmp_path / "generations" / "of-a-killed-build"
    leavings.mkdir()
    (leavings / "store.sqlite").write_bytes(b"half")
    (tmp_path / "generations" / ".draft").mkdir()
    second = publish(tmp_path, "Two.")
    third = publish(tmp_path, "Three.")
    assert kept(tmp_path) == {second, third}
    pointer = Pointer.read(tmp_path)
    assert (pointer.generation, pointer.previous) == (third, second)
    assert served(tmp_path) == (third, None)


def test_a_draft_that_is_given_up_leaves_everything_as_it_was(tmp_path: Path) -> None:
    publish(tmp_path, "One.")
    before = snapshot(tmp_path)
    with pytest.raises(KeyboardInterrupt), Draft(tmp_path, FACTS) as draft:
        add(draft, "Two.")
        raise KeyboardInterrupt
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("already_begun", [False, True])
def test_a_draft_for_which_the_disk_has_no_room_is_not_left_on_it(tmp_path: Path, already_begun: bool) -> None:
    publish(tmp_path, "One.")
    before = snapshot(tmp_path)
    with ExitStack() as stack:
        stack.enter_context(pytest.raises((OSError, sqlite3.OperationalError)))
        if already_begun:
            draft = stack.enter_context(Draft(tmp_path, FACTS))
            stack.enter_context(full_disk())
        else:
            stack.enter_context(full_disk())
            draft = stack.enter_context(Draft(tmp_path, FACTS))
        add(draft, "Two.")
        draft.publish()
    assert snapshot(tmp_path) == before


def test_when_the_pointer_cannot_be_written_the_old_one_serves(tmp_path: Path) -> None:
    name = publish(tmp_path, "One.")
    (tmp_path / "current.json.draft").mkdir()
    with pytest.raises(IsADirectoryError):
        publish(tmp_path, "Two.")
    assert served(tmp_path) == (name, None)
    (tmp_path / "current.json.draft").rmdir()
    assert served(tmp_path)[0] == name
    assert publish(tmp_path, "Two.") != name
    assert len(kept(tmp_path)) == 2


def test_a_search_finds_a_whole_generation_at_every_moment(tmp_path: Path) -> None:
    seen = {publish(tmp_path, "Number 0.")}
    faults = []

    def write() -> None:
        for number in range(1, 13):
            # Every third time only is there something new; else the same content is published once more.
            publish(tmp_path, f"Number {number // 3}.")

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        while not writer.done():
            generation, fault = served(tmp_path)
            seen.add(generation)
            faults.append(fault)
        writer.result()
    assert set(faults) == {None}
    assert len(seen) > 1


def meanwhile(file: Path, act: Callable[[], object]) -> None:
    """Do something just before this file is opened for the first time."""
    done: list[bool] = []

    def hook(event: str, arguments: tuple) -> None:
        if event == "open" and not done and str(arguments[0]) == str(file):
            done.append(True)
            act()

    sys.addaudithook(hook)


def test_a_generation_that_is_cleaned_away_while_it_is_opened_gives_way_to_the_newest(tmp_path: Path) -> None:
    publish(tmp_path, "One.")
    meanwhile(in_use(tmp_path) / "manifest.json", lambda: [publish(tmp_path, text) for text in ("Two.", "Three.")])
    assert served(tmp_path) == (in_use(tmp_path).name, None)
    assert kept(tmp_path) == {Pointer.read(tmp_path).generation, Pointer.read(tmp_path).previous}


def test_one_that_is_cleaned_away_while_its_faults_are_looked_for_has_none(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    manifest = tmp_path / "generations" / before / "manifest.json"
    meanwhile(manifest, lambda: [publish(tmp_path, text) for text in ("Three.", "Four.")])
    assert fault_of_fallback(tmp_path) is None
    assert not manifest.exists()


def test_publishing_the_same_again_touches_no_file_of_it(tmp_path: Path) -> None:
    publish(tmp_path, "One.")
    name = publish(tmp_path, "Two.")
    numbers = {path: path.stat().st_ino for path in in_use(tmp_path).rglob("*")}
    pointer = Pointer.read(tmp_path)
    assert publish(tmp_path, "Two.") == name
    assert {path: path.stat().st_ino for path in in_use(tmp_path).rglob("*")} == numbers
    again = Pointer.read(tmp_path)
    assert (again.generation, again.previous) == (pointer.generation, pointer.previous)
    assert len(kept(tmp_path)) == 2


def test_going_back_to_the_one_before_swaps_the_two(tmp_path: Path) -> None:
    first = publish(tmp_path, "One.")
    second = publish(tmp_path, "Two.")
    assert publish(tmp_path, "One.") == first
    pointer = Pointer.read(tmp_path)
    assert (pointer.generation, pointer.previous) == (first, second)


def test_publishing_mends_a_damaged_generation_of_the_same_content(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    name = publish(tmp_path, "Two.")
    _cut(in_use(tmp_path) / "vectors.faiss")
    assert publish(tmp_path, "Two.") == name
    assert served(tmp_path) == (name, None)
    assert kept(tmp_path) == {before, name}


def test_a_damaged_generation_is_never_kept_as_the_one_to_fall_back_on(tmp_path: Path) -> None:
    good = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    _cut(in_use(tmp_path) / "vectors.faiss")
    newest = publish(tmp_path, "Three.")
    assert kept(tmp_path) == {good, newest}
    _cut(in_use(tmp_path) / "vectors.faiss")
    assert served(tmp_path)[0] == good


def test_a_search_keeps_what_it_opened_while_newer_ones_come(tmp_path: Path) -> None:
    publish(tmp_path, "Massage helps.")
    opened, _ = open_generation(tmp_path)
    for number in range(3):
        publish(tmp_path, f"Number {number}.")
    assert not opened.folder.exists()
    assert opened.article_store.passage(0).passage.text == "Massage helps."
    assert opened.words.scores(["massag"]).max() > 0
    assert opened.sentence_vectors(0, 1).tolist() == opened.vectors.rows(0, 1).tolist()


# Content


def test_the_manifest_names_what_made_it(tmp_path: Path) -> None:
    with Draft(tmp_path, FACTS) as draft:
        add(draft, "One. Two.")
        draft.skip(SourceFile("bad.md", "d", 3), UnreadableArticle("bad.md", "it is bad", "Mend it."))
        name = draft.publish().name
    manifest = json.loads((in_use(tmp_path) / "manifest.json").read_text(encoding="utf-8"))
    assert {rule: manifest[rule] for rule in rules()} == rules()
    assert set(rules()) == {"format", "reading", "splitting", "passage_tokens", "analysis"}
    assert manifest["encoder"] == {
        "name": "keywords",
        "digest": "digest of the encoder",
        "passage_digest": "digest of its passages",
        "dimension": 3,
        "limit": 64,
        "precision": "float32",
    }
    assert manifest["skipped"] == {"bad.md": {"digest": "d", "problems": [["bad.md", "it is bad", "Mend it."]]}}
    assert manifest["counts"] == {"articles": 1, "passages": 2, "sentences": 2, "words": 4, "article_words": 2}
    files = [file for file, content in snapshot(in_use(tmp_path)).items() if content is not None]
    assert sorted(manifest["files"]) == [file for file in files if file != "manifest.json"]
    assert in_use(tmp_path).name == name


def test_the_same_articles_give_the_same_bytes(tmp_path: Path) -> None:
    publish(tmp_path / "a", "One. Two.", "Three.")
    publish(tmp_path / "b", "Three.")
    publish(tmp_path / "b", "One. Two.", "Three.")
    assert in_use(tmp_path / "a").name == in_use(tmp_path / "b").name
    assert snapshot(in_use(tmp_path / "a")) == snapshot(in_use(tmp_path / "b"))


def test_sentence_vectors_are_the_units_of_what_is_kept(tmp_path: Path) -> None:
    article = Article(id="a", path="a.txt", title="a", text="One. Two. Three.")
    passages = [
        Passage("a", (), "", "One. Two.", 0, 9, ((0, 4), (5, 9))),
        Passage("a", (), "", "Three.", 10, 16, ((0, 6),)),
    ]
    rows = np.array([[127, 0, 0], [60, 80, 0], [0, 0, 127]], dtype=np.int8)
    with Draft(tmp_path, FACTS) as draft:
        draft.add(article, source(article.path), passages, ["a", "b"], np.eye(3, dtype=np.float32)[:2], rows)
        generation = draft.publish()
    assert generation.sentence_vectors(0, 3) == pytest.approx(np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]]))
    assert generation.sentence_vectors(2, 1) == pytest.approx(np.array([[0, 0, 1]]))
    query = np.array([0, 1, 0], dtype=np.float32)
    assert generation.sentence_cosines(query, np.array([1, 0])) == pytest.approx(np.array([0, 0, 0.8]))
    starts, counts = generation.sentence_runs(np.array([1, 0]))
    assert (starts.tolist(), counts.tolist()) == ([2, 0], [1, 2])


def test_a_sentence_without_meaning_has_a_cosine_of_0_with_everything(tmp_path: Path) -> None:
    passages = passages_of("One. Two.")
    article = Article(id="a", path="a.txt", title="a", text="One. Two.")
    rows = np.array([[0, 0, 0], [0, 1, 0]], dtype=np.int8)
    with Draft(tmp_path, FACTS) as draft:
        draft.add(article, source(article.path), passages, ["a", "b"], np.eye(3, dtype=np.float32)[:2], rows)
        generation = draft.publish()
    assert generation.sentence_vectors(0, 2).tolist() == [[0, 0, 0], [0, 1, 0]]
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
    assert generation.article_cosine(0, 1) == generation.article_cosine(1, 0) == pytest.approx(other)


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
    with Draft(tmp_path, FACTS) as draft:
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
