"""A challenger of periods is held against the champion at the end of each, as well as on the whole horizon."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.models.predictions.contest import Past, refusal
from segmentation_pipeline.models.predictions.design import Design, Input
from segmentation_pipeline.models.predictions.fit import Candidate
from segmentation_pipeline.models.predictions.hazard import HazardModel
from segmentation_pipeline.models.predictions.linear import Linear
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.models.predictions.person_periods import PERIOD
from segmentation_pipeline_tests.models.predictions.cancellations import CANCELS, COLUMNS, ENDS, learnt, periods

KNOWN = periods(CANCELS)
RIGHT = learnt(Linear, CANCELS)
SHORT = HazardModel.learnt(
    Linear, Design.learnt(KNOWN.training.frame, COLUMNS[:1]), KNOWN.training, KNOWN.calibration, ENDS, of_survival=False
)
"""Tells the right time of customers whose tickets it does not know."""


def of_other_periods(model: HazardModel) -> HazardModel:
    """The same on the whole horizon, with the second period's hazard in the third."""
    second, third = Input(PERIOD, "2"), Input(PERIOD, "3")
    design = Design(tuple({second: third, third: second}.get(each, each) for each in model.hazard.design.inputs))
    hazard = PredictionModel(design, model.hazard.learner, True, model.hazard.slope, model.hazard.shift)
    return HazardModel(hazard, ENDS, False)


def refused(champion: HazardModel, challenger: HazardModel) -> str | None:
    past = Past({}, champion, "same", date(2026, 1, 1), ())
    return refusal(past, "same", Candidate("linear", challenger), CANCELS, KNOWN)


def test_what_foretells_the_horizon_better_and_when_as_well_takes_over() -> None:
    assert refused(SHORT, RIGHT) is None


def test_a_challenger_that_tells_the_wrong_time_does_not_take_over() -> None:
    said = refused(SHORT, of_other_periods(RIGHT))
    assert said is not None and said.startswith("within 60 days it loses") and said.endswith("than the champion")


def test_a_champion_that_tells_the_wrong_time_stays_against_nobody() -> None:
    assert refused(of_other_periods(RIGHT), SHORT) is None
    assert "which may be nothing" in str(refused(RIGHT, SHORT))
