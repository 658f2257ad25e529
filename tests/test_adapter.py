"""The adapter: what is added to which weights, what stays as it was, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from healthsearch import bert, models
from healthsearch.adapter import Adapter, linear_weights, low_rank
from healthsearch.build import build
from healthsearch.encoder import Encoder, encode_passage
from healthsearch.errors import HealthSearchError
from healthsearch.models import ORIGINAL, TUNED, find_model
from healthsearch.search import Searcher
from tests.folders import ROOT
from training.soup import write_adapter


@pytest.fixture
def network(tiny_model: str) -> SentenceTransformer:
    return SentenceTransformer(tiny_model, device="cpu")


def written(network: SentenceTransformer, folder: Path, rank: int = 8) -> tuple[Adapter, dict[str, torch.Tensor]]:
    """An adapter of random differences in ``folder``, and the differences."""
    generator = torch.Generator().manual_seed(3)
    added = {
        name: torch.randn(weight.shape, generator=generator) / 50 for name, weight in linear_weights(network).items()
    }
    base = folder / "model.safetensors"
    base.write_bytes(b"the original's weights")
    return write_adapter(added, rank, base, folder, "tuned"), added


def test_linear_weights_are_the_blocks_matrices_and_nothing_else(network: SentenceTransformer) -> None:
    names = linear_weights(network)
    assert len(names) == 6
    assert all(name.startswith("encoder.layer.0.") and name.endswith(".weight") for name in names)
    assert not any("LayerNorm" in name or "embeddings" in name or "pooler" in name for name in names)


def test_the_difference_is_added_to_every_linear_layer(network: SentenceTransformer, tmp_path: Path) -> None:
    adapter, added = written(network, tmp_path)
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    adapter.add_to(network)
    changed = 0
    for name, parameter in network.named_parameters():
        found = [difference for layer, difference in added.items() if name.endswith(layer)]
        expected = before[name] + found[0] if found else before[name]
        torch.testing.assert_close(parameter, expected, atol=1e-3, rtol=0)
        changed += bool(found)
    assert changed == len(added)


def test_an_adapter_is_read_as_it_was_written(network: SentenceTransformer, tmp_path: Path) -> None:
    adapter, _ = written(network, tmp_path)
    assert Adapter.read(tmp_path / "tuned.json") == adapter


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_low_rank_is_the_nearest_of_its_rank(rank: int) -> None:
    matrix = torch.randn(8, 12, generator=torch.Generator().manual_seed(1))
    left, right = low_rank(matrix, rank)
    assert (left.shape, right.shape) == ((8, rank), (rank, 12))
    # Eckart & Young: what is lost is exactly the singular values left out.
    lost = torch.linalg.svdvals(matrix)[rank:].square().sum()
    torch.testing.assert_close((matrix - left @ right).square().sum(), lost, atol=1e-3, rtol=0)


def test_an_adapter_that_lacks_a_layer_is_told_not_to_fit(network: SentenceTransformer, tmp_path: Path) -> None:
    _, added = written(network, tmp_path)
    added.popitem()
    lacking = write_adapter(added, 8, tmp_path / "model.safetensors", tmp_path, "lacking")
    with pytest.raises(HealthSearchError, match=r"lacking\.safetensors: it does not fit the weights"):
        lacking.add_to(network)


def test_a_changed_file_is_refused_by_name(network: SentenceTransformer, tmp_path: Path) -> None:
    adapter, _ = written(network, tmp_path)
    tensors = load_file(adapter.file)
    save_file({name: tensor + 1 for name, tensor in tensors.items()}, adapter.file)
    with pytest.raises(
        HealthSearchError, match=r"tuned\.safetensors: the file is not the one that was written with it"
    ):
        Adapter.read(tmp_path / "tuned.json")


@pytest.mark.parametrize("lost", ["tuned.safetensors", "tuned.json"])
def test_a_missing_file_is_told_so(network: SentenceTransformer, tmp_path: Path, lost: str) -> None:
    written(network, tmp_path)
    (tmp_path / lost).unlink()
    with pytest.raises(HealthSearchError, match=r"the adapter cannot be read .*Make it again"):
        Adapter.read(tmp_path / "tuned.json")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"file": 1, "sha256": "x", "base": "y"}'])
def test_facts_that_say_nothing_are_told_so(tmp_path: Path, content: str) -> None:
    (tmp_path / "tuned.json").write_text(content)
    with pytest.raises(HealthSearchError, match="the adapter cannot be read"):
        Adapter.read(tmp_path / "tuned.json")


@pytest.fixture
def tuned(tmp_path: Path) -> Path:
    """An adapter for the packaged weights, small and random."""
    model = SentenceTransformer(str(find_model().folder), device="cpu")
    generator = torch.Generator().manual_seed(3)
    added = {
        name: torch.randn(weight.shape, generator=generator) / 500 for name, weight in linear_weights(model).items()
    }
    write_adapter(added, 4, find_model().folder / "model.safetensors", tmp_path, "tuned")
    return tmp_path / "tuned.json"


def test_an_adapter_is_named_as_a_model_and_makes_another_one(tuned: Path) -> None:
    model = find_model(str(tuned))
    assert (model.name, model.folder) == (str(tuned), find_model().folder)
    assert model.digest != find_model().digest
    texts = ["Can massage help a slipped disc?", "How is gout treated?"]
    agreement = (model.load().encode_query(texts) * find_model().load().encode_query(texts)).sum(axis=1)
    assert np.all((agreement > 0.5) & (agreement < 0.9999))


def test_passages_are_read_as_without_it(tuned: Path, network_encoder: Encoder) -> None:
    encoder = find_model(str(tuned)).load()
    assert encoder.passage_digest == network_encoder.passage_digest
    text, sentences = "Rest helps. Walk soon.", [(0, 11), (12, 22)]
    for found, expected in zip(
        encode_passage(encoder, text, sentences), encode_passage(network_encoder, text, sentences), strict=True
    ):
        assert found.tobytes() == expected.tobytes()


def test_an_index_made_without_it_is_searched_with_it(tuned: Path, few_index: Path) -> None:
    plain, with_it = Searcher.open(few_index), Searcher.open(few_index, find_model(str(tuned)).load())
    question = "How is gout treated?"
    assert plain.search(question).calibrated and not with_it.search(question).calibrated
    first, second = (one.encoder.encode_query([question])[0] for one in (plain, with_it))
    assert float(first @ second) < 0.9999
    assert with_it.search(question).hits[0][1].id == "gout"


def test_the_packaged_adapter_is_named_and_told_apart_in_the_manifest(few_articles: Path, tmp_path: Path) -> None:
    tuned = find_model(TUNED)
    assert (tuned.name, tuned.digest in bert.REFERENCES) == (TUNED, True)
    index = tmp_path / "index"
    first = build(few_articles, index, find_model(ORIGINAL))
    assert (first.encoded > 0, Searcher.open(index).encoder.digest) == (True, find_model(ORIGINAL).digest)
    # Passages are read alike, so that nothing is encoded again.
    second = build(few_articles, index, tuned)
    assert (second.encoded, second.reused) == (0, first.encoded)
    named = Searcher.open(index)
    assert (named.generation.encoder.name, named.generation.encoder.digest) == (TUNED, tuned.digest)
    assert (named.encoder.digest, named.search("How is gout treated?").calibrated) == (tuned.digest, True)


def test_a_packaged_adapter_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for suffix in ("json", "safetensors"):
        shutil.copy(ROOT / "healthsearch" / f"{TUNED}.{suffix}", tmp_path)
    monkeypatch.setattr(models, "_HERE", tmp_path)
    assert find_model(TUNED).digest in bert.REFERENCES
    content = bytearray((tmp_path / f"{TUNED}.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / f"{TUNED}.safetensors").write_bytes(content)
    with pytest.raises(HealthSearchError, match="the file is not the one that was written with it"):
        find_model(TUNED)


def test_an_adapter_for_other_weights_is_refused(tuned: Path) -> None:
    tuned.write_text(tuned.read_text(encoding="utf-8").replace(Adapter.read(tuned).base, "0" * 64), encoding="utf-8")
    with pytest.raises(HealthSearchError, match="it was made for other weights"):
        find_model(str(tuned))
