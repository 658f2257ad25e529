"""Keep an exported encoder in its folder, with the proof that it says what sentence-transformers says.

Who exports it is told elsewhere: ``bert`` the packaged one, ``exporting`` any other.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from healthsearch.arrays import Matrix
from healthsearch.encoder import Encoder, encode_passage
from healthsearch.exported import ExportManifest, folder_of
from healthsearch.graph import GraphEncoder
from healthsearch.runtime import precisions

# How near a vector must be to that of sentence-transformers. In full precision only the halved weights differ; the
# rankings of the development sets move by less than .003 (benchmarks/results/ranking.md).
_NEAREST = {"f32": 0.9999, "bf16": 0.999}
# Of several lengths, words and scripts.
PROBES = (
    "rest",
    "Is it safe to rub my back right after the pain came back?",
    "Massage relaxes the muscles around a disc. Do not do it on a fracture!",
    "Naïve users of 2.5 mg should ask (今日) a doctor; 🙂 is no word.",
    "Walk a little every day. " * 9,
)


def keep(
    home: Path,
    manifest: ExportManifest,
    save: Callable[[Path], dict[str, str]],
    reference: Callable[[], Matrix],
) -> ExportManifest:
    """Let ``save`` write the networks into a folder under ``home``, and note how far they can be trusted.

    ``save`` returns the SHA-256s of its files, ``reference`` the ``probe_vectors`` of sentence-transformers. A model
    whose networks cannot be exported, or say something else then, is noted as unfit. Raises OSError and MemoryError,
    which say nothing of the model, and then keeps nothing.
    """
    folder = folder_of(home, manifest.digest)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        try:
            manifest = _proven(replace(manifest, files=save(draft)), draft, reference())
        except (OSError, MemoryError):
            raise
        # Whatever a foreign network, torch's tracing or OpenVINO may raise: sentence-transformers can still run it.
        except Exception as error:
            manifest = replace(manifest, unfit=f"{type(error).__name__}: {error}")
        manifest.write(draft)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def probe_vectors(encoder: Encoder) -> Matrix:
    """The vectors of each probe: as a question, as a passage, of its half and its whole as sentences.

    As (4 x probes, dimension).
    """
    return np.concatenate([_vectors(encoder, text) for text in PROBES])


def _proven(manifest: ExportManifest, folder: Path, reference: Matrix) -> ExportManifest:
    graphs = _compiled(manifest, folder)
    cosines = {each: float((probe_vectors(graph) * reference).sum(axis=1).min()) for each, graph in graphs.items()}
    near = {each: cosine for each, cosine in cosines.items() if cosine >= _NEAREST[each]}
    if not near:
        return replace(manifest, unfit=f"the exported network says something else: {cosines}")
    if not all(_is_itself_among_others(graphs[each], manifest.together) for each in near):
        manifest = replace(manifest, together=1)
    return replace(manifest, agreement=near)


def _compiled(manifest: ExportManifest, folder: Path) -> dict[str, GraphEncoder]:
    """The networks in each number type that OpenVINO can run here; its RuntimeError where it can run none."""
    graphs: dict[str, GraphEncoder] = {}
    failure: RuntimeError | None = None
    for precision in precisions():
        try:
            graph = GraphEncoder("", folder, manifest, precision)
            graph.encode_query(PROBES[:1])
            graphs[precision] = graph
        # A processor that is emulated, or restricted, may offer types for which OpenVINO then has no kernel.
        except RuntimeError as error:
            failure = error
    if failure is not None and not graphs:
        raise failure
    return graphs


def _vectors(encoder: Encoder, text: str) -> Matrix:
    # As much of it as the model can read.
    spans = encoder.token_spans([text])[0][: encoder.limit]
    read, half = text[: spans[-1][1]], spans[len(spans) // 2][1]
    passage, sentences = encode_passage(encoder, read, [(0, half), (0, len(read))])
    return np.concatenate([encoder.encode_query([text]), passage[None], sentences])


def _is_itself_among_others(graph: Encoder, most: int) -> bool:
    """Whether a passage read with up to so many of its length has the same vectors, to the last bit, as alone."""
    texts = []
    for text in PROBES:
        words = text[: graph.token_spans([text])[0][: (graph.limit + 1) // 2][-1][1]].split()
        texts += [" ".join(words[first:] + words[:first]) for first in range(min(len(words), most))]
    passages = [(text, [(0, len(text) // 2), (0, len(text))]) for text in texts]
    alone = [encode_passage(graph, *passage) for passage in passages]
    return all(
        np.array_equal(vector, alone[place][0]) and np.array_equal(sentences, alone[place][1])
        for place, vector, sentences in graph.encode_passages(passages)
    )
