"""An index or a model from elsewhere, made to do harm: it runs nothing, and leads to no file but its own.

Whoever makes an index decides what it says. These tests hold that it decides nothing else.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from healthsearch.build import build
from healthsearch.check import check
from healthsearch.errors import HealthSearchError
from healthsearch.exported import ExportManifest, folder_of
from healthsearch.in_use import open_generation
from healthsearch.index_folder import Pointer
from healthsearch.models import find_model
from healthsearch.network import SentenceTransformerEncoder
from healthsearch.search import Searcher
from healthsearch.serving import Service
from healthsearch.unanswered import UnansweredQuestions
from tests.fakes import KeywordModel
from tests.folders import in_use, put, reseal, snapshot
from tests.ready_model import ReadyModel


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    put(tmp_path / "corpus", "a.md", "massage", "rest")
    return tmp_path / "corpus"


@pytest.fixture
def index(tmp_path: Path, corpus: Path) -> Path:
    build(corpus, tmp_path / "index", KeywordModel())
    return tmp_path / "index"


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """A folder of somebody else, with what a build would write or clean away if it were led there."""
    folder = tmp_path / "others"
    (folder / "photos").mkdir(parents=True)
    (folder / "photos" / "one.png").write_bytes(b"a picture")
    (folder / "letter.txt").write_text("a letter", encoding="utf-8")
    return folder


class Trap:
    """Unpickled, it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (str(self.folder),)


# Links out of the index


@pytest.mark.parametrize("name", ["generations", "encoder"])
def test_a_build_cleans_nothing_away_where_a_link_leads(corpus: Path, index: Path, others: Path, name: str) -> None:
    before = snapshot(others)
    shutil.rmtree(index / name, ignore_errors=True)
    (index / name).symlink_to(others)
    with pytest.raises(HealthSearchError, match="it is a link") as refused:
        build(corpus, index, KeywordModel(), rebuild=True)
    assert refused.value.place == str(index / name)
    assert snapshot(others) == before


@pytest.mark.parametrize("name", ["builder.txt", "journal.sqlite", "current.json.draft", "builds.json.draft"])
def test_a_build_writes_nothing_where_a_link_leads(corpus: Path, index: Path, others: Path, name: str) -> None:
    before = snapshot(others)
    (index / name).unlink(missing_ok=True)
    (index / name).symlink_to(others / "letter.txt")
    put(corpus, "b.md", "sleep")
    with pytest.raises(HealthSearchError, match="it is a link"):
        build(corpus, index, KeywordModel())
    assert snapshot(others) == before


def test_the_index_itself_may_be_a_link(tmp_path: Path, corpus: Path, index: Path) -> None:
    (tmp_path / "linked").symlink_to(index)
    put(corpus, "b.md", "sleep")
    assert build(corpus, tmp_path / "linked", KeywordModel()).published


@pytest.mark.parametrize("name", ["../../others", "..", ".", "", "/", "a/b", "a\\b", "C:", "a\0b"])
@pytest.mark.parametrize("which", ["generation", "previous"])
def test_a_pointer_names_a_folder_of_its_own(index: Path, name: str, which: str) -> None:
    pointer = json.loads((index / "current.json").read_text(encoding="utf-8"))
    (index / "current.json").write_text(json.dumps(pointer | {which: name}), encoding="utf-8")
    with pytest.raises(HealthSearchError, match="the pointer cannot be read"):
        open_generation(index)


@pytest.mark.parametrize("name", ["/dev/zero", "../../../others/letter.txt", "../../current.json"])
def test_a_manifest_that_names_a_file_elsewhere_is_refused_before_that_is_read(
    index: Path, others: Path, name: str
) -> None:
    reseal(index, lambda manifest: manifest["files"].update({name: "0" * 64}))
    with pytest.raises(HealthSearchError, match="a file of the index is missing or cannot be read"):
        open_generation(index)


@pytest.mark.parametrize("name", ["store.sqlite", "vectors.faiss", "words"])
def test_a_part_that_stands_elsewhere_is_refused(index: Path, others: Path, name: str) -> None:
    place = in_use(index) / name
    place.rename(others / name)
    place.symlink_to(others / name)
    with pytest.raises(HealthSearchError, match="a file of the index is missing or cannot be read"):
        open_generation(index)


@pytest.mark.parametrize("name", ["store.sqlite", "vectors.faiss", "words", "manifest.json"])
def test_a_part_that_never_ends_is_refused(index: Path, others: Path, name: str) -> None:
    place = in_use(index) / name
    place.rename(others / name)
    place.symlink_to("/dev/zero")
    with pytest.raises(HealthSearchError, match="is missing or cannot be read"):
        open_generation(index)


def test_lists_that_never_end_are_empty_ones(index: Path) -> None:
    for name in ("current.json", "unanswered.jsonl"):
        (index / name).unlink(missing_ok=True)
        (index / name).symlink_to("/dev/zero")
    with pytest.raises(HealthSearchError, match="the pointer cannot be read"):
        Pointer.read(index)
    assert UnansweredQuestions(index).all() == []


# Parts that hold something else, with every checksum right


