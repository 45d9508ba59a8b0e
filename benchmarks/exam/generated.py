"""Predictive models of generated customers, of whom the best forecast is known."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.exam import forecasts
from benchmarks.exam.forecasts import Best
from benchmarks.exam.projects import run_orders
from benchmarks.exam.row import Row
from benchmarks.exam.shop import DAYS, LAST, Shop, expected_orders, shop

CUSTOMERS, HORIZON = 6_000, 60
HABITS = {"cutoffs": 2, "features": ["recency_days", "frequency", "tenure_days", "gap_mean_days", "last_gap_days"]}
MODELS = {
    "lapse_60": {"predicts": "no_order", "horizon_days": HORIZON, "for": "frequency >= 1", **HABITS},
    "orders_60": {"predicts": "orders", "horizon_days": HORIZON, "for": "frequency >= 1", **HABITS},
}


def rows(engine: str) -> list[Row]:
    """Judged on the last 60 days."""
    made = shop(CUSTOMERS)
    with tempfile.TemporaryDirectory() as folder:
        registry = run_orders(Path(folder), made.orders(), MODELS, LAST, engine)
    return [*forecasts.rows("generated", registry, MODELS, _best(made))]


def _best(made: Shop) -> dict[str, Best]:
    judged = DAYS - HORIZON
    known = [(at[at <= judged], at[at > judged]) for at in made.bought if at[0] <= judged]
    x, t_x, T = np.array([(len(at) - 1, at[-1] - at[0], judged - at[0]) for at, _ in known], dtype=float).T
    came = np.array([len(later) for _, later in known], dtype=float)
    nobody, number = expected_orders(x, t_x, T, HORIZON)
    return {
        "lapse_60": Best.of(nobody, (came == 0).astype(float), is_probability=True),
        "orders_60": Best.of(number, came, is_probability=False),
    }
