"""The exported encoder: that it says what sentence-transformers says, and is exported again when it must be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from healthsearch import bert
from healthsearch.adapter import linear_weights
from healthsearch.encoder import Encoder, encode_passage
from healthsearch.errors import HealthSearchError
from healthsearch.exported import ASKING, ExportManifest, folder_of, keep_only
from healthsearch.exporting import export
from healthsearch.graph import GraphEncoder
from healthsearch.models import ORIGINAL, TUNED, LocalModel, find_model
from healthsearch.network import SentenceTransformerEncoder
from healthsearch.proof import probe_vectors
from healthsearch.runtime import precisions
from tests.folders import ROOT
from tests.ready_model import ReadyModel
from training.soup import write_adapter

TEXTS = (
    "Back pain › Care\nMassage relaxes the muscles. Do not do it on a fracture! Naïve 今日 🙂 users: ask 2.5 doctors.",
    "Rest.",
    "Walk a little every day, and a little more the next. " * 15,
)
PACKAGED = pytest.mark.parametrize("name", [ORIGINAL, TUNED])


@pytest.fixture(scope="module")
def tiny_home(tiny_model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tiny") / "encoder"
    export(find_model(tiny_model), home)
    return home


@pytest.fixture
def kept(tiny_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_home, tmp_path / "encoder"))


def agreement(one: Encoder, other: Encoder, text: str) -> float:
    """The smallest cosine between what two encoders say of a passage, its halves, and the text as a question."""
    spans = one.token_spans([text])[0]
    middle = spans[len(spans) // 2][0]
    pairs = zip(
        (*encode_passage(one, text, [(0, middle), (middle, len(text))]), one.encode_query([text])),
        (*encode_passage(other, text, [(0, middle), (middle, len(text))]), other.encode_query([text])),
        strict=True,
    )
    cosines = np.concatenate([np.atleast_1d((left * right).sum(axis=-1)) for left, right in pairs])
    # A half without any token is a row of zeros for both.
    return float(cosines[cosines != 0].min())


@pytest.mark.parametrize("precision", precisions())
@pytest.mark.parametrize("text", TEXTS)
def test_it_says_what_sentence_transformers_says(
    default_model: ReadyModel, default_encoder: Encoder, network_encoder: Encoder, precision: str, text: str
) -> None:
    manifest = ExportManifest.read(default_model.home, default_model.digest)
    assert manifest is not None
    found = GraphEncoder("x", folder_of(default_model.home, default_model.digest), manifest, precision)
    assert agreement(found, network_encoder, text) > {"f32": 0.99999, "bf16": 0.9995}[precision]


def test_what_it_says_of_itself(default_encoder: Encoder, network_encoder: Encoder) -> None:
    assert isinstance(default_encoder, GraphEncoder)
    for name in ("name", "digest", "passage_digest", "dimension", "limit", "parts_add_up"):
        assert getattr(default_encoder, name) == getattr(network_encoder, name)
    assert default_encoder.token_spans([*TEXTS, ""]) == network_encoder.token_spans([*TEXTS, ""])
    assert default_encoder.encode_query([]).shape == (0, 384)


def test_a_question_over_the_limit_is_cut_as_by_sentence_transformers(
    default_encoder: Encoder, network_encoder: Encoder
) -> None:
    cut = ["rest " * 300 + "pain"]
    assert float((default_encoder.encode_query(cut) @ network_encoder.encode_query(cut).T)[0, 0]) > 0.9995
    np.testing.assert_array_equal(default_encoder.encode_query(cut), default_encoder.encode_query(["rest " * 254]))


def test_a_passage_over_the_limit_is_refused_not_cut(default_encoder: Encoder) -> None:
    with pytest.raises(ValueError, match="reads 256 of a passage's 257 tokens"):
        encode_passage(default_encoder, "rest " * 255, [])


def test_a_passage_gives_the_same_bytes_whatever_runs_beside_it(default_encoder: Encoder) -> None:
    alone = [encode_passage(default_encoder, text, [(0, 4)]) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(lambda number: encode_passage(default_encoder, TEXTS[number % 3], [(0, 4)]), range(60)))
    for number, found in enumerate(beside):
        assert [rows.tobytes() for rows in found] == [rows.tobytes() for rows in alone[number % 3]]


def test_a_passage_gives_the_same_bytes_whatever_is_read_with_it(default_encoder: Encoder) -> None:
    words = TEXTS[2].split()
    # Groups of one length, larger than those that are read at once, and each in another place of its group.
    texts = [" ".join(words[first : first + length]) for length in (90, 30, 40, 100) for first in range(10)]
    passages = [(text, [(0, 4), (5, len(text))]) for text in texts]
    found = {place: (vector, sentences) for place, vector, sentences in default_encoder.encode_passages(passages)}
    assert sorted(found) == list(range(40))
    for place, passage in enumerate(passages):
        alone = encode_passage(default_encoder, *passage)
        assert [rows.tobytes() for rows in found[place]] == [rows.tobytes() for rows in alone]


def test_the_first_questions_of_a_process_may_be_many(default_model: ReadyModel) -> None:
    code = f"""