def _pickled_sentences(folder: Path, trap: Path) -> None:
    np.save(folder / "sentences.npy", np.array([Trap(trap)], dtype=object), allow_pickle=True)


def _pickle_alone(folder: Path, trap: Path) -> None:
    (folder / "sentences.npy").write_bytes(pickle.dumps(Trap(trap)))


def _pickled_words(folder: Path, trap: Path) -> None:
    np.save(folder / "words" / "documents.npy", np.array([Trap(trap)], dtype=object), allow_pickle=True)


def _pickled_coverage(folder: Path, trap: Path) -> None:
    np.save(folder / "coverage" / "ends.npy", np.array([Trap(trap)], dtype=object), allow_pickle=True)


def _sql(statements: str) -> Callable[[Path, Path], None]:
    def run(folder: Path, trap: Path) -> None:
        with sqlite3.connect(folder / "store.sqlite") as db:
            db.executescript(statements)

    return run


_ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS row, i AS path, i AS digest FROM n"
)
_view = _sql(f"ALTER TABLE files RENAME TO old; CREATE VIEW files AS {_ENDLESS};")
_trigger = _sql("CREATE TRIGGER t AFTER INSERT ON files BEGIN SELECT 1; END;")
_extra_table = _sql("CREATE TABLE extra (a);")
_lost_table = _sql("DROP TABLE passages;")
_bad_json = _sql("UPDATE passages SET sentences = '[';")


def _no_database(folder: Path, trap: Path) -> None:
    (folder / "store.sqlite").write_bytes(b"nothing" * 1000)


def _no_vectors(folder: Path, trap: Path) -> None:
    (folder / "vectors.faiss").write_bytes(b"IxMp" + b"\xff" * 100)


def _deep_json(folder: Path, trap: Path) -> None:
    (folder / "spellings.json").write_text("[" * 100_000, encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        _pickled_sentences,
        _pickle_alone,
        _pickled_words,
        _pickled_coverage,
        _view,
        _trigger,
        _extra_table,
        _lost_table,
        _bad_json,
        _no_database,
        _no_vectors,
        _deep_json,
    ],
)
def test_a_part_that_is_not_what_a_build_writes_is_refused_and_nothing_in_it_runs(
    tmp_path: Path, corpus: Path, index: Path, change: Callable[[Path, Path], None]
) -> None:
    change(in_use(index), tmp_path / "trap")
    folder = reseal(index)
    with pytest.raises(HealthSearchError) as refused:
        open_generation(index)
    assert refused.value.place == str(folder)
    assert [fault.place for fault in check(index, corpus).faults] == [str(folder)]
    assert build(corpus, index, KeywordModel()).published
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(encoder=None),
        lambda manifest: manifest["encoder"].update(more=1),
        lambda manifest: manifest.update(skipped=[1]),
        lambda manifest: manifest.update(skipped={"a.md": {"digest": 1}}),
        lambda manifest: manifest.update(counts="many"),
        lambda manifest: manifest.update(files=[]),
        lambda manifest: manifest.pop("files"),
        lambda manifest: manifest["encoder"].update(dimension=float("inf")),
    ],
)
def test_a_manifest_of_another_shape_is_refused(index: Path, change: Callable[[dict], None]) -> None:
    folder = reseal(index, change)
    with pytest.raises(HealthSearchError) as refused:
        open_generation(index)
    assert refused.value.place.startswith(str(folder))


