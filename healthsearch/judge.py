"""Is the question answered? A verdict in three steps, from evidence calibrated on judged questions.

The confidence is the probability that the best passage answers, from a logistic model over two measurements; it is
never a plain score. The coefficients are in ``calibration.json``, one set per packaged encoder, with the command that
made them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np

from healthsearch.arrays import Scores
from healthsearch.fusion import Measures

Verdict = Literal["answered", "related", "nothing"]


# The weight of the best passage's words against the nearest passage's meaning. A free fit would give words far more
# weight, because the judged questions mostly use the articles' own words; questions that do not would then be called
# unanswered.
_WORDS = 0.2
# The rank of the passage that the best one is compared with.
_LEAD_OVER = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """Measurements of the passages found.

    ``closeness``: the nearest passage's cosine, plus the weighted share of the question's words that the best one has:
    is the subject there at all?
    ``lead``: the difference between the best score and that of the tenth (or last) passage: a question that the
    articles answer has a few outstanding passages, a question that they merely touch has many similar ones.
    """

    closeness: float
    lead: float


def evidence(measures: Measures, scores: Scores) -> Evidence:
    """The evidence of n passages (at least one, in any order) with their fused scores."""
    ordered = np.sort(scores)[::-1]
    best = int(np.argmax(scores))
    return Evidence(
        closeness=float(measures.passage.max() + _WORDS * measures.passage_words[best]),
        lead=float(ordered[0] - ordered[min(_LEAD_OVER, len(ordered)) - 1]),
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model, and the confidence thresholds for answered and related.

    ``fitted``: whether it was fitted to this encoder; if not, it is the default encoder's and approximate.
    """

    weights: Mapping[str, float]
    bias: float
    answered: float
    related: float
    fitted: bool = True

    @classmethod
    def shipped(cls, encoder: str | None = None) -> Calibration:
        """The packaged calibration for the encoder with this digest, else the default encoder's."""
        shipped = _shipped()
        own = next((values for values in shipped if values["digest"] == encoder), None)
        values = own or shipped[0]
        steps = {name: values[name] for name in ("weights", "bias", "answered", "related")}
        return cls(**steps, fitted=own is not None or encoder is None)

    def confidence(self, evidence: Evidence) -> float:
        """The probability, 0 to 1, that the best passage answers the question."""
        z = self.bias + sum(self.weights[name] * value for name, value in asdict(evidence).items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))

    def verdict(self, confidence: float) -> Verdict:
        """The verdict for a confidence."""
        if confidence >= self.answered:
            return "answered"
        return "related" if confidence >= self.related else "nothing"


@cache
def _shipped() -> list[dict[str, Any]]:
    """All calibrations, the default encoder's first."""
    text = (files("healthsearch") / "calibration.json").read_text(encoding="utf-8")
    fits: list[dict[str, Any]] = json.loads(text)["fits"]
    return fits
