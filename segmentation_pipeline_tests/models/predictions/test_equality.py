"""The gate between fit and publication: the engine scores as the model does, or nothing is published."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.predictions.design import Design, Input, Matrix
from segmentation_pipeline.models.predictions.equality import ScoresDiffer, check_equal
from segmentation_pipeline.models.predictions.linear import Linear, Scale
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.models.predictions.rows import Rows

LEARNT = ((Scale(0.0, False, 0.0, 1.0),), (10.0,), (0.0,), (0.0,), 0.0)
ROWS = Rows({"number": np.array([-5.0, -1.35, -1.3, 0.0, np.nan, 1.3, 5.0])}, np.zeros(7))


class Off(Linear):
    """Scores otherwise in NumPy than in the engine."""

    def link(self, numbers: Matrix) -> Matrix:
        return super().link(numbers) + 0.01


def model(learner: Linear, is_probability: bool = True) -> PredictionModel:
    return PredictionModel(Design((Input("number"),)), learner, is_probability)


@pytest.mark.parametrize("is_probability", [True, False])
def test_scores_next_to_certainty_are_equal(any_engine: Engine, is_probability: bool) -> None:
    """At ten times minus five a probability rounds to 0, and an amount to nothing."""
    check_equal(any_engine, model(Linear(*LEARNT), is_probability), ROWS)


def test_a_baseline_that_never_varied_scores_all_alike(any_engine: Engine) -> None:
    """It has no number left to read."""
    check_equal(any_engine, PredictionModel(Design(()), Linear((), (), (), (), -1.0), True), ROWS)


def test_other_scores_stop_the_run(any_engine: Engine) -> None:
    with pytest.raises(ScoresDiffer, match=r"differ by 0\.00\d+ on 7 rows"):
        check_equal(any_engine, model(Off(*LEARNT)), ROWS)
