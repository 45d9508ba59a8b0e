"""Tenths of customers by forecast: everybody is counted once, and equal forecasts stay together."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.calibration import Bin, calibration_bins, calibration_table
from segmentation_pipeline_tests.examples import examples


def test_tenths_are_by_forecast_with_the_means_of_both() -> None:
    predicted = np.arange(20) / 10
    bins = calibration_bins(predicted, np.arange(20), np.ones(20))
    assert bins[0] == Bin(1, 2, pytest.approx(0.05), 0.5) and bins[-1] == Bin(10, 2, pytest.approx(1.85), 18.5)
    assert [each.number for each in bins] == list(range(1, 11))


def test_customers_of_one_forecast_share_the_bin_of_the_middle_one() -> None:
    assert calibration_bins([0.5, 0.5], [0, 3], [30, 10]) == [Bin(6, 40, 0.5, 0.75)]
    assert [(each.number, each.customers) for each in calibration_bins([0.1, 0.9], [0, 1], [80, 20])] == [(5, 80), (10, 20)]


def test_nobody_gives_no_bins_and_a_table_without_rows(engine: DuckDBEngine) -> None:
    assert calibration_bins([], [], []) == []
    assert engine.rows(calibration_table(engine, date(2025, 1, 1), "clv", "v", [])) == []


@examples(50, 1000)
@given(
    rows=st.lists(
        st.tuples(st.floats(0, 5).map(lambda value: round(value, 1)), st.integers(0, 9), st.integers(1, 40)),
        min_size=1,
        max_size=60,
    ),
    turned=st.randoms(use_true_random=False),
)
def test_every_customer_is_in_one_bin_whatever_the_order_of_rows(rows: list, turned: object) -> None:
    bins = calibration_bins(*zip(*rows, strict=True))
    assert sum(each.customers for each in bins) == sum(row[2] for row in rows)
    assert sum(each.customers * each.observed for each in bins) == pytest.approx(sum(row[1] * row[2] for row in rows), abs=1e-2)
    means = [each.predicted for each in bins]
    assert means == sorted(set(means)), "a higher bin has the higher forecast"
    turned.shuffle(rows)  # type: ignore[attr-defined]
    assert [tuple(each) for each in calibration_bins(*zip(*rows, strict=True))] == [pytest.approx(tuple(each)) for each in bins]