def test_a_manifest_without_a_bottom_is_refused(index: Path) -> None:
    (in_use(index) / "manifest.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(HealthSearchError, match="manifest is missing or cannot be read"):
        open_generation(index)


# Models


@pytest.fixture
def model(tmp_path: Path, tiny_model: str) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def _change_json(file: Path, change: Callable[[dict], None]) -> None:
    values = json.loads(file.read_text(encoding="utf-8"))
    change(values)
    file.write_text(json.dumps(values), encoding="utf-8")


def _module_of_the_folder(model: Path) -> None:
    modules = json.loads((model / "modules.json").read_text(encoding="utf-8"))
    modules[0]["type"] = "evil.Transformer"
    (model / "modules.json").write_text(json.dumps(modules), encoding="utf-8")


def _auto_map(model: Path) -> None:
    names = {"AutoConfig": "evil.Config", "AutoModel": "evil.Transformer", "AutoTokenizer": "evil.Transformer"}
    _change_json(model / "config.json", lambda values: values.update(auto_map=names, model_type="evil"))


def _trusting_itself(model: Path) -> None:
    _auto_map(model)
    trust = {"trust_remote_code": True}
    _change_json(
        model / "sentence_bert_config.json",
        lambda values: values.update(model_args=trust, model_kwargs=trust, config_args=trust, config_kwargs=trust),
    )


@pytest.mark.parametrize("change", [_module_of_the_folder, _auto_map, _trusting_itself])
def test_a_model_that_brings_code_is_refused_and_the_code_does_not_run(
    tmp_path: Path, model: Path, change: Callable[[Path], None]
) -> None:
    trap = tmp_path / "trap"
    (model / "evil.py").write_text(
        f"import os\nos.mkdir({str(trap)!r})\nclass Transformer: pass\nConfig = Transformer\n", encoding="utf-8"
    )
    change(model)
    with pytest.raises(HealthSearchError, match="the model cannot be loaded") as refused:
        SentenceTransformerEncoder(find_model(str(model)))
    assert refused.value.place == str(model)
    assert not trap.exists()


def test_weights_that_are_a_pickle_are_not_read(tmp_path: Path, model: Path) -> None:
    for weights in model.rglob("*.safetensors"):
        weights.with_name("pytorch_model.bin").write_bytes(pickle.dumps(Trap(tmp_path / "trap")))
        weights.rename(weights.with_name("elsewhere"))
    with pytest.raises(HealthSearchError, match="no weights in safetensors form"):
        find_model(str(model))
    # Nor where a file elsewhere in the folder has the right ending.
    (model / "more").mkdir()
    (model / "elsewhere").rename(model / "more" / "other.safetensors")
    with pytest.raises(HealthSearchError, match="no weights in safetensors form"):
        find_model(str(model))
    # Nor by another name than the usual one.
    (model / "pytorch_model.bin").rename(model / "model.safetensors")
    with pytest.raises(HealthSearchError, match="the model cannot be loaded"):
        SentenceTransformerEncoder(find_model(str(model)))
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("target", ["/dev/zero", "elsewhere.json", "nowhere"])
def test_a_model_s_file_that_stands_elsewhere_is_refused(tmp_path: Path, model: Path, target: str) -> None:
    (model / "config.json").rename(tmp_path / "elsewhere.json")
    (model / "config.json").symlink_to(tmp_path / target)
    with pytest.raises(HealthSearchError, match="no file of the model's folder") as refused:
        find_model(str(model))
    assert refused.value.place == str(model / "config.json")


def test_a_model_of_the_hub_s_cache_may_link_to_the_files_that_the_cache_keeps(tmp_path: Path, model: Path) -> None:
    repository = tmp_path / "models--one"
    (repository / "snapshots").mkdir(parents=True)
    (repository / "blobs").mkdir()
    snapshot = model.rename(repository / "snapshots" / "abc")
    before = find_model(str(snapshot)).digest
    (snapshot / "config.json").rename(repository / "blobs" / "1")
    (snapshot / "config.json").symlink_to("../../blobs/1")
    assert find_model(str(snapshot)).digest == before


def test_pickled_weights_of_a_part_are_refused_though_others_are_safe(model: Path) -> None:
    (model / "2_Dense").mkdir()
    (model / "2_Dense" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(HealthSearchError, match="no weights in safetensors form") as refused:
        find_model(str(model))
    assert refused.value.place == str(model / "2_Dense" / "pytorch_model.bin")


@pytest.mark.parametrize("name", ["//192.0.2.7/share", "\\\\192.0.2.7\\share"])
def test_an_index_that_names_a_model_on_another_machine_asks_nobody(index: Path, name: str) -> None:
    reseal(index, lambda manifest: manifest["encoder"].update(name=name))
    with pytest.raises(HealthSearchError, match="models are never downloaded"):
        Searcher.open(index)


def test_an_index_that_names_another_model_does_not_have_it_loaded(index: Path, model: Path) -> None:
    for weights in model.rglob("*.safetensors"):
        weights.write_bytes(b"would be refused as no safetensors, were they read")
    reseal(index, lambda manifest: manifest["encoder"].update(name=str(model)))
    for ask in (lambda: Searcher.open(index), Service(index).searcher):
        with pytest.raises(HealthSearchError, match="the model has changed since the index was made"):
            ask()


# The exported encoder that an index carries


@pytest.fixture(scope="module")
def carried(ready_tiny_model: ReadyModel) -> tuple[Path, str]:
    """An index's folder of encoders with one in it, and that one's digest. Not to be changed."""
    ready_tiny_model.load()
    return ready_tiny_model.home, ready_tiny_model.digest


def test_any_change_to_an_exported_encoder_is_seen(tmp_path: Path, carried: tuple[Path, str]) -> None:
    home, digest = Path(shutil.copytree(carried[0], tmp_path / "encoder")), carried[1]
    folder = folder_of(home, digest)
    assert ExportManifest.read(home, digest) is not None
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) > 3
    for name in names:
        file = folder / name
        whole = file.read_bytes()
        changed = [whole[:-1], whole[:0], whole[: len(whole) // 2] + b"\xff" + whole[len(whole) // 2 + 1 :]]
        for content in changed if name != "encoder.json" else changed[1:]:
            file.write_bytes(content)
            assert ExportManifest.read(home, digest) is None, name
        file.unlink()
        assert ExportManifest.read(home, digest) is None, name
        for target in (tmp_path / "away", Path("/dev/zero")):
            (tmp_path / "away").write_bytes(whole)
            file.symlink_to(target)
            assert ExportManifest.read(home, digest) is None, name
            file.unlink()
        os.mkfifo(file)
        assert ExportManifest.read(home, digest) is None, name
        file.unlink()
        file.write_bytes(whole)
    (folder / "more.xml").write_bytes(b"<net/>")
    assert ExportManifest.read(home, digest) is None
