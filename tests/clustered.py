"""Ray clusters of several machines on this one, and builds on them.

Run as ``python -m tests.clustered CORPUS REFERENCE HOME``: goes through a build's life on a cluster of three machines,
and prints what came of it as one JSON object. REFERENCE is an index of CORPUS that was built without a cluster. In a
network namespace of its own, where that can be had, nothing but this machine can be reached.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import socket
import sqlite3
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import pyarrow as pa

from healthsearch import cluster as ours
from healthsearch.arrays import Matrix
from healthsearch.build import build
from healthsearch.cluster import Cluster
from healthsearch.cluster_connection import connected, prepare, ray_module
from healthsearch.corpus import list_files
from healthsearch.encoder import Encoder
from healthsearch.encoding import Progress
from healthsearch.errors import HealthSearchError
from healthsearch.index_folder import ENCODERS
from healthsearch.models import find_model
from healthsearch.plan import Summary
from tests.folders import in_use, put, python, snapshot

_UP, _SET_FLAGS = 0x1, 0x8914
# After some five seconds of silence a machine counts as lost, instead of half a minute.
_IMPATIENT = {
    "health_check_initial_delay_ms": 1_000,
    "health_check_period_ms": 1_000,
    "health_check_failure_threshold": 5,
}


@contextmanager
def three_machines() -> Iterator[tuple[Any, list[Any]]]:
    """A ``ray.cluster_utils.Cluster`` and its three nodes, of two processors each, any of which can be removed.

    The head beside them only keeps account, so that all workers are on those three. ``prepare`` must have been called
    before: it sets how Ray behaves.
    """
    from ray.cluster_utils import Cluster as Machines

    # Names of sockets may have 107 characters, so the folder's must be short.
    with TemporaryDirectory(prefix="r", dir="/tmp") as place:
        # Ray notes there which cluster is the current one, and expects the folder of an earlier start.
        Path(gettempdir(), "ray").mkdir(exist_ok=True)
        machines = Machines()
        common = {"node_ip_address": "127.0.0.1", "include_dashboard": False, "temp_dir": place}
        try:
            machines.add_node(**common, num_cpus=0, _system_config=_IMPATIENT)
            yield machines, [machines.add_node(**common, num_cpus=2) for _ in range(3)]
        finally:
            machines.shutdown()


def loopback_up() -> None:
    """Switch on the only interface of a new network namespace; elsewhere it is on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
        except PermissionError:
            pass


def an_index(home: Path, reference: Path) -> Path:
    """A new index that has only the exported encoder of another: to export it again would take seconds."""
    shutil.copytree(reference / ENCODERS, home / ENCODERS)
    return home


def journalled(index: Path) -> int:
    """How many passages an unfinished build has encoded."""
    file = index / "journal.sqlite"
    if not file.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
            return int(opened.execute("SELECT count(*) FROM encoded").fetchone()[0])
    except sqlite3.OperationalError:
        # It is being made at this moment.
        return 0


def kill_midway(corpus: Path, index: Path, address: str, enough: int) -> int:
    """Build by the command and kill that once so many passages are encoded; returns how many were kept."""
    driver = python("build_index.py", "--corpus", corpus, "--index", index, "--ray", address, "-q")
    try:
        while journalled(index) < enough:
            assert driver.poll() is None, driver.communicate()
            time.sleep(0.01)
    finally:
        driver.kill()
        driver.communicate()
    assert driver.returncode == -signal.SIGKILL
    assert not (index / "current.json").exists()
    return journalled(index)


def build_on(address: str, corpus: Path, index: Path, happen: Callable[[int], bool] = lambda encoded: True) -> Summary:
    """Build on the cluster; ``happen`` is told how many passages are encoded, until it returns True."""
    waiting = [happen]

    def report(progress: Progress) -> None:
        if waiting and waiting[0](progress.encoded):
            waiting.clear()

    return build(corpus, index, find_model(), helpers=Cluster(address), report=report)


def take_away(machines: Any, nodes: Sequence[Any], after: int, lost: dict[str, int]) -> Callable[[int], bool]:
    """For ``build_on``: once so many passages are encoded it takes one of the nodes away, one with a worker.

    ``lost`` then tells how many workers it had, of how many in all, and how many passages were encoded.
    """

    def happen(encoded: int) -> bool:
        if encoded < after:
            return False
        at_work = workers_by_machine()
        busy = [node for node in nodes if at_work[node.node_id]]
        if not busy:
            return False
        machines.remove_node(busy[0], allow_graceful=False)
        lost.update(workers=at_work[busy[0].node_id], of=sum(at_work.values()), after=encoded)
        return True

    return happen


