"""Gamma-Gamma where the data carries it, the population mean with a reason where not."""

from __future__ import annotations

from datetime import date

import pytest

from segmentation_pipeline.config.schema import ClvConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.gamma_gamma import GammaGamma
from segmentation_pipeline.models.order_value import MeanValue, expected_order_value, fit_order_value
from segmentation_pipeline_tests.models.shop import drawn_orders, features_of, orders_table

AS_OF = date(2025, 6, 30)
FEATURES = {"customer_id": "string", "order_days": "int64", "monetary": "decimal(18, 2)"}


def test_drawn_customers_are_recovered_from_a_bounded_sample(engine: DuckDBEngine) -> None:
    features = features_of(orders_table(engine, drawn_orders(3000, AS_OF, 500, seed=3)), AS_OF)
    model, metrics, refused = fit_order_value(engine, features, ClvConfig(sample_size=1000), "salt")
    assert isinstance(model, GammaGamma) and refused == ""
    assert 850 < (metrics["value_customers"] or 0) < 1150
    assert model.population_mean == pytest.approx(6.0 * 60 / 3, rel=0.1)
    assert abs(metrics["frequency_value_correlation"] or 0.0) < 0.1
    assert fit_order_value(engine, features, ClvConfig(sample_size=1000), "salt")[0] == model


def test_few_customers_get_the_mean_per_order_day_and_the_reason(engine: DuckDBEngine) -> None:
    """100 over 2 days and 20 over 1, a return of 30 counted as 0: 120 over 4 order days."""
    columns: dict[str, list] = {
        "customer_id": ["a", "b", "c", "none"],
        "order_days": [2, 1, 1, 0],
        "monetary": [100, 20, -30, 0],
    }
    features = engine.memtable(columns, FEATURES)
    model, _, refused = fit_order_value(engine, features, ClvConfig(), "salt")
    assert model == MeanValue(30.0)
    assert refused == "2 paying customers, at least 200 needed"
    table = features.select(value=expected_order_value(model, features.order_days, features.monetary)).limit(1)
    assert engine.rows(table)[0]["value"] == pytest.approx((100 + 30) / 3)


def test_equal_prices_fall_back_to_the_mean(engine: DuckDBEngine) -> None:
    days = [1 + n % 3 for n in range(300)]
    columns: dict[str, list] = {
        "customer_id": [str(n) for n in range(300)],
        "order_days": days,
        "monetary": [10 * d for d in days],
    }
    model, metrics, refused = fit_order_value(engine, engine.memtable(columns, FEATURES), ClvConfig(), "salt")
    assert model == MeanValue(10.0) and "no summit" in refused
    assert metrics["frequency_value_correlation"] is None


def test_no_customer_at_all_has_the_value_zero(engine: DuckDBEngine) -> None:
    model, _, _ = fit_order_value(
        engine, engine.memtable({"customer_id": [], "order_days": [], "monetary": []}, FEATURES), ClvConfig(), "salt"
    )
    assert model == MeanValue(0.0)
