"""Reranking: a cross-encoder reads the question and each of the best passages together.

Off unless the user names one, since no package of the registry carries such weights. Nogueira & Cho, "Passage
re-ranking with BERT", 2019, arXiv:1901.04085.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from healthsearch.arrays import Rows, Scores
from healthsearch.errors import HealthSearchError
from healthsearch.models import local_folder

# As many passages as a person may look at; each costs as much as encoding one.
DEPTH = 30


class Reranker:
    """Any sentence-transformers CrossEncoder with one score a pair."""

    def __init__(self, name: str) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        folder = local_folder(name)
        self._model = _load(folder)

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """One score a passage, higher is better, from 0 to 1: the sigmoid of what the network says.

        What is too long is cut.
        """
        pairs = [(question, passage) for passage in passages]
        # A model may name another scale for itself, or none.
        found = self._model.predict(pairs, show_progress_bar=False, activation_fn=_sigmoid) if pairs else []
        return np.asarray(found, dtype=np.float32).reshape(len(pairs))


def _sigmoid(scores):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - torch is only imported by its users
    return scores.sigmoid()


def _load(folder: Path):  # type: ignore[no-untyped-def]  # noqa: ANN202 - its type needs the slow import
    import transformers
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder

    transformers.utils.logging.disable_progress_bar()
    try:
        model = CrossEncoder(str(folder), device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True})
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise HealthSearchError(
            folder, f"the reranker cannot be loaded ({error})", "Name another folder, or leave --reranker out."
        ) from None
    if model.num_labels != 1:
        raise HealthSearchError(
            folder,
            f"the reranker gives {model.num_labels} scores a pair, where one is needed",
            "Name a cross-encoder that was trained to rank.",
        )
    return model


def reranked(rows: Rows, scores: Scores, best: Scores) -> tuple[Rows, Scores]:
    """The ranking with its first passages in the order of ``best``, which are their scores by the reranker.

    ``rows`` and ``scores`` hold n passages, best first; ``best`` the first of them, from 0 to 1. The scores of the rest
    are on another scale: they are lowered by a factor until none is above the least of ``best``.
    """
    order = np.argsort(-best, kind="stable")
    rest = scores[len(best) :]
    least = float(best.min(initial=1.0))
    factor = min(1.0, least / float(rest[0])) if len(rest) and rest[0] > 0 else 1.0
    return (
        np.concatenate([rows[: len(best)][order], rows[len(best) :]]),
        np.concatenate([best[order], np.minimum(rest * np.float32(factor), np.float32(least))]),
    )
