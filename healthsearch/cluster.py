"""Reading, splitting and encoding on the machines of a Ray cluster.

A pipeline of Ray Data: tasks read and split the files, and workers that each hold the model encode their passages.
What comes back is kept in the build's journal by its key, so that it may come in any order and more than once, as it
does when a machine is lost. The build then goes on like one that was interrupted after encoding, and its generation
is that of one machine, byte for byte. Knows nothing of journal, plan or generation.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from healthsearch.article import Article
from healthsearch.cluster_connection import connected, prepare, ray_module
from healthsearch.corpus import SourceFile, read_file
from healthsearch.encoder import Encoder
from healthsearch.encoding import Encoded
from healthsearch.errors import HealthSearchError, UnreadableArticle
from healthsearch.exported import folder_of
from healthsearch.journal import passage_key
from healthsearch.models import find_model
from healthsearch.passages import Span, split
from healthsearch.proof import probe_vectors
from healthsearch.quantisation import quantised

# Passages that a worker encodes at once, and sends back: some seconds of work, all that is lost with a machine.
_BATCH = 128
# A table of passages that is handed on grows to about so many bytes, one batch of passages of some 800 characters.
_BLOCK = 150_000
# Files that one task reads and splits, at most.
_FILES = 64
# The share of a processor that such a task takes, since it also waits for the disk. A worker takes a whole one: were
# they alike, Ray Data would read and encode in one, and a file of many articles would keep only one worker busy.
_READING = 0.5
# With one processor the tasks and the workers would wait for each other.
_FEWEST_PROCESSORS = 2
_PASSAGES = pa.schema(
    {"path": pa.string(), "key": pa.string(), "text": pa.large_string(), "spans": pa.binary(), "fault": pa.string()}
)
_VECTORS = pa.schema(
    {"path": pa.string(), "key": pa.string(), "vector": pa.binary(), "sentences": pa.binary(), "fault": pa.string()}
)


@dataclass(frozen=True, slots=True)
class _Job:
    """What every machine needs to know, sent once.

    ``program``: the digest of our own code. ``exported``: the files of the exported encoder by name, none if
    sentence-transformers runs it. ``reference``: the ``probe_vectors`` of the machine that asks, as bytes.
    ``known``: the keys that need not be encoded, as bytes.
    """

    corpus: str
    model: str
    digest: str
    precision: str
    program: str
    exported: dict[str, bytes]
    reference: bytes
    known: frozenset[bytes]


class Cluster:
    """The cluster at an address: ``HOST:PORT``, ``auto`` for that of this machine, ``local`` for one that lasts as
    long as the build. Raises HealthSearchError when Ray is not installed; connects when there is something to encode.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        prepare(address)

    def encode(
        self, corpus: Path, files: Sequence[SourceFile], encoder: Encoder, home: Path, known: Collection[str]
    ) -> Iterator[Encoded]:
        """The passages of the files whose keys are not ``known``, encoded; in any order, some perhaps twice.

        ``corpus`` must be the same folder on every machine. What cannot be read there is left out. ``home`` keeps the
        exported encoder. Raises HealthSearchError when a machine would read or encode otherwise than this one, and
        when the cluster cannot be reached or fails as a whole.
        """
        if not files:
            return
        ray = ray_module()
        job = _job(corpus, encoder, home, known)
        with connected(self.address):
            for table in _tables(_pipeline(ray.put(job), files)):
                yield from _received(table, encoder.dimension)


def _job(corpus: Path, encoder: Encoder, home: Path, known: Collection[str]) -> _Job:
    return _Job(
        str(corpus.resolve()),
        encoder.name,
        encoder.digest,
        encoder.precision,
        _program(),
        _exported(folder_of(home, encoder.digest)),
        probe_vectors(encoder).tobytes(),
        frozenset(bytes.fromhex(key) for key in known),
    )


