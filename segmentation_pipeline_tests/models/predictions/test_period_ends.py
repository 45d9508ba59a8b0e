"""A model of periods is judged at the end of each: what tells the wrong time is not published."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.models.predictions.design import Design, Input
from segmentation_pipeline.models.predictions.fit import Periods, fit
from segmentation_pipeline.models.predictions.hazard import HazardModel
from segmentation_pipeline.models.predictions.linear import Linear
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.models.predictions.period_ends import judged_by_ends
from segmentation_pipeline.models.predictions.person_periods import PERIOD
from segmentation_pipeline.models.predictions.rows import Rows
from segmentation_pipeline_tests.models.predictions.cancellations import CANCELS, COLUMNS, ENDS, LAPSES, learnt, periods, rows


@pytest.mark.parametrize("asked", [CANCELS, LAPSES], ids=["event", "no_order"])
def test_a_model_of_periods_is_judged_at_each_end(asked: PredictiveModel) -> None:
    made = fit(asked, periods(asked), COLUMNS, COLUMNS[1])
    assert made.kind == "linear" and made.note == ""
    for end in ENDS[:-1]:
        assert 0.85 < made.metrics[f"calibration_slope_within_{end}"] < 1.15
        assert made.metrics[f"gain_within_{end}_low"] > 0 and made.metrics[f"loss_within_{end}"] > 0
    assert not any("within_90" in name for name in made.metrics), "the whole horizon has figures of its own"
    assert made.metrics["mean_predicted"] == pytest.approx(made.metrics["mean_observed"], abs=0.03)


def test_a_wrong_order_of_periods_is_caught() -> None:
    """The whole horizon does not show it, the ends of periods do."""
    known = periods(CANCELS)
    right = learnt(Linear, CANCELS)
    first, second, third = (Input(PERIOD, number) for number in "123")
    design = right.hazard.design
    turned = tuple({second: third, third: first}.get(each, each) for each in design.inputs)
    hazard = PredictionModel(Design(turned), right.hazard.learner, True, right.hazard.slope, right.hazard.shift)
    wrong = HazardModel(hazard, ENDS, False)
    assert wrong.forecasts(known.judged.frame)[""] == pytest.approx(right.forecasts(known.judged.frame)[""])
    assert judged_by_ends(CANCELS, right, known).wrong == ""
    assert "within 60 days it loses" in judged_by_ends(CANCELS, wrong, known).wrong


def test_what_comes_at_other_times_than_before_is_published_by_nobody() -> None:
    """Cancellations at the begin of the horizon were learnt, those of the judged days come at its end."""
    early, late = (0.0, -3.0, -4.0), (-4.0, -3.0, 0.0)
    made = fit(CANCELS, periods(CANCELS, early, early, late), COLUMNS, COLUMNS[1])
    assert made.kind == "not_credible" and made.model is None and made.metrics["gain_low"] > 0
    assert made.note.startswith("the best learner tells the wrong time: within 30 days it loses")
    assert "so does the baseline: within 30 days" in made.note


def test_the_baseline_tells_when_as_well() -> None:
    made = fit(CANCELS, periods(CANCELS), [COLUMNS[0]], COLUMNS[0])
    assert made.kind == "baseline" and isinstance(made.model, HazardModel)
    assert {*made.model.forecasts({"usage": np.zeros(1)})} == {"", "_within_30", "_within_60", "_median_days"}
    few = Periods(*(rows(CANCELS, 40, seed) for seed in range(3)))
    assert "at least 50 needed" in fit(CANCELS, few, COLUMNS, COLUMNS[0]).note


def test_a_baseline_that_never_varies_is_no_mistake() -> None:
    """It still has the periods to read, and is published by nobody."""

    def flat(each: Rows) -> Rows:
        return Rows(each.frame | {"noise": np.ones(len(each))}, each.outcomes, {}, each.days)

    known = periods(CANCELS)
    flattened = Periods(*map(flat, (known.training, known.calibration, known.judged)))
    assert fit(CANCELS, flattened, COLUMNS, COLUMNS[2]).kind == "linear"
    assert fit(CANCELS, flattened, [COLUMNS[2]], COLUMNS[2]).kind == "not_credible"
