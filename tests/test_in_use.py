"""The generation in use is whole, or the one before it serves and the fault is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from healthsearch.errors import BUILD_COMMAND, HealthSearchError, NoIndex
from healthsearch.in_use import fault_of_fallback, model_of, open_generation
from healthsearch.index_folder import Pointer
from healthsearch.manifest import Damaged
from healthsearch.quantisation import dequantised
from tests.folders import flip, in_use, kept, reseal, snapshot
from tests.generations import ENCODER, cut, publish, served


def _flipped(file: Path) -> None:
    flip(file, file.stat().st_size // 2)


def _first_flipped(file: Path) -> None:
    flip(file, 0)


def _last_flipped(file: Path) -> None:
    flip(file, -1)


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


DAMAGES = [_flipped, _first_flipped, _last_flipped, cut, _emptied, _lengthened, _deleted, _made_a_folder, _made_a_loop]


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
    cut(file)
    fault = fault_of_fallback(tmp_path)
    assert (served(tmp_path)[1], fault and fault.place) == (None, str(file))


def test_the_model_of_an_index_is_told_without_opening_it(tmp_path: Path) -> None:
    assert model_of(tmp_path) is None
    publish(tmp_path, "One.")
    (in_use(tmp_path) / "store.sqlite").unlink()
    assert model_of(tmp_path) == ENCODER.name
    (in_use(tmp_path) / "manifest.json").unlink()
    assert model_of(tmp_path) is None


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
    _lengthened(file)
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
    """Of a first generation, which has none before it."""
    publish(tmp_path, "One.")
    place = damage(tmp_path)
    with pytest.raises(HealthSearchError) as caught:
        open_generation(tmp_path)
    told = caught.value
    assert (type(told), told.place, told.cause, told.remedy) == (kind, str(place), cause, remedy)


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


def test_a_search_keeps_what_it_opened_while_newer_ones_come(tmp_path: Path) -> None:
    publish(tmp_path, "Massage helps.")
    opened, _ = open_generation(tmp_path)
    for number in range(3):
        publish(tmp_path, f"Number {number}.")
    assert not opened.folder.exists()
    assert opened.article_store.passage(0).passage.text == "Massage helps."
    assert opened.words.scores(["massag"]).max() > 0
    assert dequantised(opened.sentences[:1]).tolist() == opened.vectors.rows(0, 1).tolist()
