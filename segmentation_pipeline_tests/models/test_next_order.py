"""The next order day: by the customer's own rhythm, else by the model; none for those who probably left."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from scipy.stats import lomax, t

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.bgnbd import BgNbd
from segmentation_pipeline.models.clv import with_times
from segmentation_pipeline.models.historical_rate import HistoricalRate
from segmentation_pipeline.models.next_order import with_next_order
from segmentation_pipeline.models.purchase_models import Purchases
from segmentation_pipeline.models.season import Season

AS_OF = date(2026, 3, 1)
MODEL = BgNbd(r=1.5, alpha=40.0, a=0.8, b=2.5, log_likelihood=0.0, converged=True, iterations=1)
SCHEMA = {
    "customer_id": "string",
    "last_order_date": "date",
    "recency_days": "int64",
    "tenure_days": "int64",
    "order_days": "int64",
    "gap_mean_days": "float64",
    "gap_std_days": "float64",
    "p_alive": "float64",
}


def days_ahead(
    engine: Engine, model: Purchases | None, *rows: tuple[Any, ...], season: Season | None = None
) -> list[tuple[Any, Any, Any]]:
    """Of (recency, tenure, order days, mean gap, its s.d., p_alive) the days from as_of to low end, expected day and high end."""
    columns = {
        "customer_id": [str(number) for number in range(len(rows))],
        "last_order_date": [None if row[0] is None else AS_OF - timedelta(days=row[0]) for row in rows],
        **{name: [row[i] for row in rows] for i, name in enumerate(list(SCHEMA)[2:])},
    }
    timed = with_times(engine, engine.memtable(columns, SCHEMA), season, AS_OF)
    found = engine.rows(with_next_order(engine, timed, model, season, AS_OF).order_by("customer_id"))
    names = ("next_order_date_low", "expected_next_order_date", "next_order_date_high")
    return [tuple(None if row[name] is None else (row[name] - AS_OF).days for name in names) for row in found]


def test_a_regular_customer_is_due_a_mean_gap_after_the_latest_order(engine: DuckDBEngine) -> None:
    """Ten gaps of 30 days with a standard deviation of 3, 12 days ago: in 18 days, by Student's quantile within 5 of it."""
    [(low, due, high)] = days_ahead(engine, MODEL, (12, 312, 11, 30.0, 3.0, 0.9))
    reach = t.ppf(0.9, 9) * 3 * np.sqrt(1.1)
    assert due == 18 and (low, high) == (np.ceil(18 - reach), np.ceil(18 + reach))


def test_quantiles_of_few_gaps_are_those_of_student(engine: DuckDBEngine) -> None:
    [(_, due, high)] = days_ahead(engine, MODEL, (0, 300, 4, 100.0, 20.0, 0.9))
    assert due == 100 and high - due == pytest.approx(t.ppf(0.9, 2) * 20 * np.sqrt(4 / 3), rel=0.05)


def test_a_regular_customer_who_is_a_little_late_is_due_tomorrow_and_one_who_is_overdue_goes_by_the_model(
    engine: DuckDBEngine,
) -> None:
    late, overdue, irregular = days_ahead(
        engine, MODEL, (31, 331, 11, 30.0, 3.0, 0.9), (90, 390, 11, 30.0, 3.0, 0.9), (90, 390, 11, 30.0, 20.0, 0.9)
    )
    assert late[:2] == (1, 1)
    assert overdue == irregular


def test_others_go_by_the_lomax_distribution_of_the_model(any_engine: Engine) -> None:
    """x = 2 in T = 200 days: shape 3.5, scale 240."""
    [found] = days_ahead(any_engine, MODEL, (50, 200, 3, 75.0, 10.0, 0.8))
    assert found == tuple(np.ceil(lomax.ppf([0.1, 0.5, 0.9], 3.5, scale=240.0)))
    [fallback] = days_ahead(
        any_engine, HistoricalRate(rate=0.01, prior_days=50.0, half_life_days=30.0), (50, 200, 3, 75.0, 10.0, 0.8)
    )
    assert fallback == tuple(np.ceil(lomax.ppf([0.1, 0.5, 0.9], 2.5, scale=250.0)))


def test_who_probably_left_or_never_ordered_has_no_day_and_nobody_has_without_a_model(engine: DuckDBEngine) -> None:
    gone, unknown = (100, 200, 3, 50.0, 1.0, 0.5), (None, None, 0, None, None, None)
    assert days_ahead(engine, MODEL, gone, unknown) == [(None, None, None)] * 2
    assert days_ahead(engine, None, (12, 312, 11, 30.0, 3.0, 0.9)) == [(None, None, None)]


def test_days_farther_than_ten_years_are_left_out_also_where_numbers_would_overflow(engine: DuckDBEngine) -> None:
    slow = BgNbd(r=0.01, alpha=400.0, a=0.8, b=2.5, log_likelihood=0.0, converged=True, iterations=1)
    [(low, due, high)] = days_ahead(engine, slow, (30, 30, 1, None, None, 1.0))
    assert low is None and due is None and high is None
    never = HistoricalRate(rate=0.0, prior_days=50.0, half_life_days=30.0)
    assert days_ahead(engine, never, (30, 30, 1, None, None, 1.0)) == [(None, None, None)]


def test_a_season_moves_the_day_by_the_model_and_not_a_rhythm_of_his_own(engine: DuckDBEngine) -> None:
    """From the first of March customers buy half as often as on average until autumn: waits are twice as long."""
    slow = Season((0.5,) * 12)
    plain, seasonal = (
        days_ahead(engine, MODEL, (12, 312, 11, 30.0, 3.0, 0.9), (0, 0, 1, None, None, 0.9), season=season)
        for season in (None, slow)
    )
    assert seasonal[0] == plain[0]
    assert [late == pytest.approx(2 * soon, abs=2) for soon, late in zip(plain[1], seasonal[1], strict=True)] == [True] * 3
