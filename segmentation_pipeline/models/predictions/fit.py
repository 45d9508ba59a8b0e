"""A predictive model fitted, calibrated and judged on days of which each is later than those before it.

A model is published when it outdoes its baseline on the judged days beyond the 95 % interval of their paired difference; else
the baseline, where it so outdoes forecasting the same for everybody; else nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any, NamedTuple

import numpy as np

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.models.calibration import Bin, calibration_bins
from segmentation_pipeline.models.curves import Point, gain_curve
from segmentation_pipeline.models.intervals import Z, mean_interval
from segmentation_pipeline.models.predictions.alarms import alarms
from segmentation_pipeline.models.predictions.design import Design, Matrix
from segmentation_pipeline.models.predictions.forecaster import Forecaster
from segmentation_pipeline.models.predictions.groups import OFF, TOO_FEW, Group, group_calibrations
from segmentation_pipeline.models.predictions.hazard import HazardModel
from segmentation_pipeline.models.predictions.judge import Metrics, forecast, losses, metrics_of, with_interval
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.learners import LEARNERS
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.models.predictions.period_ends import judged_by_ends
from segmentation_pipeline.models.predictions.periods import Periods
from segmentation_pipeline.models.predictions.rows import UNKNOWN, Rows

FEWEST_ROWS, FEWEST_OF_EACH = 50, 10
"""Of fewer customers, or with fewer of whom it is and is not so, nothing is learnt or judged."""
BASELINE = "baseline"


class Shown(NamedTuple):
    """What is published of how a model did on the judged customers: by tenths, by depth and by declared group."""

    bins: Sequence[Bin] = ()
    curve: Sequence[Point] = ()
    groups: Sequence[Group] = ()


NOTHING_SHOWN = Shown()


@dataclass(frozen=True, slots=True)
class Candidate:
    """``kind`` says what is published: a learner, ``baseline``, or ``NOT_CREDIBLE`` without a ``model``."""

    kind: str
    model: Forecaster | None
    training_rows: int = 0
    metrics: Metrics = field(default_factory=dict)
    shown: Shown = NOTHING_SHOWN
    note: str = ""


def nothing(note: str, rows: int = 0) -> Candidate:
    """Why there is no forecast."""
    return Candidate(NOT_CREDIBLE, None, rows, note=note)


def fit(asked: PredictiveModel, periods: Periods, columns: Sequence[Column], baseline: Column) -> Candidate:
    """The best of the learners, the baseline, or nothing, with the figures that decided.  Sparse data never raises."""
    if why := too_few(asked, periods):
        return nothing(why, len(periods.training))
    design = Design.learnt(periods.training.frame, columns)
    dull = same_for_all(asked, periods)
    alone = _calibrated(LEARNERS[0], Design.learnt(periods.training.frame, [baseline]), asked, periods)
    best = _best(design, asked, periods) if design.inputs else alone
    judged = periods.judged
    metrics = metrics_of(best.link(judged.frame), judged.outcomes, is_probability=asked.is_probability)
    over_baseline = gain(asked, judged, best.link, alone.link)
    over_dull = gain(asked, judged, alone.link, dull)
    figures = with_interval("gain", over_baseline) | with_interval("baseline_gain", over_dull)
    found = () if asked.accept_alarm else tuple(alarms(design, judged, metrics["auc"]))
    if found:
        note = f"held back: {'; '.join(found)}. Leave it out by naming features; if it is no leak, say why in accept_alarm"
        return _published(asked, periods, alone, over_dull, figures, note)
    if over_baseline[1] <= 0:
        low, high = over_baseline[1], over_baseline[2]
        note = (
            f"no learner outdoes {baseline.name} alone on the customers it is judged by: by {low:.4f} to {high:.4f} of its loss"
        )
        return _published(asked, periods, alone, over_dull, figures, note)
    ends = judged_by_ends(asked, best, periods)
    if ends.wrong:
        return _published(asked, periods, alone, over_dull, figures, f"the best learner tells the wrong time: {ends.wrong}")
    shown = _shown(asked, best, alone, judged)
    return Candidate(best.kind, best, len(periods.training), metrics | figures | ends.metrics | _groups_off(shown), shown)


def gain(
    asked: PredictiveModel, judged: Rows, link: Callable[[Any], Matrix], than: Callable[[Any], Matrix]
) -> tuple[float, float, float]:
    """How much less one forecast loses than another per customer, with the 95 % interval of the paired difference."""
    one, other = (
        losses(
            forecast(each(judged.frame), is_probability=asked.is_probability),
            judged.outcomes,
            is_probability=asked.is_probability,
        )
        for each in (link, than)
    )
    return mean_interval(other - one)


def too_few(asked: PredictiveModel, periods: Periods) -> str:
    """Why there is too little to learn from or to judge by, or ''."""
    for what, rows in (("learn from", periods.training), ("calibrate on", periods.calibration), ("judge by", periods.judged)):
        if len(rows) < FEWEST_ROWS:
            return f"{len(rows)} customers to {what}, at least {FEWEST_ROWS} needed"
        happened = int((rows.outcomes > 0).sum())
        if happened < FEWEST_OF_EACH:
            return f"of those to {what} it came true for {happened}, at least {FEWEST_OF_EACH} needed"
        if asked.is_probability and len(rows) - happened < FEWEST_OF_EACH:
            return f"of those to {what} it did not come true for {len(rows) - happened}, at least {FEWEST_OF_EACH} needed"
    return ""


def _best(design: Design, asked: PredictiveModel, periods: Periods) -> Forecaster:
    """The simplest learner, unless a later one loses less on the calibration period by more than a standard error."""
    simplest, *others = LEARNERS
    best = _calibrated(simplest, design, asked, periods)
    for each in others:
        made = _calibrated(each, design, asked, periods)
        better = gain(asked, periods.calibration, made.link, best.link)
        if better[0] > (better[2] - better[1]) / (2 * Z):
            best = made
    return best


def _calibrated(learner: type[Learner], design: Design, asked: PredictiveModel, periods: Periods) -> Forecaster:
    rows = (periods.training, periods.calibration)
    if asked.periods:
        return HazardModel.learnt(learner, design, *rows, asked.period_ends, of_survival=asked.predicts == "no_order")
    return PredictionModel.learnt(learner, design, *rows, is_probability=asked.is_probability)


def same_for_all(asked: PredictiveModel, periods: Periods) -> Callable[[Any], Matrix]:
    """The same for everybody: the mean of the calibration period."""
    mean = float(np.mean(periods.calibration.outcomes))
    link = log(mean / (1.0 - mean)) if asked.is_probability else log(mean)
    return lambda frame: np.full(len(periods.judged), link)


def _published(
    asked: PredictiveModel,
    periods: Periods,
    alone: Forecaster,
    over_dull: tuple[float, float, float],
    figures: Metrics,
    note: str,
) -> Candidate:
    """The baseline, where it is credible itself; ``note`` says why no learner is published."""
    rows, judged = len(periods.training), periods.judged
    ends = judged_by_ends(asked, alone, periods)
    low, high = over_dull[1:]
    dull = f"the baseline does not outdo the same for everybody: by {low:.4f} to {high:.4f} of its loss" if low <= 0 else ""
    if dull or ends.wrong:
        note = f"{note}; {dull or f'so does the baseline: {ends.wrong}'}"
        return Candidate(NOT_CREDIBLE, None, rows, figures | ends.metrics, note=note)
    metrics = metrics_of(alone.link(judged.frame), judged.outcomes, is_probability=asked.is_probability)
    shown = _shown(asked, alone, alone, judged)
    return Candidate(BASELINE, alone, rows, metrics | figures | ends.metrics | _groups_off(shown), shown, note)


def _shown(asked: PredictiveModel, model: Forecaster, alone: Forecaster, judged: Rows) -> Shown:
    foretold, dull = (forecast(each.link(judged.frame), is_probability=asked.is_probability) for each in (model, alone))
    bins = calibration_bins(foretold, judged.outcomes, np.ones(len(judged)))
    return Shown(bins, gain_curve(foretold, dull, judged.outcomes), group_calibrations(asked, model, judged))


def _groups_off(shown: Shown) -> Metrics:
    """How many declared groups are foretold too high or too low, of how many that were large enough to tell; nothing where
    nobody's group is known."""
    known = [each for each in shown.groups if each.group != UNKNOWN]
    if not known:
        return {}
    compared = float(sum(each.status != TOO_FEW for each in known))
    return {"groups_off": float(sum(each.status in OFF for each in shown.groups)), "groups_compared": compared}
