"""An encoder run by OpenVINO: the network of a sentence-transformers model, exported for this processor.

A folder keeps it: ``bert`` or ``exporting`` writes one, ``proof`` compares it, an index carries it, and from then on
neither torch nor sentence-transformers is imported. Whoever needs openvino gets it here, its telemetry kept out.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer

from healthsearch.arrays import Matrix, Vector
from healthsearch.encoder import sentence_means, unit_rows
from healthsearch.files import sha256
from healthsearch.network import parts_add_up
from healthsearch.passages import Span

Tokens = npt.NDArray[np.float32]
_PREPARING = threading.Lock()

# Raise it when the files of the folder change shape; older ones are then exported anew.
_FORMAT = 2
_MANIFEST, _TOKENIZER = "encoder.json", "tokenizer.json"
_ASKING, _READING = "query.xml", "passage.xml"
# Number types by OpenVINO's names, best first: bfloat16 where the processor multiplies it natively.
_PRECISIONS = {"bf16": "bfloat16", "f32": "float32"}
# Every core that takes part holds buffers of its own; more than this many gain little on articles.
_MOST_CORES = 16
# Lengths are rounded up to a multiple of so many tokens, which the mask hides again: the runtime prepares itself for
# every other length, and that takes longer than some tokens more.
_STEP = 16
# So many passages of one rounded length are read at once; more gain nothing.
_TOGETHER = 8


@dataclass(frozen=True, slots=True)
class ExportManifest:
    """What the folder of an exported encoder says of it. ``files``: SHA-256 by name.

    ``agreement``: for each precision that was proven, the smallest cosine between a vector of it and of
    sentence-transformers; empty when the network could not be exported, for the reason in ``unfit``.
    ``together``: how many passages it may read at once, which leaves each as it is alone, to the last bit.
    """

    digest: str
    passage_digest: str
    dimension: int
    limit: int
    most_tokens: int
    query_prompt: str
    passage_prompt: str
    agreement: dict[str, float]
    files: dict[str, str]
    unfit: str = ""
    together: int = _TOGETHER
    format: int = _FORMAT

    @classmethod
    def read(cls, home: Path, digest: str) -> ExportManifest | None:
        """What is kept under ``home`` of the encoder of this digest; None without it, or when a file has changed."""
        folder = folder_of(home, digest)
        try:
            digests = _digests(folder)
            manifest = cls(**json.loads((folder / _MANIFEST).read_text(encoding="utf-8")))
            whole = manifest.format == _FORMAT and manifest.digest == digest and manifest.files == digests
        except (OSError, RecursionError, ValueError, TypeError):
            return None
        return manifest if whole else None

    def write(self, folder: Path) -> None:
        """The last file of a folder to be written."""
        (folder / _MANIFEST).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def folder_of(home: Path, digest: str) -> Path:
    """Where an encoder is kept under ``home``."""
    return home / digest[:16]


def keep_only(digests: Collection[str], home: Path) -> None:
    """Remove every encoder under ``home`` but these."""
    kept = {folder_of(home, digest) for digest in digests}
    for folder in home.iterdir() if home.is_dir() else ():
        if folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def precisions() -> list[str]:
    """The number types that this processor multiplies natively, by OpenVINO's names, best first."""
    offered = [str(name).lower() for name in openvino_runtime().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")]
    return [name for name in _PRECISIONS if name in offered or name == "f32"]


def plain_tokenizer(file: Path) -> Tokenizer:
    """The tokenizer in this file, neither cutting nor padding."""
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def save_networks(folder: Path, tokenizer: Tokenizer, asking: Any, reading: Any | None) -> dict[str, str]:  # noqa: ANN401
    """Write tokenizer and networks (OpenVINO models; ``reading`` None where one reads all); returns their SHA-256s.

    Weights are kept in half precision, which halves the file and costs less than bfloat16 multiplication does.
    """
    tokenizer.save(str(folder / _TOKENIZER))
    openvino_runtime().save_model(asking, folder / _ASKING, compress_to_fp16=True)
    if reading is not None:
        openvino_runtime().save_model(reading, folder / _READING, compress_to_fp16=True)
    return _digests(folder)


class GraphEncoder:
    """An ``Encoder`` whose networks OpenVINO runs, on one thread for whoever asks.

    A vector depends neither on what is read with it nor on what runs beside it, so that a partial build gives the
    bytes of a full one on the same kind of processor; ``proof`` shows that.
    """

    def __init__(self, name: str, folder: Path, manifest: ExportManifest, precision: str | None = None) -> None:
        self.name = name
        self.digest = manifest.digest
        self.passage_digest = manifest.passage_digest
        self.dimension = manifest.dimension
        self.limit = manifest.limit
        # While one worker is about something else than the network, no core waits for it.
        self.workers = _cores() + 1
        # A passage's sentences are too little work to share out, and threads that have done so stay busy waiting.
        threadpool_limits(1, user_api="blas")
        self._manifest = manifest
        self._folder = folder
        self._type = precision or next(each for each in precisions() if each in manifest.agreement)
        self.precision = _PRECISIONS[self._type]
        self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        self.parts_add_up = parts_add_up(self._tokenizer)
        self._questions = Tokenizer.from_file(str(folder / _TOKENIZER))
        self._questions.enable_truncation(manifest.most_tokens)
        self._asking = self._network(_ASKING)

    @cached_property
    def _reading(self) -> _Network:
        return self._network(_READING) if _READING in self._manifest.files else self._asking

    def _network(self, file: str) -> _Network:
        return _Network(self._folder / file, self._type, self.workers, self._manifest.most_tokens)

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """See ``Tokenizer.token_spans``."""
        return [encoded.offsets for encoded in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        """See ``Encoder.encode_query``; what is over the limit is cut."""
        rows = np.zeros((len(queries), self.dimension), np.float32)
        for row, query in zip(rows, queries, strict=True):
            with self._asking.read([self._questions.encode(self._manifest.query_prompt + query).ids]) as (_, whole):
                row[:] = whole[0]
        return unit_rows(rows)

    def encode_passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> Iterator[tuple[int, Vector, Matrix]]:
        """See ``Encoder.encode_passages``. A passage over the limit is a ValueError, never cut silently."""
        prompt, most = self._manifest.passage_prompt, self._manifest.most_tokens
        encoded = self._tokenizer.encode_batch([prompt + text for text, _ in passages])
        lengths = [len(one.ids) for one in encoded]
        if max(lengths, default=0) > most:
            raise ValueError(f"the encoder reads {most} of a passage's {max(lengths)} tokens")
        for places in _alike(lengths, self._manifest.together):
            with self._reading.read([encoded[place].ids for place in places]) as (tokens, wholes):
                vectors = unit_rows(wholes)
                sentences = [
                    sentence_means(
                        read[: lengths[place]], np.array(encoded[place].offsets) - len(prompt), passages[place][1]
                    )
                    for place, read in zip(places, tokens, strict=True)
                ]
            yield from zip(places, vectors, sentences, strict=True)


def _alike(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """The places of all lengths, shortest first, in groups of at most so many of one rounded length."""
    ordered = sorted(range(len(lengths)), key=lambda place: lengths[place])
    for _, places in groupby(ordered, key=lambda place: _rounded(lengths[place])):
        alike = list(places)
        yield from (alike[first : first + most] for first in range(0, len(alike), most))


def _rounded(length: int) -> int:
    return -(-length // _STEP) * _STEP


class _Network:
    """A compiled network for so many workers at once, of whom as many as there are cores run, on one thread each."""

    def __init__(self, file: Path, precision: str, workers: int, most_tokens: int) -> None:
        settings = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": _cores(),
            "NUM_STREAMS": _cores(),
            # Beside other busy programs, threads that may not move wait longest.
            "ENABLE_CPU_PINNING": False,
        }
        self._most_tokens = most_tokens
        compiled = openvino_runtime().Core().compile_model(file, "CPU", settings)
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(workers):
            self._free.put(compiled.create_infer_request())

    @contextmanager
    def read(self, texts: Sequence[Sequence[int]]) -> Iterator[tuple[Tokens, Matrix]]:
        """The vectors of n texts' tokens as (n, tokens, dimension), those after a text's end without meaning, and of
        the whole texts as (n, dimension): to be copied or used before the block ends, since the next to read gets the
        same memory.
        """
        # No network has places for more tokens than it reads.
        tokens = np.zeros((len(texts), min(_rounded(max(map(len, texts))), self._most_tokens)), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, ids in enumerate(texts):
            tokens[row, : len(ids)], mask[row, : len(ids)] = ids, 1
        request = self._free.get()
        try:
            request.infer([tokens, mask], share_inputs=True)
            yield request.get_output_tensor(0).data, request.get_output_tensor(1).data
        finally:
            self._free.put(request)


def _cores() -> int:
    """How many cores are ours to use."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(ours, _MOST_CORES)


def openvino_runtime() -> Any:  # noqa: ANN401 - the module
    """The module ``openvino``, imported when it is needed, ready for many threads, and without its telemetry."""
    with _PREPARING:
        return _openvino()


@cache
def _openvino() -> Any:  # noqa: ANN401 - the module
    # It reports its use to its makers, unless this package is missing.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    # When it meets numpy for the first time it lets go of Python's lock halfway: of two threads that were first, each
    # would wait for the other, for ever.
    openvino.Tensor(np.zeros(1, np.float32))
    return openvino


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file():
            # What stands there instead of a file may never end.
            raise ValueError(f"{path} is no file")
        if path.name != _MANIFEST:
            found[path.name] = sha256(path)
    return found
