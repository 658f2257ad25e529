"""Averaging tuned weights with the original's, and the adapter that carries the difference.

A "soup" of the runs keeps what they agree on, and its share of the original keeps what the original knew of
everything else (Wortsman et al., "Model soups", ICML 2022; "Robust fine-tuning", CVPR 2022).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from healthsearch.adapter import Adapter, low_rank

Weights = Mapping[str, Tensor]


def difference(runs: Sequence[Weights], original: Weights, share: float) -> dict[str, Tensor]:
    """What to add to the original's weights so that the runs' mean counts with ``share``."""
    return {
        name: share * (torch.stack([run[name] for run in runs]).mean(0) - weight) for name, weight in original.items()
    }


def put(network: Mapping[str, Tensor], original: Weights, added: Weights) -> None:
    """Set the network's weights to the original's plus the difference."""
    with torch.no_grad():
        for name, weight in network.items():
            weight.copy_(original[name] + added[name])


def cut(added: Weights, rank: int) -> dict[str, Tensor]:
    """The difference at this rank and in half precision, as an adapter carries it."""
    factors = _factors(added, rank)
    return {name: factors[f"{name}.left"].float() @ factors[f"{name}.right"].float() for name in added}


def write_adapter(added: Weights, rank: int, base: Path, folder: Path, name: str) -> Adapter:
    """Write ``name.safetensors`` and ``name.json`` into the folder; ``base`` is the original's file of weights."""
    file = folder / f"{name}.safetensors"
    save_file(_factors(added, rank), file)
    adapter = Adapter(file, _digest(file), _digest(base))
    adapter.write_facts(folder / f"{name}.json")
    return adapter


def _factors(added: Weights, rank: int) -> dict[str, Tensor]:
    factors = {}
    for name, matrix in added.items():
        left, right = low_rank(matrix, rank)
        factors[f"{name}.left"] = left.half().contiguous()
        factors[f"{name}.right"] = right.half().contiguous()
    return factors


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
