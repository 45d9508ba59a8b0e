"""Groups are held to what came of them, and chance alone calls no group off."""

from __future__ import annotations

import numpy as np

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.models.predictions.design import Design, Input
from segmentation_pipeline.models.predictions.groups import group_calibrations, worse_for
from segmentation_pipeline.models.predictions.linear import Linear, Scale
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.models.predictions.rows import Rows

ASKED = PredictiveModel.model_validate({"predicts": "no_order"})


def model(weight: float) -> PredictionModel:
    """Foretells the log-odds ``weight`` times a number."""
    learner = Linear((Scale(0.0, False, 0.0, 1.0),), (weight,), (0.0,), (0.0,), 0.0)
    return PredictionModel(Design((Input("number"),)), learner, True)


def judged(seed: int, count: int = 2_000, off: float = 0.0) -> Rows:
    """Of whom the model with weight 1 knows the truth, but for group d, which is ``off``."""
    draw = np.random.default_rng(seed)
    number, group = draw.normal(size=count), draw.choice(list("abcd"), count)
    link = number + off * (group == "d")
    return Rows({"number": number}, (draw.random(count) < 1 / (1 + np.exp(-link))).astype(float), {"letter": group})


def test_chance_calls_a_group_off_in_at_most_one_of_twenty_models() -> None:
    told = [
        any(each.status != "calibrated" for each in group_calibrations(ASKED, model(1.0), judged(seed))) for seed in range(400)
    ]
    assert sum(told) / 1_000 <= 0.07


def test_a_group_that_is_foretold_too_low_is_told() -> None:
    found = {each.group: each for each in group_calibrations(ASKED, model(1.0), judged(1, off=1.0))}
    assert found["d"].status == "too_low" and found["a"].status == "calibrated"
    assert found["d"].observed is not None and found["d"].predicted is not None and found["d"].observed > found["d"].predicted


def test_what_is_worse_for_one_group_is_worse() -> None:
    """A model that is better for all but one group names that one."""
    rows = judged(2, 8_000)
    other = rows.groups["letter"] == "d"
    number = np.where(other, -rows.frame["number"], rows.frame["number"])
    turned = Rows({"number": number}, rows.outcomes, rows.groups)
    assert (worse_for(ASKED, turned, model(0.5), model(0.0)) or "").startswith("it foretells letter d worse than the champion")
    assert worse_for(ASKED, rows, model(1.0), model(0.0)) is None
