"""Drift is what chance does not explain: hardly ever told where nothing changed, told where something did."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from segmentation_pipeline.models.predictions.design import Design, Input
from segmentation_pipeline.models.predictions.drift import Distribution, distributions, drift, drifts
from segmentation_pipeline.models.predictions.linear import Linear
from segmentation_pipeline.models.predictions.model import PredictionModel

UNKNOWN = float("nan")


def draws(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=size)


def test_the_index_by_hand() -> None:
    before = Distribution("days", (10.0, 20.0), (50, 30, 20, 0))
    found = drift(before, np.array([5.0] * 20 + [10.0] * 30 + [25.0] * 50))
    few, many = 20.5 / 101.5, 50.5 / 101.5  # half a row more in each of three bins
    assert found.index == pytest.approx(2 * (many - few) * log(many / few), abs=1e-6)
    assert (found.judged_customers, found.customers, found.status) == (100, 100, "drifted")


def test_two_thousand_rows_each_have_the_limit_of_the_formula() -> None:
    found = drift(Distribution.of("x", draws(1, 2000)), draws(2, 2000))
    assert found.by_chance == pytest.approx(21.666 * (1 / 2000 + 1 / 2000), abs=1e-4)
    assert found.status == "still"


@pytest.mark.parametrize(("before", "now"), [(60, 60), (200, 60), (2000, 500), (2000, 20_000)])
def test_without_drift_chance_seldom_exceeds_its_limit(before: int, now: int) -> None:
    beyond = [
        each.index > each.by_chance
        for seed in range(200)
        for each in [drift(Distribution.of("x", draws(2 * seed, before)), draws(2 * seed + 1, now))]
    ]
    assert np.mean(beyond) <= 0.025


def test_many_inputs_together_are_allowed_no_more_false_alarms_than_one() -> None:
    alone, among = (drift(Distribution.of("x", draws(1, 500)), draws(2, 500), among=inputs) for inputs in (1, 30))
    assert among.by_chance > alone.by_chance and among.index == alone.index


def test_a_shift_is_told_by_its_size() -> None:
    before = Distribution.of("x", draws(1, 12_000))
    now = draws(2, 12_000)
    found = [drift(before, now + by) for by in (0.0, 0.25, 0.4, 0.8)]
    assert [each.status for each in found] == ["still", "still", "moved", "drifted"]


def test_few_customers_drift_only_beyond_chance() -> None:
    found = drift(Distribution.of("x", draws(1, 60)), draws(2, 60) + 0.4)
    assert found.index > 0.1 and found.status == "still"


def test_values_that_became_unknown_are_drift() -> None:
    now = draws(2, 1000)
    now[:300] = UNKNOWN
    assert drift(Distribution.of("x", draws(1, 1000)), now).status == "drifted"
    assert drift(Distribution.of("x", now), draws(1, 1000)).status == "drifted"


def test_a_rare_kind_that_becomes_common_is_drift() -> None:
    before = Distribution.of("x", (draws(1, 1000) > 1.65).astype(float))
    assert sum(before.counts) == 1000 and 30 < min(count for count in before.counts if count) < 70
    assert drift(before, (draws(2, 1000) > 1.65).astype(float)).status == "still"
    assert drift(before, (draws(2, 1000) > 0.5).astype(float)).status == "drifted"
    mostly_nothing = np.where(draws(1, 1000) > 1.0, np.exp(draws(3, 1000)), 0.0)
    assert drift(Distribution.of("x", mostly_nothing), np.exp(draws(4, 1000))).status == "drifted"


def test_nothing_known_and_a_constant_are_no_mistake() -> None:
    assert drift(Distribution.of("x", np.full(100, UNKNOWN)), np.full(100, UNKNOWN)).status == "still"
    assert drift(Distribution.of("x", np.ones(100)), np.ones(100)).status == "still"
    assert drift(Distribution.of("x", np.ones(100)), np.zeros(100)).status == "drifted"


def test_a_model_tells_of_every_input_and_of_its_score() -> None:
    design = Design((Input("recency_days"), Input("channel", "web")))
    frame = {"recency_days": draws(1, 400), "channel": np.array(["web", "store"] * 200, dtype=object)}
    learnt = Linear.fit(design.matrix(frame), (draws(3, 400) > 0).astype(float), is_probability=True)
    model = PredictionModel(design, learnt, is_probability=True)
    before = distributions(model, frame)
    assert [each.input for each in before] == ["recency_days", "channel = web", "score"]
    assert tuple(map(Distribution.from_parameters, (each.to_parameters() for each in before))) == before
    now = frame | {"channel": np.array(["web"] * 380 + ["store"] * 20, dtype=object)}
    told = {each.input: each.status for each in drifts(model, before, now)}
    assert told["recency_days"] == "still" and told["channel = web"] == "drifted"
    assert drifts(model, before, {name: values[:20] for name, values in now.items()}) == (), "too few to say"
