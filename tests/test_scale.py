"""The tables of docs/scale.md are those that their program prints, and the deployment file is one that can be read."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from benchmarks.cluster_sizes import DOCUMENT, MACHINES, SIZES, WAYS, assumptions, table, written
from tests.folders import ROOT


def test_the_tables_are_what_the_program_prints() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert table() in document and assumptions() in document and written(document) == document


def test_one_edit_changes_a_price_in_both_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    dearer = (*MACHINES[:-1], replace(MACHINES[-1], dollars=3_000))
    monkeypatch.setattr("benchmarks.cluster_sizes.MACHINES", dearer)
    document = written(DOCUMENT.read_text(encoding="utf-8"))
    assert "| 3,000 dollars a month |" in document and "| 2 × 2 of 256 GB | 1 | 12,000 |" in document
    assert "2,005" not in document


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
