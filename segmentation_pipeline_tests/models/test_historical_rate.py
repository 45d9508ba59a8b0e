"""The fallback's three averages, by hand."""

from __future__ import annotations

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.historical_rate import HistoricalRate, fit_historical_rate
from segmentation_pipeline.models.purchase_history import History


def test_three_customers_by_hand() -> None:
    """Repeats 2 + 1 + 0 over tenures 40 + 30 + 20; gaps 10 and 30 days, the median by weight is the lower one."""
    model = fit_historical_rate(History.of([2, 1, 0], [20, 30, 0], [40, 30, 20], [1, 1, 1]))
    assert model == HistoricalRate(rate=3 / 90, prior_days=30.0, half_life_days=10.0)
    assert model.probability_alive(2, 20, 40) == pytest.approx(0.25)
    assert model.expected_while_alive(70, 2, 40) == pytest.approx(70 * (2 + 1) / (40 + 30))


@pytest.mark.parametrize(("x", "t_x", "T"), [([0], [0], [0]), ([0, 0], [0, 0], [0, 9])])
def test_without_tenure_or_repeats_nothing_is_divided_by_zero(x: list, t_x: list, T: list) -> None:
    model = fit_historical_rate(History.of(x, t_x, T, [5] * len(x)))
    assert model.rate == 0 and model.prior_days >= 1 and model.half_life_days >= 1
    assert (model.expected_while_alive(365, x, T) == 0).all()


def test_expression_equals_the_numbers(engine: DuckDBEngine) -> None:
    model = HistoricalRate(0.01, 30.0, 10.0)
    table = engine.memtable({"x": [2], "t_x": [20], "T": [45]}, {"x": "int64", "t_x": "int64", "T": "int64"})
    row = engine.rows(table.select(alive=model.probability_alive_expression(table.x, table.t_x, table["T"])))[0]
    assert row["alive"] == pytest.approx(float(model.probability_alive(2, 20, 45)))
