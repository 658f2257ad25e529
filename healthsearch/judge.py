"""Is the question answered? A verdict in three steps, from evidence calibrated on judged questions.

The confidence is a probability that the best passage answers, from a logistic model over two plain
measurements; it is never a score as such. Its numbers live in ``calibration.json``, beside the command
that made them, and hold for the encoder named there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Verdict = Literal["answered", "related", "nothing"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the passages found.

    ``score``: the best passage's fused score, an absolute measure of how near it is in meaning and words.
    ``lead``: how far that stands above the tenth passage's, or the last one's: a question that the articles
    answer has a few passages that stand out, one that they merely touch has many alike.
    """

    score: float
    lead: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model, and the confidence from which a question counts as answered or as related."""

    weights: Mapping[str, float]
    bias: float
    answered: float
    related: float
    encoder: str

    @classmethod
    def shipped(cls) -> Calibration:
        """The one that comes with the package."""
        return _shipped()

    def confidence(self, evidence: Evidence) -> float:
        """The probability, 0 to 1, that the best passage answers the question."""
        z = self.bias + sum(self.weights[name] * value for name, value in asdict(evidence).items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))

    def verdict(self, confidence: float) -> Verdict:
        """The step on which a confidence stands."""
        if confidence >= self.answered:
            return "answered"
        return "related" if confidence >= self.related else "nothing"


@cache
def _shipped() -> Calibration:
    values: dict[str, Any] = json.loads((files("healthsearch") / "calibration.json").read_text(encoding="utf-8"))
    return Calibration(
        weights=values["weights"],
        bias=values["bias"],
        answered=values["answered"],
        related=values["related"],
        encoder=values["encoder"],
    )