import sys, threading
from pathlib import Path
from healthsearch.models import find_model
sys.setswitchinterval(1e-6)
encoder = find_model().load(Path({str(default_model.home)!r}))
ready = threading.Barrier(8)
def ask():
    ready.wait()
    encoder.encode_query(["massage"])
threads = [threading.Thread(target=ask) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    # Threads that are first with numpy in OpenVINO would wait for each other for ever, one process in two.
    for _ in range(6):
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


def test_no_more_are_encoded_at_once_than_it_has_workers(kept: Path, tiny_model: str) -> None:
    encoder = find_model(tiny_model).load(kept)
    assert isinstance(encoder, GraphEncoder)
    tokens = [[1, 2]]
    with ExitStack() as busy, ThreadPoolExecutor(1) as other:
        for _ in range(encoder.workers):
            busy.enter_context(encoder._network(ASKING).read(tokens))
        asked = other.submit(encoder.encode_query, ["rest"])
        with pytest.raises(TimeoutError):
            asked.result(timeout=1)
        busy.close()
        assert asked.result(timeout=60).shape == (1, encoder.dimension)


def test_a_model_with_prompts(tiny_model: str, tiny_home: Path) -> None:
    model = find_model(tiny_model)
    found, original = model.load(tiny_home), model.load()
    assert isinstance(found, GraphEncoder) and isinstance(original, SentenceTransformerEncoder)
    assert (found.limit, found.dimension) == (12, 8)
    assert agreement(found, original, "massage pain. walk rest.") > 0.999
    assert not np.allclose(found.encode_query(["massage"]), encode_passage(found, "massage", [])[0], atol=0.01)


def test_an_adapter_tunes_the_network_for_questions_alone(
    tmp_path: Path, network_encoder: Encoder, default_encoder: Encoder
) -> None:
    original = find_model()
    weights = linear_weights(SentenceTransformer(str(original.folder), device="cpu"))
    added = {name: weight.detach() * 0.2 for name, weight in weights.items()}
    write_adapter(added, 4, original.folder / "model.safetensors", tmp_path, "tuned")
    model = find_model(str(tmp_path / "tuned.json"))
    found, tuned = model.load(tmp_path / "encoder"), model.load()
    assert isinstance(found, GraphEncoder)
    question, passage = ["Is massage safe?"], "Massage is safe for most people."
    assert float((found.encode_query(question) * tuned.encode_query(question)).sum()) > 0.9995
    assert float((found.encode_query(question) * network_encoder.encode_query(question)).sum()) < 0.9995
    np.testing.assert_array_equal(
        encode_passage(found, passage, [])[0], encode_passage(default_encoder, passage, [])[0]
    )


@PACKAGED
def test_a_packaged_encoder_is_proven_by_what_sentence_transformers_says(name: str) -> None:
    model = find_model(name)
    np.testing.assert_allclose(bert.reference(model.digest), probe_vectors(model.load()), atol=1e-5)


@PACKAGED
def test_a_packaged_encoder_that_says_something_else_is_unfit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    model = find_model(name)
    said = bert.reference(model.digest)
    monkeypatch.setattr(bert, "reference", lambda digest: np.roll(said, 1, axis=1))
    assert isinstance(model.load(tmp_path), SentenceTransformerEncoder)
    manifest = ExportManifest.read(tmp_path, model.digest)
    assert manifest is not None and manifest.unfit.startswith("the exported network says something else")


@PACKAGED
def test_a_packaged_encoder_is_exported_without_torch(tmp_path: Path, name: str) -> None:
    code = (
        "import sys; from pathlib import Path; from healthsearch.models import find_model;"
        f"print(type(find_model({name!r}).load(Path({str(tmp_path)!r}))).__name__);"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "GraphEncoder\n[]\n"


def test_the_packaged_adapter_reads_questions_alone(tmp_path: Path, default_encoder: Encoder) -> None:
    tuned = find_model(TUNED).load(tmp_path)
    question, passage, sentences = ["Is massage safe?"], "Massage is safe. Rest helps.", [(0, 16), (17, 28)]
    agreement = float((tuned.encode_query(question) * default_encoder.encode_query(question)).sum())
    assert 0.8 < agreement < 0.9995
    for found, expected in zip(
        encode_passage(tuned, passage, sentences), encode_passage(default_encoder, passage, sentences), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_a_build_compiles_no_network_for_questions_and_a_search_none_for_passages(tmp_path: Path) -> None:
    whole = find_model(TUNED).load(tmp_path)
    home = folder_of(tmp_path, whole.digest)
    manifest = ExportManifest.read(tmp_path, whole.digest)
    assert manifest is not None
    question, passage = ["Is massage safe?"], "Massage is safe."
    expected = whole.encode_query(question), encode_passage(whole, passage, [])[0]
    asking, reading = (GraphEncoder("", shutil.copytree(home, tmp_path / to), manifest) for to in ("ask", "read"))
    for lost in (tmp_path / "ask" / "passage.xml", tmp_path / "read" / "query.xml"):
        lost.unlink()
    np.testing.assert_array_equal(asking.encode_query(question), expected[0])
    np.testing.assert_array_equal(encode_passage(reading, passage, [])[0], expected[1])


def test_a_number_type_that_cannot_be_compiled_costs_only_itself(tmp_path: Path) -> None:
    # oneDNN then has no kernels for the bfloat16 that OpenVINO still offers, if this processor multiplies it.
    code = (
        "from pathlib import Path; from healthsearch.models import find_model;"
        f"print(type(find_model().load(Path({str(tmp_path)!r}))).__name__)"
    )
    run = [sys.executable, "-c", code]
    restricted = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"}
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT, env=restricted)
    manifest = ExportManifest.read(tmp_path, bert.DIGEST)
    assert manifest is not None and (manifest.unfit, done.stdout) == ("", "GraphEncoder\n")
    assert "f32" in manifest.agreement


def test_a_search_imports_neither_torch_nor_sentence_transformers_nor_telemetry(few_index: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from healthsearch.search import Searcher;"
        f"print(len(Searcher.open(Path({str(few_index)!r})).search('gout').results) > 0);"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules],"
        " sys.modules['openvino_telemetry'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "True\n[] None\n"


def test_what_is_kept_is_not_exported_again(tiny_model: str, kept: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in kept.rglob("*")}
    find_model(tiny_model).load(kept)
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*")} == before


@pytest.mark.parametrize("file", ["query.bin", "query.xml", "tokenizer.json", "encoder.json"])
def test_what_a_disk_has_spoilt_is_not_used(tiny_model: str, kept: Path, file: str) -> None:
    path = folder_of(kept, find_model(tiny_model).digest) / file
    path.write_bytes(path.read_bytes()[:-1] + b"#")
    assert ExportManifest.read(kept, find_model(tiny_model).digest) is None


def test_what_a_disk_has_spoilt_is_exported_again(tiny_model: str, kept: Path) -> None:
    model = find_model(tiny_model)
    (folder_of(kept, model.digest) / "query.bin").unlink()
    assert isinstance(model.load(kept), GraphEncoder)
    assert ExportManifest.read(kept, model.digest) is not None


def test_a_model_that_was_found_unfit_is_run_by_sentence_transformers(tiny_model: str, kept: Path) -> None:
    model = find_model(tiny_model)
    manifest = folder_of(kept, model.digest) / "encoder.json"
    values = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(values | {"agreement": {}, "unfit": "it says something else"}), encoding="utf-8")
    assert isinstance(model.load(kept), SentenceTransformerEncoder)


def test_a_network_that_says_something_else_is_unfit(
    tiny_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = SentenceTransformerEncoder.encode_query
    monkeypatch.setattr(SentenceTransformerEncoder, "encode_query", lambda self, queries: honest(self, ["pain"]))
    manifest = export(find_model(tiny_model), tmp_path)
    assert manifest.agreement == {} and manifest.unfit.startswith("the exported network says something else")
    assert ExportManifest.read(tmp_path, find_model(tiny_model).digest) == manifest


@pytest.mark.parametrize("trouble", [MemoryError(), OSError("no space left")])
def test_a_passing_trouble_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def troubled(digest: str) -> None:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(bert, "reference", troubled)
        assert isinstance(find_model().load(tmp_path), SentenceTransformerEncoder)
    assert list(tmp_path.iterdir()) == []
    assert isinstance(find_model().load(tmp_path), GraphEncoder)


@pytest.mark.parametrize("packaged", [True, False])
def test_without_a_place_to_keep_it_sentence_transformers_runs_it(
    tiny_model: str, tmp_path: Path, packaged: bool
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    model = find_model() if packaged else find_model(tiny_model)
    assert isinstance(model.load(tmp_path / "file" / "encoder"), SentenceTransformerEncoder)


def test_a_model_that_cannot_be_loaded_is_a_mistake_that_names_it(tiny_model: str, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(tiny_model, tmp_path / "broken"))
    (broken / "config.json").write_text("{", encoding="utf-8")
    model = LocalModel(str(broken), broken, "d" * 64, "d" * 64)
    with pytest.raises(HealthSearchError, match="the model cannot be loaded") as caught:
        model.load(tmp_path / "encoder")
    assert caught.value.place == str(broken)


def test_encoders_that_no_generation_names_are_removed(tmp_path: Path) -> None:
    for digest in ("a" * 64, "b" * 64, "c" * 64):
        folder_of(tmp_path, digest).mkdir()
    keep_only({"a" * 64, "c" * 64}, tmp_path)
    assert {folder.name for folder in tmp_path.iterdir()} == {"a" * 16, "c" * 16}
    keep_only((), tmp_path / "nothing here")
