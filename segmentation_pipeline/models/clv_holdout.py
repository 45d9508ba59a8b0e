"""Was the purchase model right about a later period it had not seen?

Customers are described as of ``holdout_days`` before ``as_of``; their order days since then are
the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import ArrayLike

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.purchase_history import History, Vector


class PurchaseModel(Protocol):
    """What the models of purchases have in common."""

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector: ...

    def expected_while_alive(self, horizon: float, x: ArrayLike, T: ArrayLike) -> Vector: ...


@dataclass(frozen=True, slots=True)
class Holdout:
    """``history``: customers as of the first day of the holdout; ``actual``: order days of each in it."""

    days: int
    history: History
    actual: Vector

    @property
    def customers(self) -> int:
        return int(self.history.weights.sum())

    @property
    def repeaters(self) -> int:
        return int(self.history.weights[self.history.x > 0].sum())

    @property
    def longest_tenure(self) -> float:
        return float(self.history.T.max())


def read_holdout(engine: Engine, orders: ir.Table, as_of: date, days: int) -> Holdout | None:
    """The customers who had bought ``days`` before ``as_of`` and their order days since; None if there are none.

    ``orders`` needs customer_id and event_date.  Counts of equal histories leave the engine, not customers.
    """
    cut = as_of - timedelta(days=days)
    order_days = orders.filter(orders.event_date <= as_of).select("customer_id", "event_date").distinct()
    before = order_days.event_date <= cut
    customers = order_days.group_by("customer_id").aggregate(
        first=order_days.event_date.min(),
        last=order_days.event_date.max(where=before),
        before=order_days.count(where=before),
        actual=order_days.count(where=~before),
    )
    customers = customers.filter(customers.before > 0)
    end = ibis.literal(cut, "date")
    counted = customers.select(
        x=customers.before - 1,
        t_x=customers["last"].delta(customers["first"], unit="day"),
        T=end.delta(customers["first"], unit="day"),
        actual=customers.actual,
    )
    columns = arrays(engine, counted.group_by("x", "t_x", "T", "actual").aggregate(weights=counted.count()))
    if not columns["x"].size:
        return None
    order = np.lexsort([columns["actual"], columns["T"], columns["t_x"], columns["x"]])
    x, t_x, T, actual, weights = (columns[name][order].astype(float) for name in ("x", "t_x", "T", "actual", "weights"))
    return Holdout(days, History(x, t_x, T, weights), actual)


def poisson_deviance(predicted: Vector, holdout: Holdout) -> float:
    """Mean per customer of how far the predictions are from what came; 0 is exact.

    A prediction of nothing counts as one of a millionth, so that a purchase nobody expected weighs much but not all.
    """
    actual, weights = holdout.actual, holdout.history.weights
    expected = np.maximum(predicted, 1e-6)
    logs = np.where(actual > 0, actual * np.log(np.maximum(actual, 1.0) / expected), 0.0)
    return float(2.0 * np.sum(weights * (logs - (actual - expected))) / weights.sum())


def dull_deviance(holdout: Holdout) -> float:
    """The deviance of the forecast that all customers are alike: everybody goes on at the rate of all together."""
    history = holdout.history
    days = float(np.sum(history.weights * history.T))
    rate = float(np.sum(history.weights * history.x)) / days if days else 0.0
    return poisson_deviance(np.full(history.x.shape, holdout.days * rate), holdout)


def expected_order_days(model: PurchaseModel, holdout: Holdout) -> Vector:
    """What the model foretells of the holdout, by history."""
    x, t_x, T = holdout.history.x, holdout.history.t_x, holdout.history.T
    return model.probability_alive(x, t_x, T) * model.expected_while_alive(holdout.days, x, T)


def validate(model: PurchaseModel, holdout: Holdout) -> dict[str, float | None]:
    """Predicted against actual order days: totals, their ratio (None when nobody bought), mean Poisson deviance and
    mean absolute error per customer, and that of the naive forecast "everyone goes on at his own repeat rate"."""
    x, T, weights = holdout.history.x, holdout.history.T, holdout.history.weights
    predicted = expected_order_days(model, holdout)
    naive = holdout.days * x / np.maximum(T, 1.0)
    actual_total, predicted_total = float(np.sum(weights * holdout.actual)), float(np.sum(weights * predicted))
    return {
        "holdout_days": holdout.days,
        "holdout_customers": holdout.customers,
        "holdout_actual": actual_total,
        "holdout_predicted": round(predicted_total, 3),
        "holdout_ratio": round(predicted_total / actual_total, 6) if actual_total else None,
        "holdout_deviance": round(poisson_deviance(predicted, holdout), 6),
        "holdout_mae": round(float(np.sum(weights * np.abs(predicted - holdout.actual)) / weights.sum()), 6),
        "holdout_naive_mae": round(float(np.sum(weights * np.abs(naive - holdout.actual)) / weights.sum()), 6),
    }
