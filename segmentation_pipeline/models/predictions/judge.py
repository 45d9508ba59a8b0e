"""How well did forecasts come true?  Losses, ranking and calibration on customers a model has not seen, with intervals.

Losses are per customer, so that two forecasts of the same customers are compared in pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import cast

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, xlogy
from scipy.stats import rankdata

from segmentation_pipeline.models.intervals import Z, mean_interval
from segmentation_pipeline.models.predictions.design import Matrix

LEAST = 1e-6
"""Forecasts are held off from certainty: one surprise would cost without end."""
Metrics = dict[str, float | None]


def held_off(probability: Matrix) -> Matrix:
    """From certainty."""
    return cast(Matrix, np.clip(probability, LEAST, 1.0 - LEAST))


def forecast(link: Matrix, *, is_probability: bool) -> Matrix:
    """The probability, or the amount, of a link."""
    if is_probability:
        return held_off(expit(link))
    return np.clip(np.exp(np.clip(link, -50.0, 50.0)), LEAST, None)


def losses(foretold: Matrix, outcomes: Matrix, *, is_probability: bool) -> Matrix:
    """Of each customer: the logarithmic loss of a probability, the Poisson deviance of an amount."""
    if is_probability:
        return cast(Matrix, -(xlogy(outcomes, foretold) + xlogy(1.0 - outcomes, 1.0 - foretold)))
    return cast(Matrix, 2.0 * (xlogy(outcomes, outcomes / foretold) - (outcomes - foretold)))


def auc(scores: Matrix, outcomes: Matrix) -> tuple[float, float, float] | None:
    """How often somebody it happens to has the higher score than somebody it does not, with its 95 % interval.

    Hanley and McNeil (1982); equal scores count half.  None where everybody's outcome is the same.
    """
    happened = int((outcomes > 0).sum())
    other = len(outcomes) - happened
    if not happened or not other:
        return None
    area = float((rankdata(scores)[outcomes > 0].sum() - happened * (happened + 1) / 2.0) / (happened * other))
    one, two = area / (2.0 - area), 2.0 * area**2 / (1.0 + area)
    variance = (area * (1.0 - area) + (happened - 1) * (one - area**2) + (other - 1) * (two - area**2)) / (happened * other)
    half = Z * sqrt(max(variance, 0.0))
    return area, max(area - half, 0.0), min(area + half, 1.0)


def recalibrated(link: Matrix, outcomes: Matrix, *, is_probability: bool) -> tuple[float, float]:
    """Slope and shift of the link under which the outcomes are likeliest: sigmoid calibration (Platt, 1999), of amounts the same
    under a Poisson likelihood.  1 and 0 where the outcomes do not vary, and never a slope below 0."""
    if len(outcomes) < 2 or np.ptp(outcomes) == 0 or np.ptp(link) == 0:
        return 1.0, 0.0
    centre, spread = float(np.mean(link)), float(np.std(link))
    scaled = (link - centre) / spread

    def cost(at: Matrix) -> tuple[float, Matrix]:
        made = np.clip(at[0] * scaled + at[1], -30.0, 30.0)
        if is_probability:
            expected = expit(made)
            value = np.mean(np.logaddexp(0.0, made) - outcomes * made)
        else:
            expected = np.exp(made)
            value = np.mean(expected - outcomes * made)
        gap = expected - outcomes
        return float(value), np.array([float(np.mean(gap * scaled)), float(np.mean(gap))])

    mean = float(np.mean(outcomes))
    start = np.log(mean / (1.0 - mean)) if is_probability else np.log(mean)
    found = minimize(cost, np.array([0.0, start]), jac=True, method="L-BFGS-B", bounds=[(0.0, None), (None, None)], tol=1e-12)
    slope = float(found.x[0]) / spread
    return slope, float(found.x[1]) - slope * centre


def metrics_of(link: Matrix, outcomes: Matrix, *, is_probability: bool) -> Metrics:
    """Figures of forecasts of customers whose outcomes are known."""
    foretold = forecast(link, is_probability=is_probability)
    loss, low, high = mean_interval(losses(foretold, outcomes, is_probability=is_probability))
    slope, _ = recalibrated(link, outcomes, is_probability=is_probability)
    ranked = auc(link, outcomes)
    made: Metrics = {
        "judged_customers": float(len(outcomes)),
        "loss": loss,
        "loss_low": low,
        "loss_high": high,
        "mean_predicted": float(np.mean(foretold)) if len(foretold) else None,
        "mean_observed": float(np.mean(outcomes)) if len(outcomes) else None,
        "calibration_slope": slope,
        "auc": ranked[0] if ranked else None,
        "auc_low": ranked[1] if ranked else None,
        "auc_high": ranked[2] if ranked else None,
    }
    if is_probability and len(outcomes):
        made["brier"] = float(np.mean((foretold - outcomes) ** 2))
    return rounded(made)


def with_interval(name: str, interval: tuple[float, float, float]) -> Metrics:
    """A figure called ``name`` and the ends of its interval."""
    return rounded(dict(zip((name, f"{name}_low", f"{name}_high"), interval, strict=True)))


def rounded(figures: Mapping[str, float | None]) -> Metrics:
    """As the registry keeps them; None where one is not finite."""
    return {name: round(value, 6) if value is not None and np.isfinite(value) else None for name, value in figures.items()}
