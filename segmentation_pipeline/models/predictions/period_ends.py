"""How well is it foretold by when?  A model of periods is judged at the end of each as well as on the whole horizon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.special import logit

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.models.intervals import mean_interval
from segmentation_pipeline.models.predictions.columns import within
from segmentation_pipeline.models.predictions.design import Matrix
from segmentation_pipeline.models.predictions.forecaster import Forecaster
from segmentation_pipeline.models.predictions.judge import Metrics, held_off, losses, recalibrated, rounded, with_interval
from segmentation_pipeline.models.predictions.periods import Periods
from segmentation_pipeline.models.predictions.rows import Rows


class Ends(NamedTuple):
    """Figures of each end of a period before the last, and what is wrong with the first that is foretold clearly worse than by
    the share of the training days, or ''."""

    metrics: Metrics
    wrong: str


def judged_by_ends(asked: PredictiveModel, model: Forecaster, periods: Periods) -> Ends:
    """Of the judged customers, for each end: the logarithmic loss, the calibration slope, and the gain over foretelling the
    observed share of the training days for everybody, with the 95 % interval of the paired difference."""
    metrics: Metrics = {}
    wrong = ""
    for days, came, forecast in _forecasts(asked, model, periods.judged):
        share = np.full(len(came), np.mean(outcomes_within(asked, periods.training, days)))
        loss, other = (losses(each, came, is_probability=True) for each in (forecast, held_off(share)))
        slope, _ = recalibrated(logit(forecast), came, is_probability=True)
        gain = mean_interval(other - loss)
        metrics |= rounded({f"loss{within(days)}": float(np.mean(loss)), f"calibration_slope{within(days)}": slope})
        metrics |= with_interval(f"gain{within(days)}", gain)
        if gain[2] < 0 and not wrong:
            more = f"{-gain[2]:.4f} to {-gain[1]:.4f} more per customer"
            wrong = f"within {days} days it loses {more} than the share of the training days foretold for everybody"
    return Ends(metrics, wrong)


def worse_within(asked: PredictiveModel, judged: Rows, made: Forecaster, than: Forecaster) -> str | None:
    """The first end of a period by which ``made`` foretells worse than the other model beyond the 95 % interval of the paired
    difference, in words; None without.  What is better on the whole horizon may still tell the wrong time."""
    both = zip(_forecasts(asked, made, judged), _forecasts(asked, than, judged), strict=True)
    for (days, came, forecast), (_, _, other) in both:
        one, two = (losses(each, came, is_probability=True) for each in (forecast, other))
        _, low, high = mean_interval(two - one)
        if high < 0:
            return f"within {days} days it loses {-high:.4f} to {-low:.4f} more per customer than the champion"
    return None


def _forecasts(asked: PredictiveModel, model: Forecaster, judged: Rows) -> Iterator[tuple[int, Matrix, Matrix]]:
    """Of each end before the last: its day, what came by then, and what was foretold."""
    foretold = model.forecasts(judged.frame) if asked.periods else {}
    for days in asked.period_ends[:-1]:
        yield days, outcomes_within(asked, judged, days), held_off(foretold[within(days)])


def outcomes_within(asked: PredictiveModel, rows: Rows, days: int) -> Matrix:
    """1 where it came true within the first ``days`` of the horizon, of no order where there was none, else 0."""
    happened = rows.days <= days
    return (~happened if asked.predicts == "no_order" else happened).astype(float)
