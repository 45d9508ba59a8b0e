"""Were the models of purchases and of order values right about later periods they had not seen?

Customers are described as of the first day of a held-out period, by days before ``as_of``; their order days and money in it
are the truth.  The last periods there are tell more than one: a season, a sale or a bad month is in one of them only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import ArrayLike

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.distinct_counts import DistinctCounts
from segmentation_pipeline.models.purchase_history import History, Vector
from segmentation_pipeline.models.season import Season


class PurchaseModel(Protocol):
    """What the models of purchases have in common."""

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector: ...

    def expected_while_alive(self, horizon: float, x: ArrayLike, T: ArrayLike) -> Vector: ...


@dataclass(frozen=True, slots=True)
class Spending:
    """A row per customer of a holdout: order days and gross money before it and in it, and the customer's row of the history."""

    order_days: Vector
    spent: Vector
    order_days_in: Vector
    spent_in: Vector
    row: np.ndarray


@dataclass(frozen=True, slots=True)
class Holdout:
    """``history``: customers as of ``cut``, the day before the holdout begins; ``actual``: order days of each in its ``days``.

    ``history`` and ``length``, how long the holdout is, count days or seasonal days.
    """

    days: int
    cut: date
    history: History
    actual: Vector
    spending: Spending
    length: float

    def on_clock(self, season: Season) -> Holdout:
        """The same, told in seasonal days."""
        length = float(season.ahead(self.cut, self.days))
        return replace(self, history=season.history(self.history, self.cut), length=length)

    @property
    def customers(self) -> int:
        return int(self.history.weights.sum())

    @property
    def repeaters(self) -> int:
        return int(self.history.weights[self.history.x > 0].sum())

    @property
    def longest_tenure(self) -> float:
        return float(self.history.T.max())


def read_holdouts(engine: Engine, orders: ir.Table, as_of: date, days: int, windows: int) -> list[Holdout]:
    """The last ``windows`` periods of ``days``, the latest first, as far as somebody had bought before them.

    ``orders`` of a bounded number of customers needs customer_id, event_date and amount.
    """
    known = orders.filter(orders.event_date <= as_of)
    daily = known.group_by("customer_id", "event_date").aggregate(amount=known.amount.sum())
    with engine.staged(daily) as order_days:
        ends = (as_of - timedelta(days=days * back) for back in range(windows))
        found = [_read(engine, order_days, end, days) for end in ends]
    return [holdout for holdout in found if holdout is not None]


def _read(engine: Engine, order_days: ir.Table, end: date, days: int) -> Holdout | None:
    """The customers who had bought ``days`` before ``end`` and their order days since; None if there are none."""
    cut = end - timedelta(days=days)
    known = order_days.filter(order_days.event_date <= end)
    before = known.event_date <= cut
    customers = known.group_by("customer_id").aggregate(
        first=known.event_date.min(),
        last=known.event_date.max(where=before),
        before=known.count(where=before),
        actual=known.count(where=~before),
        spent=known.amount.sum(where=before).fill_null(0),
        spent_in=known.amount.sum(where=~before).fill_null(0),
    )
    customers = customers.filter(customers.before > 0)
    described = customers.select(
        x=customers.before - 1,
        t_x=customers["last"].delta(customers["first"], unit="day"),
        T=ibis.literal(cut, "date").delta(customers["first"], unit="day"),
        actual=customers.actual,
        spent=ibis.greatest(customers.spent.cast("float64"), 0.0),
        spent_in=ibis.greatest(customers.spent_in.cast("float64"), 0.0),
    )
    columns = arrays(engine, described)
    if not columns["x"].size:
        return None
    order = np.lexsort([columns[name] for name in reversed(described.columns)])
    rows = np.column_stack([columns[name][order].astype(float) for name in described.columns])
    histories, position, sharing = np.unique(rows[:, :4], axis=0, return_inverse=True, return_counts=True)
    (x, t_x, T, actual), sizes = histories.T, sharing.astype(float)
    spending = Spending(rows[:, 0] + 1.0, rows[:, 4], rows[:, 3], rows[:, 5], position.reshape(-1))
    history = History(x, t_x, T, sizes, DistinctCounts.of(x, sizes))
    return Holdout(days, cut, history, actual, spending, float(days))


def poisson_deviance(predicted: Vector, actual: Vector, weights: Vector) -> float:
    """Mean of how far predictions are from what came; 0 is exact.  In the unit of what is predicted: order days or money.

    A prediction of nothing counts as one of a millionth, so that a purchase nobody expected weighs much but not all.
    """
    expected = np.maximum(predicted, 1e-6)
    logs = np.where(actual > 0, actual * np.log(np.where(actual > 0, actual, 1.0) / expected), 0.0)
    return float(2.0 * np.sum(weights * (logs - (actual - expected))) / weights.sum())


def order_days_deviance(predicted: Vector, holdout: Holdout) -> float:
    """Mean deviance per customer of order days."""
    return poisson_deviance(predicted, holdout.actual, holdout.history.weights)


def dull_deviance(holdouts: Sequence[Holdout]) -> float:
    """The mean deviance of the forecast that all customers are alike: everybody goes on at the rate of all together."""
    deviances = []
    for holdout in holdouts:
        history = holdout.history
        days = float(np.sum(history.weights * history.T))
        rate = float(np.sum(history.weights * history.x)) / days if days else 0.0
        deviances.append(order_days_deviance(np.full(history.x.shape, holdout.days * rate), holdout))
    return float(np.mean(deviances))


def expected_order_days(model: PurchaseModel, holdout: Holdout) -> Vector:
    """What the model foretells of the holdout, by history."""
    x, t_x, T = holdout.history.x, holdout.history.t_x, holdout.history.T
    return model.probability_alive(x, t_x, T) * model.expected_while_alive(holdout.length, x, T)


def validate(model: PurchaseModel, holdout: Holdout) -> dict[str, float | None]:
    """Predicted against actual order days: totals, their ratio (None when nobody bought), mean Poisson deviance and
    mean absolute error per customer, and that of the naive forecast "everyone goes on at his own repeat rate"."""
    x, T, weights = holdout.history.x, holdout.history.T, holdout.history.weights
    predicted = expected_order_days(model, holdout)
    naive = holdout.length * x / np.maximum(T, 1.0)
    actual_total, predicted_total = float(np.sum(weights * holdout.actual)), float(np.sum(weights * predicted))
    return {
        "holdout_days": holdout.days,
        "holdout_customers": holdout.customers,
        "holdout_actual": actual_total,
        "holdout_predicted": round(predicted_total, 3),
        "holdout_ratio": round(predicted_total / actual_total, 6) if actual_total else None,
        "holdout_deviance": round(order_days_deviance(predicted, holdout), 6),
        "holdout_mae": round(float(np.sum(weights * np.abs(predicted - holdout.actual)) / weights.sum()), 6),
        "holdout_naive_mae": round(float(np.sum(weights * np.abs(naive - holdout.actual)) / weights.sum()), 6),
    }
