"""An encoder run by OpenVINO: the network of a sentence-transformers model, exported for this processor.

Neither torch nor sentence-transformers is imported where ``exported`` has the folder of one.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from healthsearch.arrays import Matrix, Vector
from healthsearch.encoder import sentence_means, unit_rows
from healthsearch.exported import ASKING, READING, ExportManifest, saved_tokenizer
from healthsearch.network import parts_add_up
from healthsearch.passages import Span
from healthsearch.runtime import PRECISIONS, openvino_runtime, precisions

Tokens = npt.NDArray[np.float32]
# Every core that takes part holds buffers of its own; more than this many gain little on articles.
_MOST_CORES = 16
# Lengths are rounded up to a multiple of so many tokens, which the mask hides again: the runtime prepares itself for
# every other length, and that takes longer than some tokens more.
_STEP = 16


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
        self.precision = PRECISIONS[self._type]
        self._tokenizer = saved_tokenizer(folder)
        self.parts_add_up = parts_add_up(self._tokenizer)
        self._questions = saved_tokenizer(folder)
        self._questions.enable_truncation(manifest.most_tokens)
        self._compiling = threading.Lock()
        self._networks: dict[str, _Network] = {}

    def _network(self, file: str) -> _Network:
        # When it is first needed: a build asks no question, and a search reads no passage.
        with self._compiling:
            if file not in self._networks:
                self._networks[file] = _Network(
                    self._folder / file, self._type, self.workers, self._manifest.most_tokens
                )
            return self._networks[file]

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """See ``Tokenizer.token_spans``."""
        return [encoded.offsets for encoded in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        """See ``Encoder.encode_query``; what is over the limit is cut."""
        rows = np.zeros((len(queries), self.dimension), np.float32)
        network = self._network(ASKING)
        for row, query in zip(rows, queries, strict=True):
            with network.read([self._questions.encode(self._manifest.query_prompt + query).ids]) as (_, whole):
                row[:] = whole[0]
        return unit_rows(rows)

    def encode_passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> Iterator[tuple[int, Vector, Matrix]]:
        """See ``Encoder.encode_passages``. A passage over the limit is a ValueError, never cut silently."""
        prompt, most = self._manifest.passage_prompt, self._manifest.most_tokens
        encoded = self._tokenizer.encode_batch([prompt + text for text, _ in passages])
        lengths = [len(one.ids) for one in encoded]
        if max(lengths, default=0) > most:
            raise ValueError(f"the encoder reads {most} of a passage's {max(lengths)} tokens")
        network = self._network(READING if READING in self._manifest.files else ASKING)
        for places in _alike(lengths, self._manifest.together):
            with network.read([encoded[place].ids for place in places]) as (tokens, wholes):
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
