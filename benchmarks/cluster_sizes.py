"""How large a published index is, and what machines hold it: the arithmetic of docs/scale.md, as its table.

    python benchmarks/cluster_sizes.py

Nothing is measured here. The bytes of a row were counted over every sixth article of a collection of 1,327 (11,100
passages), as ``milvus_rows`` writes them; what an index takes is computed from its definition; prices are an example.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
# The inverted index by words: about 85 distinct words, each with a document and a weight.
BY_WORDS = 85 * 8
# Milvus advises to plan for more than an index's own bytes; on what it loads we add this share.
HEADROOM = 1.3
# DiskANN keeps two eighths of the vectors' size in memory, and half a sector of 4,096 bytes for each on disk.
DISKANN_MEMORY, DISKANN_DISK = VECTOR / 4, 2_048
# Machines with NVMe disks: bytes of memory and of disk, and the dollars of a month (730 hours) on demand. The list
# prices of AWS in us-east-1 for i4i.large, i4i.2xlarge and i4i.8xlarge, as we knew them in 2025; look yours up.
MACHINES = ((16e9, 468e9, 125), (64e9, 1.875e12, 500), (256e9, 7.5e12, 2_005))
# The share of a machine's memory and disk that an index may take.
USABLE = 0.8


@dataclass(frozen=True, slots=True)
class Way:
    """How vectors are indexed: bytes of memory and of local disk for each passage, on the machines that answer."""

    name: str
    memory: float
    disk: float

    def machines(self, passages: int) -> tuple[int, float, int]:
        """How many machines of how much memory hold one copy, and what they cost."""
        for kind in MACHINES:
            memory, disk, dollars = kind
            count = math.ceil(passages * max(self.memory / memory, self.disk / disk) / USABLE)
            if count == 1 or kind is MACHINES[-1]:
                break
        return count, memory, count * dollars


# What is only given back, and not searched, is mapped from local disk.
_MAPPED = STORED - VECTOR
WAYS = (
    Way("HNSW, float32", HEADROOM * (VECTOR + LINKS + BY_WORDS), _MAPPED + VECTOR),
    Way("HNSW, int8", HEADROOM * (VECTOR / 4 + LINKS + BY_WORDS), _MAPPED + VECTOR),
    Way("DiskANN", HEADROOM * (DISKANN_MEMORY + BY_WORDS), _MAPPED + VECTOR + DISKANN_DISK),
)
SIZES = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
# Shards share out writing, not searching: few are enough.
PASSAGES_OF_SHARD = 100_000_000


def size(count: float) -> str:
    """Bytes, as people say it."""
    return f"{count / 1e12:,.1f} TB" if count >= 1e12 else f"{count / 1e9:,.0f} GB"


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
            lines.append(
                f"| {passages:,} | {way.name} | {size(GENERATIONS * STORED * passages)} | {size(way.memory * passages)}"
                f" | {size(way.disk * passages)} | 2 × {count} of {size(kind)} | {shards} | {2 * dollars:,} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
