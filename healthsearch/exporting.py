"""Export any sentence-transformers model for this processor, by letting torch trace it.

A program of its own (``python -m healthsearch.exporting MODEL HOME``, see ``models``), so that torch leaves the memory
of the one that encodes with the result.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthsearch import bert
from healthsearch.encoder import ModelFiles
from healthsearch.errors import HealthSearchError
from healthsearch.exported import ExportManifest, save_networks
from healthsearch.models import find_model
from healthsearch.network import SentenceTransformerEncoder
from healthsearch.proof import PROBES, keep, probe_vectors
from healthsearch.runtime import openvino_runtime

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def main(argv: Sequence[str]) -> int:
    """Export the model of this name to a folder under this home; a mistake goes to standard output as JSON."""
    name, home = argv
    try:
        export(find_model(name), Path(home))
    except HealthSearchError as error:
        print(json.dumps([error.place, error.cause, error.remedy]))
        return 1
    return 0


def export(model: ModelFiles, home: Path) -> ExportManifest:
    """Write the model's networks under ``home``, with their proof; see ``proof.keep``.

    Raises HealthSearchError when its files make no usable encoder.
    """
    original = SentenceTransformerEncoder(model)
    manifest = ExportManifest(
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

    def save(folder: Path) -> dict[str, str]:
        # An adapter is one of the packaged model, whose passages must have the same bytes with it and without.
        reading = bert.network(model.folder) if model.adapter else None
        return save_networks(folder, original.tokenizer, _traced(original.asking), reading)

    return keep(home, manifest, save, lambda: probe_vectors(original))


def _traced(model: SentenceTransformer) -> Any:  # noqa: ANN401 - OpenVINO's model
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

    ids = torch.tensor([model.tokenizer(PROBES[1])["input_ids"]])
    example = (ids, torch.ones_like(ids))
    with torch.no_grad(), warnings.catch_warnings():
        # Of what a trace might take for constant: the probes of several lengths would tell.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(Whole(), example, strict=False, check_trace=False)  # type: ignore[no-untyped-call]
    reader = FrontEndManager().load_by_framework("pytorch")
    # OpenVINO reads from it for as long as it converts; the name keeps it alive.
    decoder = TorchScriptPythonDecoder(traced, example_input=example)
    return reader.convert(reader.load(decoder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
