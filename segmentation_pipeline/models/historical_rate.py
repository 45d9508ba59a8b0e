"""The fallback for purchase counts: each customer's own rate, drawn towards everybody's.

Used when BG/NBD is not credible on the data.  It claims little: no distribution is fitted, only
three averages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import ArrayLike

from segmentation_pipeline.models.parameters import Parameters
from segmentation_pipeline.models.purchase_history import History, Vector


@dataclass(frozen=True, slots=True)
class HistoricalRate(Parameters):
    """``rate``: repeat order days per day of tenure over all customers.  ``prior_days``: the mean tenure;
    a customer with that tenure is judged half by his own rate, half by everybody's.
    ``half_life_days``: the median gap between order days; a customer silent for that long counts half.
    """

    rate: float
    prior_days: float
    half_life_days: float

    @property
    def rate_prior(self) -> tuple[float, float]:
        """Shape and scale of the gamma distribution of purchase rates before a customer's own purchases are known."""
        return self.rate * self.prior_days, self.prior_days

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector:
        """0.5 ** (time since the last order day / half-life)."""
        return cast(Vector, 0.5 ** ((np.asarray(T, dtype=float) - np.asarray(t_x, dtype=float)) / self.half_life_days))

    def probability_alive_expression(self, x: ir.NumericValue, t_x: ir.NumericValue, T: ir.NumericValue) -> ir.FloatingValue:
        """``probability_alive`` as table arithmetic."""
        return ibis.literal(0.5).pow((T - t_x).cast("float64") / self.half_life_days)

    def expected_while_alive(self, horizon: float, x: ArrayLike, T: ArrayLike) -> Vector:
        """Order days in the next ``horizon`` days at the customer's shrunk rate."""
        x, T = np.asarray(x, dtype=float), np.asarray(T, dtype=float)
        return horizon * (x + self.rate * self.prior_days) / (T + self.prior_days)


def fit_historical_rate(history: History) -> HistoricalRate:
    """Averages over customers; times in days.

    Without tenure (everybody's first day) the rate is 0; without repeat customers the half-life is
    the mean tenure.  Both times are at least one day.
    """
    customers, tenure = history.weights.sum(), np.sum(history.weights * history.T)
    prior_days = max(float(tenure / customers), 1.0)
    rate = float(np.sum(history.weights * history.x) / tenure) if tenure > 0 else 0.0
    repeat = history.x > 0
    if not repeat.any():
        return HistoricalRate(rate, prior_days, prior_days)
    gaps, weights = history.t_x[repeat] / history.x[repeat], history.weights[repeat]
    order = np.argsort(gaps, kind="stable")
    reached = np.cumsum(weights[order])
    median = float(gaps[order][np.searchsorted(reached, reached[-1] / 2.0)])
    return HistoricalRate(rate, prior_days, max(median, 1.0))
