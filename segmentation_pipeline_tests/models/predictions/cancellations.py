"""Customers who cancel by a hazard that is known, period by period of ninety days."""

from __future__ import annotations

import numpy as np

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.models.predictions.design import Design
from segmentation_pipeline.models.predictions.fit import Periods
from segmentation_pipeline.models.predictions.hazard import HazardModel
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.rows import Rows

CANCELS = PredictiveModel.model_validate({"predicts": "event(orders)", "horizon_days": 90, "periods": 3})
LAPSES = CANCELS.model_copy(update={"predicts": "no_order"})
ENDS = CANCELS.period_ends
SHAPE = (-2.0, -0.5, -3.0)
"""The log-odds of the hazard of each period, for whom every number is 0."""
COLUMNS = tuple(Column(name, Type.NUMBER, "A number.") for name in ("usage", "tickets", "noise"))


def hazards(frame: dict[str, np.ndarray], shape: tuple[float, ...] = SHAPE) -> np.ndarray:
    """The true ones, a row per period."""
    return np.stack([1 / (1 + np.exp(-(level - frame["usage"] + 0.5 * frame["tickets"]))) for level in shape])


def rows(asked: PredictiveModel, count: int, seed: int, shape: tuple[float, ...] = SHAPE) -> Rows:
    draw = np.random.default_rng(seed)
    frame = {column.name: draw.normal(size=count) for column in COLUMNS}
    hits = draw.random((3, count)) < hazards(frame, shape)
    period = np.where(hits.any(axis=0), hits.argmax(axis=0), np.nan)
    happened = ~np.isnan(period)
    outcomes = ~happened if asked.predicts == "no_order" else happened
    return Rows(frame, outcomes.astype(float), {}, 30 * period + draw.integers(1, 31, count))


def periods(asked: PredictiveModel, *shapes: tuple[float, ...]) -> Periods:
    """To learn from, to calibrate on and to judge by, of the same shape but where others are told."""
    said = shapes or (SHAPE,) * 3
    return Periods(
        *(rows(asked, count, seed, shape) for seed, (count, shape) in enumerate(zip((9_000, 4_000, 4_000), said, strict=True)))
    )


def learnt(kind: type[Learner], asked: PredictiveModel) -> HazardModel:
    known = periods(asked)
    design = Design.learnt(known.training.frame, COLUMNS)
    of_survival = asked.predicts == "no_order"
    return HazardModel.learnt(kind, design, known.training, known.calibration, ENDS, of_survival=of_survival)
