"""CLV: credible on well-behaved customers, an explained fallback elsewhere, never negative or infinite."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.config.schema import ClvConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.bgnbd import BgNbd
from segmentation_pipeline.models.clv import ClvModel, with_forecasts
from segmentation_pipeline.models.clv_fit import fit_clv
from segmentation_pipeline.models.forecast_error import ForecastError, ForecastErrors
from segmentation_pipeline.models.gamma_gamma import GammaGamma
from segmentation_pipeline.models.historical_rate import HistoricalRate
from segmentation_pipeline.models.nbd import Nbd
from segmentation_pipeline.models.order_value import MeanValue
from segmentation_pipeline.models.pareto_nbd_prior import PriorParetoNbd
from segmentation_pipeline.models.season import Season
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.models.shop import Order, drawn_orders, features_of, orders_table, scored_only

AS_OF = date(2025, 6, 30)


def fit(engine: DuckDBEngine, orders: list[Order], config: ClvConfig | None = None) -> ClvModel:
    table = orders_table(engine, orders)
    return fit_clv(engine, features_of(table, AS_OF), table, AS_OF, config or ClvConfig(), "salt")


def scores(engine: DuckDBEngine, orders: list[Order], model: ClvModel) -> list[dict[str, Any]]:
    table = features_of(orders_table(engine, orders), AS_OF)
    return engine.rows(scored_only(table, with_forecasts(engine, table, model, AS_OF)).order_by("customer_id"))


def test_drawn_customers_are_forecast_within_a_tenth_on_a_later_period(engine: DuckDBEngine) -> None:
    orders = drawn_orders(3000, AS_OF, 600, seed=1)
    model = fit(engine, orders)
    assert model.kind == "bg_nbd" and isinstance(model.value, GammaGamma) and model.note == ""
    assert model.training_rows == 3000 and model.trained_to == AS_OF and model.trained_from == min(o[1] for o in orders)
    ratio, mae, naive = (model.metrics[name] for name in ("holdout_ratio", "holdout_mae", "holdout_naive_mae"))
    assert ratio is not None and 0.9 < ratio < 1.1
    assert mae is not None and naive is not None and mae < naive


CHRISTMAS = Season((*[0.9] * 10, 1.45, 1.6))


def by_season(orders: list[Order]) -> list[Order]:
    """The same orders by customers who live on the clock of the season."""
    reached = CHRISTMAS.since(AS_OF, np.arange(3000))
    moved = ((who, int(np.searchsorted(reached, (AS_OF - day).days)), amount) for who, day, amount in orders)
    return [(who, AS_OF - timedelta(days=back), amount) for who, back, amount in moved]


def test_a_shop_with_a_season_is_foretold_on_its_clock(engine: DuckDBEngine) -> None:
    """Three quarters of a year, of which one has Christmas: without the season it is foretold too low, the others too high."""
    model = fit(engine, by_season(drawn_orders(2000, AS_OF, 1200, seed=3)))
    assert model.season is not None and model.kind == "bg_nbd"
    assert np.allclose(model.season.indices, np.array(CHRISTMAS.indices) / np.mean(CHRISTMAS.indices), atol=0.15)
    assert all(0.9 < model.metrics[f"holdout_{number}_ratio"] < 1.1 for number in (1, 2, 3))
    assert model.metrics["bg_nbd_season_holdout_deviance"] < model.metrics["bg_nbd_holdout_deviance"]
    again = ClvModel.from_parameters(json.loads(json.dumps(model.to_parameters())))
    assert again.season == model.season


def test_a_steady_shop_is_foretold_by_the_calendar(engine: DuckDBEngine) -> None:
    model = fit(engine, drawn_orders(2000, AS_OF, 1200, seed=3))
    assert "bg_nbd_season_holdout_deviance" in model.metrics  # it was tried
    assert model.season is None and "season" not in model.to_parameters()


def test_scores_on_the_clock_of_a_season_are_those_of_the_formulas(engine: DuckDBEngine) -> None:
    """Three orders 300, 250 and 30 days ago; the horizon is a quarter after the day."""
    orders = [("a", AS_OF - timedelta(days=days), 30.0) for days in (300, 250, 30)]
    purchases, value = BgNbd(0.7, 30.0, 0.8, 2.5, 0.0, True, 1), GammaGamma(6.25, 3.74, 15.44, 0.0, True, 1)
    [a] = scores(engine, orders, ClvModel(90, purchases, value, season=CHRISTMAS))
    T, recency = CHRISTMAS.since(AS_OF, [300, 30])
    horizon = float(CHRISTMAS.ahead(AS_OF, 90))
    assert a["p_alive"] == pytest.approx(float(purchases.probability_alive(2, T - recency, T)), abs=1e-6)
    assert a["expected_orders"] == pytest.approx(float(purchases.expected_purchases(horizon, 2, T - recency, T)), abs=1e-6)


def test_scores_are_the_product_of_the_two_models(engine: DuckDBEngine) -> None:
    """Two customers by the formulas of the model files: x=2, t_x=60, T=100, spent 90 on 3 days; and a newcomer."""
    orders = [("a", AS_OF - timedelta(days=d), 30.0) for d in (100, 70, 40)] + [("b", AS_OF, 50.0)]
    purchases = BgNbd(0.7, 30.0, 0.8, 2.5, 0.0, True, 1)
    value = GammaGamma(6.25, 3.74, 15.44, 0.0, True, 1)
    a, b = scores(engine, orders, ClvModel(365, purchases, value))
    assert a["p_alive"] == pytest.approx(float(purchases.probability_alive(2, 60, 100)), abs=1e-6)
    assert a["expected_orders"] == pytest.approx(float(purchases.expected_purchases(365, 2, 60, 100)), abs=1e-6)
    assert float(a["expected_order_value"]) == pytest.approx(float(value.expected_value(3, 30)), abs=0.006)
    expected = float(purchases.expected_purchases(365, 2, 60, 100)) * float(value.expected_value(3, 30))
    assert float(a["clv"]) == pytest.approx(expected, abs=0.006)
    assert b["p_alive"] == 1.0


def test_a_longer_horizon_is_worth_more(engine: DuckDBEngine) -> None:
    orders = drawn_orders(100, AS_OF, 400, seed=2)
    purchases, value = BgNbd(0.7, 30.0, 0.8, 2.5, 0.0, True, 1), MeanValue(20.0)
    short, long = (scores(engine, orders, ClvModel(days, purchases, value)) for days in (90, 365))
    assert all(s["clv"] < lo["clv"] for s, lo in zip(short, long, strict=True))


FORECASTS_OF_NOBODY = {"clv_model": None, "p_alive": None, "expected_orders": None, "clv": None}


def test_few_customers_get_a_model_with_a_prior_and_the_note_says_why(engine: DuckDBEngine) -> None:
    orders = drawn_orders(60, AS_OF, 400, seed=3)
    model = fit(engine, orders)
    assert model.kind == "pareto_nbd_prior"
    assert model.note.startswith("drawn towards what is typical of shops, with wide intervals, for no model could be judged: ")
    assert "at least 200 needed" in model.note
    found = scores(engine, orders, model)
    assert len(found) == 60 and all(row["expected_orders"] > 0 and row["clv"] > 0 for row in found)


@pytest.mark.parametrize("customers", [60, 150])
def test_a_small_shop_that_stopped_selling_has_no_lifetime_value(engine: DuckDBEngine, customers: int) -> None:
    orders = [o for o in drawn_orders(customers, AS_OF, 400, seed=3) if o[1] <= AS_OF - timedelta(days=88)]
    model = fit(engine, orders)
    assert model.kind == "not_credible"
    assert model.note.startswith("no lifetime value, for no model of purchases is credible: it predicts ")
    found = scores(engine, orders, model)
    assert found and all(row["expected_order_value"] > 0 for row in found)
    assert all({name: row[name] for name in FORECASTS_OF_NOBODY} == FORECASTS_OF_NOBODY for row in found)


def test_of_a_handful_of_customers_nothing_is_said(engine: DuckDBEngine) -> None:
    model = fit(engine, drawn_orders(19, AS_OF, 400, seed=3))
    assert model.kind == "not_credible" and "too little history: 19 customers, " in model.note


def test_a_shop_that_stopped_selling_has_no_lifetime_value(engine: DuckDBEngine) -> None:
    """Whatever is fitted before the stop expects orders that never come, the fallback too."""
    orders = [o for o in drawn_orders(1500, AS_OF, 600, seed=4) if o[1] <= AS_OF - timedelta(days=88)]
    model = fit(engine, orders)
    assert model.purchases is None and model.metrics["repeat_customers"]
    assert model.note.startswith("no lifetime value, for no model of purchases is credible: bg_nbd: it predicts ")
    assert model.note.count("times the order days of the last 90 days") == 3


def test_a_history_too_short_to_judge_a_model_gets_one_with_a_prior(engine: DuckDBEngine) -> None:
    orders = drawn_orders(1500, AS_OF, 150, seed=5, alpha=15.0)
    model = fit(engine, orders, ClvConfig(calibration_holdout_days=90))
    assert "the history before the last 90 days is shorter than 90 days" in model.note
    assert model.kind == "pareto_nbd_prior" and "holdout_ratio" not in model.metrics
    assert model.metrics["holdout_days"] == 50, "a third of the history"


def test_several_windows_are_averaged_and_each_is_told(engine: DuckDBEngine) -> None:
    model = fit(engine, drawn_orders(3000, AS_OF, 600, seed=1))
    assert model.metrics["holdouts"] == 3 and model.metrics["holdout_revenue_ratio"] == pytest.approx(1, abs=0.15)
    assert all(model.metrics[f"holdout_{number}_ratio"] == pytest.approx(1, abs=0.15) for number in (1, 2, 3))
    assert sum(each.customers for each in model.calibration) > model.metrics["holdout_customers"] > 0  # type: ignore[operator]
    assert [each.number for each in model.calibration] == list(range(1, 11))
    assert model.calibration[-1].predicted == pytest.approx(model.calibration[-1].observed, rel=0.15)
    one = fit(engine, drawn_orders(3000, AS_OF, 600, seed=1), ClvConfig(calibration_windows=1))
    assert one.metrics["holdouts"] == 1 and one.metrics["holdout_1_ratio"] == model.metrics["holdout_1_ratio"]
    assert one.errors and model.errors and one.errors.orders.periods < model.errors.orders.periods


def test_customers_who_never_leave_are_forecast_by_the_model_without_leaving(engine: DuckDBEngine) -> None:
    """BG/NBD has no summit there: its likelihood rises up to the edge at which nobody leaves, which is NBD."""
    chance = np.random.default_rng(7)
    orders = []
    for number, rate in enumerate(chance.gamma(0.8, 1 / 40.0, 1500)):
        first = int(chance.integers(150, 700))
        days = {
            first,
            *(first - gap for gap in np.cumsum(chance.exponential(1 / max(rate, 1e-4), 400)).astype(int) if gap <= first),
        }
        orders += [(f"c{number}", AS_OF - timedelta(days=int(day)), 20.0) for day in days]
    model = fit(engine, orders)
    assert model.kind == "nbd" and model.note.startswith("nbd instead of BG/NBD: "), model.note
    ratio = model.metrics["holdout_ratio"]
    assert ratio is not None and 0.95 < ratio < 1.05
    assert {(row["clv_model"], row["p_alive"]) for row in scores(engine, orders, model)} == {("nbd", 1.0)}


def test_every_candidate_is_judged_and_the_best_is_taken(engine: DuckDBEngine) -> None:
    model = fit(engine, drawn_orders(3000, AS_OF, 600, seed=1))
    deviances = {
        kind: model.metrics[f"{kind}_holdout_deviance"]
        for kind in ("bg_nbd", "pareto_nbd", "nbd", "historical_rate")
        if f"{kind}_holdout_deviance" in model.metrics
    }
    assert {"bg_nbd", "historical_rate"} <= set(deviances)
    dull = model.metrics["holdout_dull_deviance"]
    assert min(deviances.values()) == deviances[model.kind] == model.metrics["holdout_deviance"] and dull is not None
    assert deviances[model.kind] < dull


def test_fit_does_not_depend_on_the_order_of_rows(engine: DuckDBEngine) -> None:
    orders = drawn_orders(600, AS_OF, 500, seed=6)
    assert fit(engine, orders) == fit(engine, orders[::-1])


@pytest.mark.parametrize(
    "model",
    [
        ClvModel(365, BgNbd(0.1 + 0.2, 1 / 3, 0.8, 2.5, -1.5, True, 9), GammaGamma(6.25, 3.74, 15.44, -2.5, True, 8)),
        ClvModel(90, HistoricalRate(1 / 7, 30.0, 12.5), MeanValue(1e-17)),
        ClvModel(90, Nbd(0.1 + 0.2, 1 / 3, -1.5, True, 9), MeanValue(20.0)),
        ClvModel(90, None, MeanValue(20.0)),
        ClvModel(
            90,
            PriorParetoNbd(0.8, 30.0, 0.7, 1 / 3, -1.5, True, 9),
            MeanValue(1.0),
            ForecastErrors(ForecastError(0.1, 2.0, 5), ForecastError(0.2, 1 / 3, 3)),
        ),
    ],
)
def test_parameters_round_trip_through_json_exactly(model: ClvModel) -> None:
    assert ClvModel.from_parameters(json.loads(json.dumps(model.to_parameters()))) == model


def test_no_orders_at_all_give_no_scores_and_no_error(engine: DuckDBEngine) -> None:
    model = fit(engine, [])
    assert model.note and scores(engine, [], model) == []


SMALL = ClvConfig(min_customers=10, calibration_holdout_days=30)
PATTERNS = {
    "a single customer": [("a", AS_OF, 10.0)],
    "all on the last day": [(f"c{n}", AS_OF, 10.0 + n) for n in range(50)],
    "all on one day long ago": [(f"c{n}", AS_OF - timedelta(days=900), 10.0) for n in range(50)],
    "one order each": [(f"c{n}", AS_OF - timedelta(days=7 * n), 5.0) for n in range(50)],
    "every day, a hundred customers": [(f"c{n}", AS_OF - timedelta(days=d), 5.0) for n in range(100) for d in range(40)],
    "a subscription": [(f"c{n}", AS_OF - timedelta(days=30 * d), 9.99) for n in range(60) for d in range(1 + n % 12)],
    "only returns": [(f"c{n}", AS_OF - timedelta(days=n), -5.0) for n in range(50)],
}


@pytest.mark.parametrize("orders", PATTERNS.values(), ids=PATTERNS.keys())
def test_odd_shops_are_scored_for_everybody(engine: DuckDBEngine, orders: list[Order]) -> None:
    _check(engine, orders)


@pytest.mark.slow
@examples(10, 200)
@given(
    orders=st.lists(
        st.tuples(
            st.sampled_from([f"c{n}" for n in range(40)]),
            st.integers(0, 400).map(lambda d: AS_OF - timedelta(days=d)),
            st.integers(-500, 100_000).map(lambda cents: cents / 100),
        ),
        min_size=1,
        max_size=300,
    )
)
def test_random_histories_never_score_negative_or_infinite(orders: list[Order]) -> None:
    engine = DuckDBEngine(None)
    _check(engine, orders)
    engine.close()


def _check(engine: DuckDBEngine, orders: list[Order]) -> None:
    model = fit(engine, orders, SMALL)
    json.dumps([model.to_parameters(), model.metrics], allow_nan=False)
    rows = scores(engine, orders, model)
    assert len(rows) == len({order[0] for order in orders})
    for row in rows:
        assert row["expected_order_value"] >= 0
        if model.purchases is None:
            assert {name: row[name] for name in FORECASTS_OF_NOBODY} == FORECASTS_OF_NOBODY
        else:
            assert row["clv_model"] == model.kind and 0.0 <= row["p_alive"] <= 1.0
            assert 0.0 <= row["expected_orders"] < math.inf and row["clv"] >= 0
