"""The verdict: a logistic model worked out by hand, and what the shipped one must keep to."""

from __future__ import annotations

import math
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.fusion import Measures
from healthsearch.judge import Calibration, Evidence, evidence
from healthsearch.models import find_model

NAMES = [field.name for field in fields(Evidence)]
HAND_MADE = Calibration(
    weights={name: float(number) for number, name in enumerate(NAMES, start=1)},
    bias=-2.0,
    answered=0.7,
    related=0.4,
)
EVIDENCE = st.builds(Evidence, **{name: st.floats(0, 1) for name in NAMES})


def all_at(value: float) -> Evidence:
    return Evidence(**dict.fromkeys(NAMES, value))


def test_the_confidence_worked_out_by_hand() -> None:
    for name in NAMES:
        evidence = replace(all_at(0.0), **{name: 0.5})
        expected = 1 / (1 + math.exp(-(-2.0 + HAND_MADE.weights[name] * 0.5)))
        assert HAND_MADE.confidence(evidence) == pytest.approx(expected)


@given(EVIDENCE)
def test_the_confidence_is_the_logistic_of_the_weighted_sum(evidence: Evidence) -> None:
    z = -2.0 + sum(HAND_MADE.weights[name] * value for name, value in asdict(evidence).items())
    assert math.log(HAND_MADE.confidence(evidence) / (1 - HAND_MADE.confidence(evidence))) == pytest.approx(z)


@pytest.mark.parametrize("bias", [-1e9, 1e9, -800.0, 800.0])
def test_extreme_evidence_gives_a_probability(bias: float) -> None:
    confidence = replace(HAND_MADE, bias=bias).confidence(all_at(1.0))
    assert 0 < confidence < 1
    assert (confidence > 0.5) == (bias > 0)


@pytest.mark.parametrize(
    ("confidence", "verdict"),
    [(1.0, "answered"), (0.7, "answered"), (0.69, "related"), (0.4, "related"), (0.39, "nothing"), (0.0, "nothing")],
)
def test_the_verdict_is_the_step_on_which_a_confidence_stands(confidence: float, verdict: str) -> None:
    assert HAND_MADE.verdict(confidence) == verdict


def measures(passage: list[float], passage_words: list[float]) -> Measures:
    rows = np.zeros(len(passage), np.float32)
    columns = dict.fromkeys((field.name for field in fields(Measures)), rows)
    return Measures(**columns | {"passage": np.float32(passage), "passage_words": np.float32(passage_words)})


def test_evidence_is_the_nearest_cosine_the_best_one_s_words_and_the_lead() -> None:
    scores = np.float32([0.1, 0.8, *[0.2] * 8, 0.05])
    found = evidence(measures([0.7, 0.5, *[0.0] * 9], [1.0, 0.5, *[0.0] * 9]), scores)
    # The second passage scores best, the first is nearest; the tenth best has 0.1.
    assert found.closeness == pytest.approx(0.7 + 0.2 * 0.5)
    assert found.lead == pytest.approx(0.8 - 0.1)


def test_where_there_are_few_passages_the_last_is_the_tenth() -> None:
    assert evidence(measures([0.5], [0.0]), np.float32([0.4])).lead == 0
    assert evidence(measures([0.5, 0.1], [0.0, 0.0]), np.float32([0.4, 0.1])).lead == pytest.approx(0.3)


class TestShipped:
    def test_it_is_fitted_to_the_default_encoder_and_to_no_other(self) -> None:
        assert Calibration.shipped(find_model().digest).fitted
        other = Calibration.shipped("0" * 64)
        assert not other.fitted
        assert other == replace(Calibration.shipped(), fitted=False)

    def test_it_weighs_just_the_evidence_that_there_is(self) -> None:
        assert sorted(Calibration.shipped().weights) == sorted(NAMES)

    def test_its_steps_are_in_order(self) -> None:
        shipped = Calibration.shipped()
        assert 0 < shipped.related < shipped.answered < 1

    def test_all_evidence_answers_and_none_does_not(self) -> None:
        shipped = Calibration.shipped()
        assert shipped.verdict(shipped.confidence(all_at(1.0))) == "answered"
        assert shipped.verdict(shipped.confidence(all_at(0.0))) == "nothing"

    @given(EVIDENCE)
    def test_the_confidence_is_a_probability(self, evidence: Evidence) -> None:
        assert 0 < Calibration.shipped().confidence(evidence) < 1
