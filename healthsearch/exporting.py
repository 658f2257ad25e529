"""Export a sentence-transformers model for this processor, and prove that it says the same.

A program of its own (``python -m healthsearch.exporting MODEL HOME``, see ``models``), so that torch leaves the memory
of the one that encodes with the result.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from healthsearch.encoder import Encoder, Matrix, ModelFiles, encode_passage
from healthsearch.errors import HealthSearchError
from healthsearch.graph import Facts, GraphEncoder, folder_of, openvino_runtime, precisions, save_networks
from healthsearch.models import find_model
from healthsearch.network import SentenceTransformerEncoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# How near a vector must be to that of sentence-transformers. In full precision only the halved weights differ; the
# rankings of the development sets move by less than .003 (benchmarks/results/ranking.md).
_NEAREST = {"f32": 0.9999, "bf16": 0.999}
# Of several lengths, words and scripts.
_PROBES = (
    "rest",
    "Is it safe to rub my back right after the pain came back?",
    "Massage relaxes the muscles around a disc. Do not do it on a fracture!",
    "Naïve users of 2.5 mg should ask (今日) a doctor; 🙂 is no word.",
    "Walk a little every day. " * 9,
)


def main(argv: Sequence[str]) -> int:
    """Export the model of this name to a folder under this home; a mistake goes to standard output as JSON."""
    name, home = argv
    try:
        export(find_model(name), Path(home))
    except HealthSearchError as error:
        print(json.dumps([error.place, error.cause, error.remedy]))
        return 1
    return 0


def export(model: ModelFiles, home: Path) -> Facts:
    """Write the model's networks under ``home``, with what proves them equal.

    A model whose networks cannot be exported, or say something else then, is noted as unfit. Raises HealthSearchError
    when its files make no usable encoder.
    """
    original = SentenceTransformerEncoder(model)
    folder = folder_of(home, model.digest)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        facts = _written(model, original, draft)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return facts


def _written(model: ModelFiles, original: SentenceTransformerEncoder, folder: Path) -> Facts:
    facts = Facts(
        digest=model.digest,
        passage_digest=model.passage_digest,
        dimension=original.dimension,
        limit=original.limit,
        most_tokens=original.most_tokens,
        query_prompt=original.query_prompt,
        passage_prompt=original.passage_prompt,
        agreement={},
        files={},
    )
    try:
        asking = _graph(original.asking)
        reading = _graph(original.reading) if original.reading is not original.asking else None
        facts = replace(facts, files=save_networks(folder, original.tokenizer, asking, reading))
        agreement = {each: _agreement(original, GraphEncoder(model.name, folder, facts, each)) for each in precisions()}
        facts = replace(facts, agreement={each: near for each, near in agreement.items() if near >= _NEAREST[each]})
        if not all(_is_itself_among_others(GraphEncoder(model.name, folder, facts, each)) for each in facts.agreement):
            facts = replace(facts, together=1)
        unfit = "" if facts.agreement else f"the exported network says something else: {agreement}"
    # Whatever a foreign network, torch's tracing or OpenVINO may raise: sentence-transformers can still run it.
    except Exception as error:
        unfit = f"{type(error).__name__}: {error}"
    facts = replace(facts, unfit=unfit)
    facts.write(folder)
    return facts


def _graph(model: SentenceTransformer) -> Any:  # noqa: ANN401 - OpenVINO's model
    """The whole model, pooling included, with any number of tokens; outputs: token vectors, and that of the whole."""
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model.eval()

        def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            found = self.model({"input_ids": tokens, "attention_mask": mask})
            return found["token_embeddings"], found["sentence_embedding"]

    openvino_runtime()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    ids = torch.tensor([model.tokenizer(_PROBES[1])["input_ids"]])
    example = (ids, torch.ones_like(ids))
    with torch.no_grad(), warnings.catch_warnings():
        # Of what a trace might take for constant: the probes of several lengths would tell.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(Whole(), example, strict=False, check_trace=False)  # type: ignore[no-untyped-call]
    reader = FrontEndManager().load_by_framework("pytorch")
    # OpenVINO reads from it for as long as it converts; the name keeps it alive.
    decoder = TorchScriptPythonDecoder(traced, example_input=example)
    return reader.convert(reader.load(decoder))


def _agreement(original: Encoder, graph: Encoder) -> float:
    """The smallest cosine between what both say of a probe: as a question, as a passage, as its sentences."""
    return float(min((_vectors(original, text) * _vectors(graph, text)).sum(axis=1).min() for text in _PROBES))


def _vectors(encoder: Encoder, text: str) -> Matrix:
    # As much of it as the model can read.
    spans = encoder.token_spans([text])[0][: encoder.limit]
    read, half = text[: spans[-1][1]], spans[len(spans) // 2][1]
    passage, sentences = encode_passage(encoder, read, [(0, half), (0, len(read))])
    return np.concatenate([encoder.encode_query([text]), passage[None], sentences])


def _is_itself_among_others(graph: Encoder) -> bool:
    """Whether a passage read with others of its length has the same vectors, to the last bit, as alone."""
    texts = []
    for text in _PROBES:
        words = text[: graph.token_spans([text])[0][: (graph.limit + 1) // 2][-1][1]].split()
        texts += [" ".join(words[first:] + words[:first]) for first in range(min(len(words), 4))]
    passages = [(text, [(0, len(text) // 2), (0, len(text))]) for text in texts]
    alone = [encode_passage(graph, *passage) for passage in passages]
    return all(
        np.array_equal(vector, alone[place][0]) and np.array_equal(sentences, alone[place][1])
        for place, vector, sentences in graph.encode_passages(passages)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