def workers_by_machine() -> Counter[str]:
    """How many workers that hold the model every machine has, by its id; while a build is connected."""
    ray = ray_module()
    actors = ray._private.state.actors().values() if ray.is_initialized() else ()
    return Counter(actor["Address"]["NodeID"] for actor in actors if actor["State"] == "ALIVE")


def same_bytes(one: Path, other: Path) -> bool:
    """Whether two indexes have the same generation, byte for byte."""
    return in_use(one).name == in_use(other).name and snapshot(in_use(one)) == snapshot(in_use(other))


@dataclass(frozen=True, slots=True)
class Another:
    """An encoder that passes for another, for what the machines of a cluster must notice."""

    encoder: Encoder
    digest: str
    upside_down: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.encoder, name)

    def encode_query(self, queries: list[str]) -> Matrix:
        rows = self.encoder.encode_query(queries)
        return -rows if self.upside_down else rows


def refusal(encode: Callable[[], Iterator[Any]]) -> str:
    """The message with which a cluster refuses to encode."""
    try:
        for _ in encode():
            return "it encodes"
    except HealthSearchError as error:
        return str(error)
    return "it ends"


def main(corpus: Path, reference: Path, home: Path) -> dict[str, Any]:
    """A build that loses its driver, then a machine; one that has something new; what is refused."""
    found: dict[str, Any] = {"interfaces": [name for _, name in socket.if_nameindex()]}
    files, _, _ = list_files(corpus)
    encoder = find_model().load(reference / ENCODERS)
    index = an_index(home / "index", reference)
    prepare("auto")
    with three_machines() as (machines, nodes):
        address = machines.address
        found["total"] = build(corpus, reference, find_model()).reused
        found["kept"] = kill_midway(corpus, index, address, 1)
        lost: dict[str, int] = {}
        losing = take_away(machines, nodes, 1, lost)
        summary = build_on(address, corpus, index, losing)
        found["lost"] = lost
        found["restarted"] = [summary.encoded, summary.reused]
        found["same"] = same_bytes(index, reference)
        found["journal"] = (index / "journal.sqlite").exists()

        put(corpus, "new.md", "One must rest.", "One must walk.")
        (corpus / "gout.md").unlink()
        summary = build_on(address, corpus, index)
        found["changed"] = [summary.added, summary.deleted, summary.encoded]
        one = build(corpus, reference, find_model())
        found["same_after_change"] = [same_bytes(index, reference), summary.encoded == one.encoded]

        def asked(folder: Path, which: Encoder) -> str:
            return refusal(lambda: Cluster(address).encode(folder, files, which, reference / ENCODERS, set()))

        found["no_folder"] = asked(home / "elsewhere", encoder)
        found["other_files"] = asked(corpus, Another(encoder, "0" * 64))
        found["other_vectors"] = asked(corpus, Another(encoder, encoder.digest, upside_down=True))
        found |= in_this_process(corpus, address, encoder, reference / ENCODERS)
    return found


def in_this_process(corpus: Path, address: str, encoder: Encoder, home: Path) -> dict[str, Any]:
    """What the pipeline's two steps give, run here."""
    ray = ray_module()
    from ray._common.usage import usage_lib

    many = corpus.parent / "many.jsonl"
    lines = [json.dumps({"id": f"m{number}", "title": "Rest", "text": f"Rest {number}."}) for number in range(300)]
    many.write_text("\n".join(lines), encoding="utf-8")
    with connected(address):
        job = [ray.put(ours._job(corpus.parent, encoder, home, set()))]
        files = pa.table({"path": ["many.jsonl", "not there.md"]})
        passages = list(ours._split_files(files, job))
        worker = ours._Worker(job)
        again = [list(ours._received(worker(passages[0]), encoder.dimension)) for _ in range(2)]
        fault = worker(ours._fault(HealthSearchError("a", "b", "c"), passages[0].schema))
        other_program = replace(ray.get(job[0]), program="another")
        others = next(ours._split_files(files, [ray.put(other_program)]))
        known = {row.key for row in again[0]}
        left = [ray.put(ours._job(corpus.parent, encoder, home, known))]
        return {
            "reports_its_use": usage_lib.usage_stats_enabled(),
            "sizes": [len(table) for table in passages],
            "twice": [row.vector.tobytes() + row.sentences.tobytes() for row in again[0]]
            == [row.vector.tobytes() + row.sentences.tobytes() for row in again[1]],
            "other_program": str(HealthSearchError(*json.loads(others["fault"][0].as_py()))),
            "fault": refusal(lambda: ours._received(fault, encoder.dimension)),
            "left": sum(len(table) for table in ours._split_files(files, left)),
        }


if __name__ == "__main__":
    loopback_up()
    print(json.dumps(main(*map(Path, sys.argv[1:]))))
