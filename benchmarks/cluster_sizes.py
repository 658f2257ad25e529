"""How large a published index is, and what machines hold it: the two tables of docs/scale.md.

    python benchmarks/cluster_sizes.py             # prints them
    python benchmarks/cluster_sizes.py --write     # and puts them into docs/scale.md

Nothing is measured here. The bytes of a row were counted over every sixth article of a collection of 1,327 (11,100
passages), as ``milvus_rows`` writes them; what an index takes is computed from its definition. All else is assumed:
``MACHINES`` and the constants below it, which the first table lists.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "scale.md"


@dataclass(frozen=True, slots=True)
class Machine:
    """Bytes of memory and of local NVMe disk, and the dollars of a month (730 hours)."""

    name: str
    memory: float
    disk: float
    dollars: int


# Assumed, for you to replace: from here to the next heading.
# List prices on demand in us-east-1 as we remember them of 2025, and have not looked up since.
MACHINES = (
    Machine("i4i.large of AWS", 16e9, 468e9, 125),
    Machine("i4i.2xlarge", 64e9, 1.875e12, 500),
    Machine("i4i.8xlarge", 256e9, 7.5e12, 2_005),
)
# Everything that answers, so often: with two, one machine may fail.
COPIES = 2
# The share of a machine's memory and disk that an index may take.
USABLE = 0.8
# What is loaded takes more than an index's own bytes: times this.
HEADROOM = 1.3
# Distinct words of a passage, each with a document and a weight in the index by words.
DISTINCT_WORDS, BYTES_OF_WORD = 85, 8
# Shards share out writing, not searching: few are enough.
PASSAGES_OF_SHARD = 100_000_000

# Counted, or by definition.
DIMENSIONS = 384
VECTOR = 4 * DIMENSIONS
# Of a passage's row: vectors of its sentences in base64, index words, and the fields of filters.
SENTENCES, WORDS, FIELDS = 3_518, 426, 200
# Of an article's row: the article with its passages, compressed, its words and its mean vector; passages of an article.
ARTICLE, PASSAGES_OF_ARTICLE = 3_739 + 1_442 + VECTOR, 8.4
# What is stored of a passage, in object storage, and twice: the generation in use and the one before it.
STORED = VECTOR + SENTENCES + WORDS + FIELDS + ARTICLE / PASSAGES_OF_ARTICLE
GENERATIONS = 2
# Links of 4 bytes: 2 M of them at HNSW's lowest layer, which has nearly all.
LINKS = 2 * 16 * 4
BY_WORDS = DISTINCT_WORDS * BYTES_OF_WORD
# DiskANN keeps two eighths of the vectors' size in memory, and half a sector of 4,096 bytes for each on disk.
DISKANN_MEMORY, DISKANN_DISK = VECTOR / 4, 2_048


@dataclass(frozen=True, slots=True)
class Way:
    """How vectors are indexed: bytes of memory and of local disk for each passage, on the machines that answer."""

    name: str
    memory: float
    disk: float

    def machines(self, passages: int) -> tuple[int, float, int]:
        """How many machines of how much memory hold one copy, and what they cost."""
        for machine in MACHINES:
            count = math.ceil(passages * max(self.memory / machine.memory, self.disk / machine.disk) / USABLE)
            if count == 1 or machine is MACHINES[-1]:
                break
        return count, machine.memory, count * machine.dollars


# What is only given back, and not searched, is mapped from local disk.
_MAPPED = STORED - VECTOR
WAYS = (
    Way("HNSW, float32", HEADROOM * (VECTOR + LINKS + BY_WORDS), _MAPPED + VECTOR),
    Way("HNSW, int8", HEADROOM * (VECTOR / 4 + LINKS + BY_WORDS), _MAPPED + VECTOR),
    Way("DiskANN", HEADROOM * (DISKANN_MEMORY + BY_WORDS), _MAPPED + VECTOR + DISKANN_DISK),
)
SIZES = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)


def size(count: float) -> str:
    """Bytes, as people say it."""
    return f"{count / 1e12:,.1f} TB" if count >= 1e12 else f"{count / 1e9:,.0f} GB"


def assumptions() -> str:
    """What is assumed, as a table in Markdown."""
    machines = [
        (
            f"{one.name}: {size(one.memory)} of memory, {size(one.disk)} of local disk",
            f"{one.dollars:,} dollars a month",
        )
        for one in MACHINES
    ]
    others = [
        ("copies of everything that answers, so that one machine may fail", f"{COPIES}"),
        ("share of a machine's memory and disk that an index may take", f"{USABLE}"),
        ("memory for what is loaded, as a multiple of its own bytes", f"{HEADROOM}"),
        ("distinct words of a passage, and bytes of each in the index by words", f"{DISTINCT_WORDS}, {BYTES_OF_WORD}"),
        ("passages of a shard", f"{PASSAGES_OF_SHARD:,}"),
    ]
    return "\n".join(["| assumed | figure |", "|---|---|", *(f"| {what} | {how} |" for what, how in machines + others)])


def table() -> str:
    """The table, in Markdown."""
    lines = [
        "| passages | index | object storage | memory | local disk | machines | shards | dollars a month |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for passages in SIZES:
        for way in WAYS:
            count, kind, dollars = way.machines(passages)
            shards = max(1, passages // PASSAGES_OF_SHARD)
            machines = f"{COPIES} × {count} of {size(kind)}"
            lines.append(
                f"| {passages:,} | {way.name} | {size(GENERATIONS * STORED * passages)} | {size(way.memory * passages)}"
                f" | {size(way.disk * passages)} | {machines} | {shards} | {COPIES * dollars:,} |"
            )
    return "\n".join(lines)


def written(document: str) -> str:
    """The document with both tables as they are now."""
    for now in (assumptions(), table()):
        first = re.escape(now[: now.index("\n")])
        document, found = re.subn(rf"^{first}\n(?:\|.*\n)*", f"{now}\n", document, flags=re.MULTILINE)
        if found != 1:
            raise ValueError(f"{found} tables begin with {first}, not 1")
    return document


def main(arguments: list[str]) -> int:
    print(assumptions(), table(), sep="\n\n")
    if arguments == ["--write"]:
        DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
