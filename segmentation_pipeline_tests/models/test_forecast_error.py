"""Intervals of sums: they hold what comes as often as they say, and are wide where little is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from segmentation_pipeline.config.schema import ClvConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.clv import with_forecasts
from segmentation_pipeline.models.clv_fit import fit_clv
from segmentation_pipeline.models.forecast_error import Forecast, ForecastError, forecast_error
from segmentation_pipeline_tests.models.shop import drawn_orders, features_of, orders_table, scored_only

AS_OF, HORIZON = date(2025, 6, 30), 180


def test_forecasts_that_miss_by_chance_alone_leave_the_error_given_beforehand() -> None:
    """Poisson outcomes of what was foretold: variance 1 per unit, and nothing left of the errors of tenths."""
    chance = np.random.default_rng(1)
    predicted = chance.uniform(0.2, 3.0, 40_000)
    found = forecast_error([Forecast(predicted, chance.poisson(predicted).astype(float), np.ones(40_000))] * 3, 1.0, 0.2)
    assert found.dispersion == pytest.approx(1.0, rel=0.03)
    assert found.relative == pytest.approx(0.2 * np.sqrt(2 / 5), rel=0.05)


def test_forecasts_that_are_a_third_too_high_widen_the_error() -> None:
    chance = np.random.default_rng(2)
    predicted = chance.uniform(0.2, 3.0, 40_000)
    found = forecast_error([Forecast(predicted, chance.poisson(predicted / 1.5).astype(float), np.ones(40_000))] * 3, 1.0, 0.2)
    assert found.relative == pytest.approx(np.sqrt((2 * 0.2**2 + 3 / 9) / 5), rel=0.05)


def test_intervals_hold_the_total_shrink_with_it_and_widen_with_less_evidence() -> None:
    error = ForecastError(0.1, 2.0, 5)
    small, large = error.interval(10.0), error.interval(10_000.0)
    assert small[0] < 10 < small[1] and large[0] < 10_000 < large[1]
    assert small[1] / small[0] > large[1] / large[0]
    fewer = ForecastError(0.1, 2.0, 3).interval(10_000.0)
    assert fewer[0] < large[0] and fewer[1] > large[1]
    assert error.interval(0.0) == (0.0, 0.0) and error.interval(1e-4)[0] >= 0.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("customers", "draws"),
    [(70, 6), (900, 2), pytest.param(70, 25, marks=pytest.mark.wide), pytest.param(900, 12, marks=pytest.mark.wide)],
)
def test_the_orders_and_money_of_drawn_shops_lie_within_their_intervals(customers: int, draws: int) -> None:
    """Shops drawn from BG/NBD with 180 days hidden, of 70 customers by the prior, of 900 by a tested model: of all customers
    together and of the half with more order days, at least nine of ten totals lie within the interval of 95 %."""
    held = []
    for seed in range(draws):
        engine = DuckDBEngine(None)
        everything = drawn_orders(customers, AS_OF + timedelta(days=HORIZON), 600 + HORIZON, seed=seed)
        orders = orders_table(engine, [order for order in everything if order[1] <= AS_OF])
        features = features_of(orders, AS_OF)
        model = fit_clv(engine, features, orders, AS_OF, ClvConfig(horizon_days=HORIZON), "salt")
        scored = engine.rows(scored_only(features, with_forecasts(engine, features, model, AS_OF)))
        engine.close()
        if model.errors is None:
            continue  # nothing is said
        ahead = {(who, day): 0.0 for who, day, _ in everything if day > AS_OF}
        for who, day, amount in everything:
            if day > AS_OF:
                ahead[who, day] += amount
        past = {row["customer_id"]: 0 for row in scored}
        for who, _day in {(who, day) for who, day, _ in everything if day <= AS_OF}:
            past[who] += 1
        for group in (set(past), {who for who, days in past.items() if days >= 3}):
            days = [money for (who, _), money in ahead.items() if who in group]
            rows = [row for row in scored if row["customer_id"] in group]
            for error, total, came in (
                (model.errors.orders, sum(row["expected_orders"] for row in rows), len(days)),
                (model.errors.revenue, float(sum(row["clv"] for row in rows)), sum(days)),
            ):
                low, high = error.interval(total)
                held.append(low <= came <= high)
    assert len(held) > draws and np.mean(held) >= 0.9
