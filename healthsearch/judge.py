"""Is the question answered? A verdict in three steps, from evidence calibrated on judged questions.

The confidence is a probability that the best passage answers, from a logistic model over two plain
measurements; it is never a score as such. Its numbers live in ``calibration.json``, beside the command
that made them, one set for each packaged encoder.
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

from healthsearch.fusion import Measures
from healthsearch.words import Scores

Verdict = Literal["answered", "related", "nothing"]


# How much the words of the best passage count beside the nearest passage's meaning. Fitted freely, words would
# count far more, since the judged questions mostly use the articles' own words; people who do not would then be
# told that nothing answers.
_WORDS = 0.2
# The passage that the best one is compared with.
_LEAD_OVER = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the passages found.

    ``closeness``: the nearest passage's cosine, and the share of the question's words that the best one has: is
    the thing that is asked about there at all?
    ``lead``: how far the best score stands above the tenth passage's, or the last one's: a question that the
    articles answer has a few passages that stand out, one that they merely touch has many alike.
    """

    closeness: float
    lead: float


def evidence(measures: Measures, scores: Scores) -> Evidence:
    """The evidence of n passages, one at least, in any order, with their fused scores."""
    ordered = np.sort(scores)[::-1]
    best = int(np.argmax(scores))
    return Evidence(
        closeness=float(measures.passage.max() + _WORDS * measures.passage_words[best]),
        lead=float(ordered[0] - ordered[min(_LEAD_OVER, len(ordered)) - 1]),
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model, and the confidence from which a question counts as answered or as related.

    ``fitted``: whether it was fitted to this very encoder; if not, it is the default encoder's and a rough guide.
    """

    weights: Mapping[str, float]
    bias: float
    answered: float
    related: float
    fitted: bool = True

    @classmethod
    def shipped(cls, encoder: str | None = None) -> Calibration:
        """The one that comes with the package for the encoder of this digest; the default's without one."""
        shipped = _shipped()
        found = next((values for values in shipped if values["digest"] == encoder), None)
        values = found or shipped[0]
        steps = {name: values[name] for name in ("weights", "bias", "answered", "related")}
        return cls(**steps, fitted=found is not None or encoder is None)

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
def _shipped() -> list[dict[str, Any]]:
    """The fits, the default encoder's first."""
    text = (files("healthsearch") / "calibration.json").read_text(encoding="utf-8")
    fits: list[dict[str, Any]] = json.loads(text)["fits"]
    return fits
