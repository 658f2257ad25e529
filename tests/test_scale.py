"""The table of docs/scale.md is the one that its program prints, and the deployment file is one that can be read."""

from __future__ import annotations

import yaml

from benchmarks.cluster_sizes import SIZES, WAYS, table
from tests.folders import ROOT


def test_the_table_is_what_the_program_prints() -> None:
    assert table() in (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")


def test_a_larger_index_never_needs_less() -> None:
    for way in WAYS:
        costs = [way.machines(size)[2] for size in SIZES]
        assert costs == sorted(costs)


def test_the_deployment_asks_for_a_cluster_with_two_copies_and_a_login() -> None:
    told = yaml.safe_load((ROOT / "deploy" / "milvus.yaml").read_text(encoding="utf-8"))
    assert (told["apiVersion"], told["kind"], told["spec"]["mode"]) == ("milvus.io/v1beta1", "Milvus", "cluster")
    assert told["spec"]["config"]["common"]["security"]["authorizationEnabled"] is True
    assert told["spec"]["components"]["proxy"]["serviceType"] == "ClusterIP"
    # As many as the table has for 100 million passages by HNSW in float32, in two copies.
    count, memory, _ = WAYS[0].machines(100_000_000)
    assert told["spec"]["components"]["queryNode"]["replicas"] == 2 * count and memory == 256e9
