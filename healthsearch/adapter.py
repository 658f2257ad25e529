"""An adapter: a low-rank difference for every linear layer of the network that reads questions.

Written by ``training``; a few megabytes that make another encoder of the packaged one. Passages are read by the
packaged weights as they are, so that an index serves with an adapter and without.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from healthsearch.arrays import Matrix
from healthsearch.errors import HealthSearchError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module, Parameter

# The blocks of a BERT-like transformer; embeddings and everything outside stay as they were published.
_BLOCKS = "encoder.layer."
_AGAIN = "Make it again: python -m training"


@dataclass(frozen=True, slots=True)
class Adapter:
    """A file of low-rank differences, with its SHA-256 and that of the weights it was made for."""

    file: Path
    sha256: str
    base: str

    @classmethod
    def read(cls, facts: Path) -> Adapter:
        """The adapter that a small JSON file describes; its tensors stand beside that.

        Raises HealthSearchError when either file is missing or not what was published.
        """
        try:
            values = json.loads(facts.read_text(encoding="utf-8"))
            adapter = cls(facts.with_name(values["file"]), values["sha256"], values["base"])
            found = hashlib.sha256(adapter.file.read_bytes()).hexdigest()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HealthSearchError(facts, f"the adapter cannot be read ({error})", _AGAIN) from None
        if found != adapter.sha256:
            raise HealthSearchError(adapter.file, "the file is not the one that was written with it", _AGAIN)
        return adapter

    def write_facts(self, facts: Path) -> None:
        """The reverse of ``read``."""
        values = asdict(self) | {"file": self.file.name}
        facts.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")

    def differences(self) -> dict[str, Matrix]:
        """What is to be added to each linear layer's weights, by the layer's name from the blocks on.

        Raises HealthSearchError when the file holds something else.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            tensors = {name: np.asarray(tensor, np.float32) for name, tensor in load_file(self.file).items()}
            names = {name.rsplit(".", 1)[0] for name in tensors}
            return {name: tensors[f"{name}.left"] @ tensors[f"{name}.right"] for name in sorted(names)}
        except (SafetensorError, KeyError, ValueError) as error:
            raise self._unfit(error) from None

    def add_to(self, network: Module) -> None:
        """Add the differences to the network's weights, in place. HealthSearchError when they do not fit."""
        import torch

        added = self.differences()
        try:
            with torch.no_grad():
                for name, weight in linear_weights(network).items():
                    weight.add_(torch.from_numpy(added[name]))
        except (KeyError, RuntimeError) as error:
            raise self._unfit(error) from None

    def _unfit(self, error: Exception) -> HealthSearchError:
        return HealthSearchError(self.file, f"it does not fit the weights ({error})", _AGAIN)


def linear_weights(network: Module) -> dict[str, Parameter]:
    """The weight matrices of every linear layer in the transformer's blocks, by name from the blocks on."""
    return {
        name[name.index(_BLOCKS) :]: parameter
        for name, parameter in network.named_parameters()
        if _BLOCKS in name and parameter.ndim == 2
    }


def low_rank(difference: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """The two factors, (rows, rank) and (rank, columns), whose product is nearest to the difference.

    By singular value decomposition (Eckart & Young 1936); the singular values are shared out evenly, so that
    both factors keep their precision as float16.
    """
    import torch

    left, values, right = torch.linalg.svd(difference.float(), full_matrices=False)
    root = values[:rank].sqrt()
    return left[:, :rank] * root, root[:, None] * right[:rank]
