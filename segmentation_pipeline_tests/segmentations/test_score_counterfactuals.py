"""Scores that segments and campaigns compare with a number: who compares them, and what would carry them across, in words."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.config.schema import Campaign, Config, PredictiveModel
from segmentation_pipeline.models.predictions.design import Design, Input
from segmentation_pipeline.models.predictions.hazard import HazardModel
from segmentation_pipeline.models.predictions.linear import Linear, Scale
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.models.predictions.person_periods import with_periods
from segmentation_pipeline.segmentations.kinds import kinds_of
from segmentation_pipeline.segmentations.score_counterfactuals import ScoreCounterfactual, score_counterfactuals
from segmentation_pipeline_tests.clean.project import config
from segmentation_pipeline_tests.segmentations.test_assign import configured

AS_OF = date(2026, 3, 31)
INPUTS = ("recency_days", "frequency", "tenure_days")


def model(*weights: float) -> dict[str, object]:
    """Its log-odds go up by the weight of an input for each 50 that it is above 100; inputs of 0 to 200 were usual."""
    scales = tuple(Scale(0.0, False, 100.0, 50.0) for _ in INPUTS)
    nothing = (0.0,) * len(INPUTS)
    learner = Linear(scales, weights, nothing, nothing, 0.0)
    made = PredictionModel(Design(tuple(map(Input, INPUTS))), learner, True)
    return {"model": made.to_parameters(), "judged": [[name, [0.0, 200.0], [1, 1, 1, 0]] for name in INPUTS]}


def project(**audiences: str) -> Config:
    asked = PredictiveModel.model_validate({"predicts": "no_order", "horizon_days": 90, "for": "frequency >= 1"})
    told = {"title": "t", "channel": "email"}
    campaigns = {name: Campaign.model_validate(told | {"audience": rule}) for name, rule in audiences.items()}
    risk = configured(
        risk={"kind": "rules", "segments": [{"name": "leaving", "when": "lapse_90 >= 0.6"}, {"name": "other", "when": "true"}]}
    )
    made = {"predictions": {"lapse_90": asked}, "campaigns": campaigns, "segmentations": risk}
    return config({"orders": {}}).model_copy(update=made)


def told(of: Config, *weights: float, **row: object) -> list[ScoreCounterfactual]:
    customer = {"recency_days": 160, "frequency": 100, "tenure_days": 100, "lapse_90": 0.768525, **row}
    return score_counterfactuals(of, kinds_of(of.segmentations), customer, lambda name: model(*weights), AS_OF)


def test_each_border_is_told_once_with_all_who_draw_it() -> None:
    of = project(
        win_back="lapse_90 >= 0.6 and monetary > 20",
        letter="lapse_90 between 0.3 and 0.6",
        rest="lapse_90 < 0.6",
        news="frequency > 2",
    )
    found = told(of, 1.0, 0.0, 0.0)
    assert {str(each.threshold): each.compared_by for each in found} == {
        "lapse_90 >= 0.6": ("segment leaving of risk", "campaign win_back", "campaign rest"),
        "lapse_90 >= 0.3": ("campaign letter",),
        "lapse_90 > 0.6": ("campaign letter",),
    }


def test_what_would_carry_it_across_is_told_in_words_the_smallest_change_first() -> None:
    [found] = told(project(), 1.0, 0.5, 0.0)
    assert found.words() == (
        "with recency_days of 120 instead of 160 it would be 0.5987",
        "with frequency of 20 instead of 100 it would be 0.5987",
    )
    [below] = told(project(), 1.0, 0.0, 0.0, recency_days=80, lapse_90=0.401312)
    assert below.words() == ("with recency_days of 121 instead of 80 it would be 0.6035",)


def test_a_score_that_only_time_moves_says_so() -> None:
    [found] = told(project(), 0.0, 0.0, 1.0, tenure_days=160)
    assert found.words() == ("no single change of behaviour within what is usual carries it across",)


def test_a_customer_without_a_score_is_told_of_none() -> None:
    assert told(project(win_back="lapse_90 >= 0.6"), 1.0, 0.0, 0.0, lapse_90=None) == []


def test_the_end_of_an_earlier_period_is_answered_by_itself() -> None:
    """Two periods with the same hazard of one half at 100 days of recency: no order in 45 days has one half, in 90 a quarter."""
    scales = (Scale(0.0, False, 100.0, 50.0), Scale(0.0, False, 0.0, 1.0))
    hazard = PredictionModel(
        with_periods(Design((Input("recency_days"),)), 2), Linear(scales, (-1.0, 0.0), (0.0,) * 2, (0.0,) * 2, 0.0), True
    )
    of = project(win_back="lapse_90_within_45 >= 0.4")
    asked = of.predictions["lapse_90"].model_copy(update={"periods": 2})
    made = {
        "model": HazardModel(hazard, (45, 90), True).to_parameters(),
        "judged": [["recency_days", [0.0, 200.0], [1, 1, 1, 0]]],
    }
    customer = {"recency_days": 100, "lapse_90": 0.25, "lapse_90_within_45": 0.5}
    config = of.model_copy(update={"predictions": {"lapse_90": asked}})
    found = {str(each.threshold): each.words() for each in score_counterfactuals(config, {}, customer, lambda name: made, AS_OF)}
    # Log-odds of 0.4 for an order in neither of 45 days: 20 days less.
    assert found == {"lapse_90_within_45 >= 0.4": ("with recency_days of 79 instead of 100 it would be 0.3965",)}