def _pipeline(job_ref: Any, files: Sequence[SourceFile]) -> Any:  # noqa: ANN401 - ray's own types
    """The dataset of ``_VECTORS`` that the cluster makes of the files; ``job_ref`` refers to a ``_Job``."""
    ray = ray_module()
    processors = int(ray.cluster_resources().get("CPU", 0))
    if processors < _FEWEST_PROCESSORS:
        raise HealthSearchError(
            "the Ray cluster",
            f"it has {processors} processors, and the pipeline needs {_FEWEST_PROCESSORS}",
            "Add a machine, or build without --ray.",
        )
    # Enough tasks to share out, few enough to keep account of.
    tasks = min(len(files), max(4 * processors, len(files) // _FILES))
    # Else it reports on standard error what we report ourselves; problems come as exceptions.
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.target_max_block_size = _BLOCK
    named = ray.data.from_items([{"path": file.path, "size": file.size} for file in files], override_num_blocks=tasks)
    passages = named.map_batches(
        _split_files, fn_args=([job_ref],), batch_size=None, batch_format="pyarrow", num_cpus=_READING
    )
    return passages.map_batches(
        _Worker,
        fn_constructor_args=([job_ref],),
        batch_size=_BATCH,
        batch_format="pyarrow",
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=processors),
    )


def _tables(made: Any) -> Iterator[pa.Table]:  # noqa: ANN401 - ray's own type
    """The tables of a dataset as they are made: one that was lost, and is made again, holds up no other."""
    ray = ray_module()
    waiting = []
    for bundle in made.iter_internal_ref_bundles():
        waiting += bundle.block_refs
        ready, waiting = ray.wait(waiting, num_returns=len(waiting), timeout=0)
        for each in ready:
            yield ray.get(each)
    for each in waiting:
        yield ray.get(each)


def _split_files(files: pa.Table, job_ref: Sequence[Any]) -> Iterator[pa.Table]:
    """In a task: the passages of some files that have to be encoded, as ``_PASSAGES``."""
    try:
        job, encoder = _prepared(*job_ref)
        if not Path(job.corpus).is_dir():
            raise HealthSearchError(
                job.corpus,
                f"the machine {platform.node()} does not see the folder",
                "Share it with every machine of the cluster, under the same path.",
            )
    except HealthSearchError as error:
        yield _fault(error, _PASSAGES)
        return
    rows = []
    for path in files["path"].to_pylist():
        for row in _passages_of(path, job, encoder):
            rows.append(row)
            if len(rows) == _BATCH:
                yield pa.Table.from_pylist(rows, _PASSAGES)
                rows = []
    yield pa.Table.from_pylist(rows, _PASSAGES)


def _passages_of(path: str, job: _Job, encoder: Encoder) -> Iterator[dict[str, object]]:
    try:
        _, outcomes = read_file(Path(job.corpus), SourceFile(path, "", 0))
    except UnreadableArticle:
        # The machine that asks reads the file again, and says what is wrong.
        return
    for outcome in outcomes:
        for passage in split(outcome, encoder) if isinstance(outcome, Article) else ():
            key = passage_key(encoder.passage_digest, passage)
            if bytes.fromhex(key) not in job.known:
                spans = np.array(passage.encoded_sentences, np.int64).tobytes()
                yield {"path": path, "key": key, "text": passage.encoded_text, "spans": spans}


class _Worker:
    """Holds the model and encodes: ``_PASSAGES`` to ``_VECTORS``."""

    def __init__(self, job_ref: Sequence[Any]) -> None:
        self._job_ref = job_ref

    def __call__(self, passages: pa.Table) -> pa.Table:
        faults = passages["fault"].drop_null()
        if len(faults):
            return pa.Table.from_pylist([{"fault": faults[0].as_py()}], _VECTORS)
        try:
            # Not when the worker is made: Ray would make it again and again.
            _, encoder = _prepared(*self._job_ref)
        except HealthSearchError as error:
            return _fault(error, _VECTORS)
        rows = passages.to_pylist()
        texts = [(row["text"], _spans(row["spans"])) for row in rows]
        return pa.Table.from_pylist(
            [
                {
                    "path": rows[place]["path"],
                    "key": rows[place]["key"],
                    "vector": vector.tobytes(),
                    "sentences": quantised(sentences).tobytes(),
                }
                for place, vector, sentences in encoder.encode_passages(texts)
            ],
            _VECTORS,
        )


def _spans(kept: bytes) -> list[Span]:
    return [(start, end) for start, end in np.frombuffer(kept, np.int64).reshape(-1, 2).tolist()]


def _fault(error: HealthSearchError, schema: pa.Schema) -> pa.Table:
    """A table that tells of the error: an exception would come as text, with ours lost in it."""
    return pa.Table.from_pylist([{"fault": json.dumps([error.place, error.cause, error.remedy])}], schema)


def _received(table: pa.Table, dimension: int) -> Iterator[Encoded]:
    for row in table.to_pylist():
        if row["fault"] is not None:
            raise HealthSearchError(*json.loads(row["fault"]))
        sentences = np.frombuffer(row["sentences"], np.int8).reshape(-1, dimension)
        yield Encoded(row["path"], row["key"], np.frombuffer(row["vector"], np.float32), sentences)


@cache
def _prepared(job_ref: Any) -> tuple[_Job, Encoder]:  # noqa: ANN401 - ray's own type
    """The job, and the encoder, loaded once in a process.

    Raises HealthSearchError if it is not the model, or would not encode to the last bit as where the build runs.
    """
    job: _Job = ray_module().get(job_ref)
    here = platform.node()
    if job.program != _program():
        raise HealthSearchError(
            here,
            "this machine of the cluster has another version of HealthSearch",
            "Install the same on every machine.",
        )
    model = find_model(job.model)
    if model.digest != job.digest:
        raise HealthSearchError(
            job.model, f"on the machine {here} the model's files are others", "Put the same files on every machine."
        )
    with TemporaryDirectory() as place:
        # The same exported networks everywhere. They are in memory before the folder goes.
        folder = folder_of(Path(place), job.digest)
        folder.mkdir(parents=True)
        for name, content in job.exported.items():
            (folder / name).write_bytes(content)
        encoder = model.load(Path(place) if job.exported else None)
        same = probe_vectors(encoder).tobytes() == job.reference
    if not same:
        raise HealthSearchError(
            here,
            f"this machine of the cluster encodes otherwise (in {encoder.precision}) than the one where the build runs"
            f" (in {job.precision}), and an index holds vectors of one kind",
            "Use machines with the same kind of processor and the same packages.",
        )
    return job, encoder


def _exported(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())} if folder.is_dir() else {}


@cache
def _program() -> str:
    """SHA-256 of our own code."""
    package = Path(__file__).parent
    read = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        content = file.read_bytes()
        read.update(f"{file.relative_to(package).as_posix()} {len(content)}\n".encode() + content)
    return read.hexdigest()
