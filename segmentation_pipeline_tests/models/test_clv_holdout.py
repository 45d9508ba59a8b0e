"""The holdout describes customers as they were before it and counts what they did in it."""

from __future__ import annotations

import math
from datetime import date

import ibis.expr.types as ir
import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.clv_holdout import Holdout, read_holdouts, validate
from segmentation_pipeline.models.historical_rate import HistoricalRate
from segmentation_pipeline_tests.models.shop import orders_table

AS_OF = date(2025, 1, 31)


def read_holdout(engine: DuckDBEngine, orders: ir.Table, as_of: date, days: int) -> Holdout | None:
    return next(iter(read_holdouts(engine, orders, as_of, days, 1)), None)


def test_histories_end_before_the_holdout_and_actuals_lie_in_it(engine: DuckDBEngine) -> None:
    """Ten days: the cut is 21 January, which still belongs to the history."""
    orders = orders_table(
        engine,
        [
            ("a", date(2025, 1, 1), 9),
            ("a", date(2025, 1, 21), 9),
            ("a", date(2025, 1, 21), 5),  # one order day
            ("a", date(2025, 1, 22), 9),
            ("a", date(2025, 1, 31), 9),
            ("a", date(2025, 2, 1), 9),  # the last is after as_of
            ("b", date(2025, 1, 11), 9),
            ("new", date(2025, 1, 25), 9),
        ],
    )
    holdout = read_holdout(engine, orders, AS_OF, 10)
    assert holdout is not None and (holdout.customers, holdout.repeaters, holdout.longest_tenure) == (2, 1, 20.0)
    rows = zip(*(c.tolist() for c in (holdout.history.x, holdout.history.t_x, holdout.history.T, holdout.actual)), strict=True)
    assert sorted(rows) == [(0.0, 0.0, 10.0, 0.0), (1.0, 20.0, 20.0, 2.0)]


def test_nobody_before_the_holdout_gives_none(engine: DuckDBEngine) -> None:
    assert read_holdout(engine, orders_table(engine, [("a", AS_OF, 9)]), AS_OF, 10) is None


def test_prediction_and_naive_forecast_are_judged_on_the_same_customers(engine: DuckDBEngine) -> None:
    """One customer, 1 repeat in 20 days: naive expects 0.5 in ten days, 2 came.  The model expects 1."""
    orders = orders_table(engine, [("a", day, 9) for day in (date(2025, 1, 1), date(2025, 1, 21), date(2025, 1, 22), AS_OF)])
    holdout = read_holdout(engine, orders, AS_OF, 10)
    assert holdout is not None
    always_alive = HistoricalRate(rate=0.15, prior_days=20.0, half_life_days=1.0)  # 10 * (1 + 3) / 40 = 1
    assert validate(always_alive, holdout) == {
        "holdout_days": 10,
        "holdout_customers": 1,
        "holdout_actual": 2.0,
        "holdout_predicted": pytest.approx(1.0),
        "holdout_ratio": pytest.approx(0.5),
        "holdout_deviance": pytest.approx(2 * (2 * math.log(2) - 1), abs=1e-6),
        "holdout_mae": pytest.approx(1.0),
        "holdout_naive_mae": pytest.approx(1.5),
    }


def test_no_actual_order_gives_no_ratio(engine: DuckDBEngine) -> None:
    holdout = read_holdout(engine, orders_table(engine, [("a", date(2025, 1, 1), 9)]), AS_OF, 10)
    assert holdout is not None and validate(HistoricalRate(0.1, 1.0, 1.0), holdout)["holdout_ratio"] is None


def test_windows_follow_each_other_backwards_as_far_as_there_are_customers(engine: DuckDBEngine) -> None:
    """Windows of ten days end on 31, 21 and 11 January; before 1 January nobody had bought."""
    orders = orders_table(engine, [("a", date(2025, 1, 1), 9), ("a", date(2025, 1, 15), 9), ("b", date(2025, 1, 12), 9)])
    latest, middle, first = read_holdouts(engine, orders, AS_OF, 10, 5)
    assert [holdout.customers for holdout in (latest, middle, first)] == [2, 1, 1]
    assert latest.actual.tolist() == [0, 0] and middle.actual.tolist() == [1] and first.actual.tolist() == [0]


def test_money_is_counted_before_and_in_the_window_per_customer(engine: DuckDBEngine) -> None:
    days = [("a", date(2025, 1, 1), 9), ("a", date(2025, 1, 1), 1), ("a", date(2025, 1, 25), 7), ("b", date(2025, 1, 21), 4)]
    spending = read_holdouts(engine, orders_table(engine, days), AS_OF, 10, 1)[0].spending
    rows = zip(
        *(c.tolist() for c in (spending.order_days, spending.spent, spending.order_days_in, spending.spent_in)), strict=True
    )
    assert sorted(rows) == [(1.0, 4.0, 0.0, 0.0), (1.0, 10.0, 1.0, 7.0)]
