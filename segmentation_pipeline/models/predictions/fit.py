"""A predictive model fitted, calibrated and judged on days of which each is later than those before it.

A model is published when it outdoes its baseline on the judged days beyond the 95 % interval of their paired difference; else
the baseline, where it outdoes forecasting the same for everybody; else nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
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
from segmentation_pipeline.models.predictions.groups import OFF, TOO_FEW, Group, group_calibrations
from segmentation_pipeline.models.predictions.judge import forecast, losses, metrics_of, recalibrated
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.learners import LEARNERS
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.models.predictions.periods import Periods
from segmentation_pipeline.models.predictions.rows import UNKNOWN, Rows

FEWEST_ROWS, FEWEST_OF_EACH = 50, 10
"""Of fewer customers, or with fewer of whom it is and is not so, nothing is learnt or judged."""
BASELINE = "baseline"
Metrics = dict[str, float | None]


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
    model: PredictionModel | None
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
    figures = _named("gain", over_baseline) | _named("baseline_gain", over_dull)
    found = () if asked.accept_alarm else tuple(alarms(design, periods.training, judged, metrics["auc"]))
    if found:
        note = f"held back: {'; '.join(found)}. Leave it out by naming features; if it is no leak, say why in accept_alarm"
        return replace(_published(asked, periods, alone, over_dull, figures), note=note)
    if over_baseline[1] > 0:
        shown = _shown(asked, best, alone, judged)
        return Candidate(best.learner.kind, best, len(periods.training), metrics | figures | _groups_off(shown), shown)
    low, high = over_baseline[1], over_baseline[2]
    note = f"no learner outdoes {baseline.name} alone on the customers it is judged by: by {low:.4f} to {high:.4f} of its loss"
    made = _published(asked, periods, alone, over_dull, figures)
    return replace(made, note="; ".join(filter(None, (note, made.note))))


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


def _best(design: Design, asked: PredictiveModel, periods: Periods) -> PredictionModel:
    """The simplest learner, unless a later one loses less on the calibration period by more than a standard error."""
    simplest, *others = LEARNERS
    best = _calibrated(simplest, design, asked, periods)
    for each in others:
        made = _calibrated(each, design, asked, periods)
        better = gain(asked, periods.calibration, made.link, best.link)
        if better[0] > (better[2] - better[1]) / (2 * Z):
            best = made
    return best


def _calibrated(learner: type[Learner], design: Design, asked: PredictiveModel, periods: Periods) -> PredictionModel:
    training, later = periods.training, periods.calibration
    learnt = learner.fit(design.matrix(training.frame), training.outcomes, is_probability=asked.is_probability)
    link = learnt.link(design.matrix(later.frame))
    slope, shift = recalibrated(link, later.outcomes, is_probability=asked.is_probability)
    return PredictionModel(design, learnt, asked.is_probability, slope, shift)


def same_for_all(asked: PredictiveModel, periods: Periods) -> Callable[[Any], Matrix]:
    """The same for everybody: the mean of the calibration period."""
    mean = float(np.mean(periods.calibration.outcomes))
    link = log(mean / (1.0 - mean)) if asked.is_probability else log(mean)
    return lambda frame: np.full(len(periods.judged), link)


def _published(
    asked: PredictiveModel, periods: Periods, alone: PredictionModel, over_dull: tuple[float, float, float], figures: Metrics
) -> Candidate:
    """The baseline, where it is credible itself."""
    rows = len(periods.training)
    if over_dull[0] <= 0:
        return Candidate(NOT_CREDIBLE, None, rows, figures, note="the baseline foretells no better than the same for everybody")
    judged = periods.judged
    metrics = metrics_of(alone.link(judged.frame), judged.outcomes, is_probability=asked.is_probability)
    shown = _shown(asked, alone, alone, judged)
    return Candidate(BASELINE, alone, rows, metrics | figures | _groups_off(shown), shown)


def _shown(asked: PredictiveModel, model: PredictionModel, alone: PredictionModel, judged: Rows) -> Shown:
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


def _named(name: str, interval: tuple[float, float, float]) -> Metrics:
    keys = (name, f"{name}_low", f"{name}_high")
    return {key: round(value, 6) if np.isfinite(value) else None for key, value in zip(keys, interval, strict=True)}
