"""How far the sum of forecasts over a group of customers may be from what comes: measured on held-out periods.

Belongs here: what is learnt from the periods, and the interval of a sum.  The errors of parameters alone would promise too
much: with thousands of customers they are small, while seasons, sales and a wrong model move the sum as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import gammaincinv, ndtri, stdtrit

from segmentation_pipeline.models.calibration import tenths
from segmentation_pipeline.models.parameters import Parameters
from segmentation_pipeline.models.purchase_history import Vector

CONFIDENCE = 0.95
PRIOR_PERIODS = 2
"""A relative error given beforehand counts as much as that of so many held-out periods."""

TESTED_BEFORE, UNTESTED_BEFORE = 0.2, 0.5
"""Relative errors of a group to expect before any period was seen: of a model that proved itself, and of one that could not."""


class Forecast(NamedTuple):
    """What was foretold of a held-out period and what came, by customers who share both."""

    predicted: Vector
    actual: Vector
    customers: Vector


@dataclass(frozen=True, slots=True)
class ForecastError(Parameters):
    """``relative``: standard error of the sum over a tenth of customers as a share of it, chance left out.  ``dispersion``:
    variance by chance of one customer's outcome per unit foretold.  ``periods``: how much evidence ``relative`` rests on."""

    relative: float
    dispersion: float
    periods: int

    def interval(self, total: float) -> tuple[float, float]:
        """Where the sum over a group lies with ``CONFIDENCE`` if ``total`` is foretold: quantiles of a gamma distribution, as
        sums of orders and money are not negative; wider by Student's factor where few periods were seen."""
        if total <= 0:
            return 0.0, 0.0
        wider = stdtrit(self.periods, (1 + CONFIDENCE) / 2) / ndtri((1 + CONFIDENCE) / 2)
        shape = 1.0 / ((self.relative**2 + self.dispersion / total) * wider**2)
        low, high = (total / shape * gammaincinv(shape, (1 + side * CONFIDENCE) / 2) for side in (-1, 1))
        return float(low), float(high)


class ForecastErrors(NamedTuple):
    """Of sums of order days, and of money."""

    orders: ForecastError
    revenue: ForecastError


def forecast_error(periods: Sequence[Forecast], longer: float, before: float) -> ForecastError:
    """The error learnt from held-out ``periods`` for a horizon ``longer`` times as long.

    Chance: the squared errors of customers over what was foretold; it grows with the horizon, for who buys more than
    expected goes on to.  Relative: what is left of the errors of tenths of customers without that chance, drawn towards
    ``before``.
    """
    squares = sum(float(np.sum(each.customers * (each.actual - each.predicted) ** 2)) for each in periods)
    foretold = sum(float(np.sum(each.customers * each.predicted)) for each in periods)
    dispersion = squares / max(foretold, 1e-9)
    variances = [_variance_of_tenths(each, dispersion) for each in periods]
    relative = np.sqrt((PRIOR_PERIODS * before**2 + sum(variances)) / (PRIOR_PERIODS + len(periods)))
    return ForecastError(float(relative), dispersion * max(longer, 1.0), PRIOR_PERIODS + len(periods))


def _variance_of_tenths(period: Forecast, dispersion: float) -> float:
    """The squared relative error of sums over tenths of customers, chance left out; those of whom much is foretold weigh most."""
    bins = tenths(period.predicted, period.customers)
    predicted, actual = (np.bincount(bins, period.customers * values) for values in (period.predicted, period.actual))
    beyond_chance = np.sum((actual - predicted) ** 2 - dispersion * predicted)
    return float(max(beyond_chance, 0.0) / max(np.sum(predicted**2), 1e-9))
