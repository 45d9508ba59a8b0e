"""How much of what came the highest forecasts had."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.models.curves import DEPTHS, gain_curve


def test_a_perfect_order_captures_all_as_early_as_can_be_and_a_dull_one_its_share() -> None:
    outcomes = np.repeat([1.0, 0.0], [200, 800])
    points = {point.depth: point for point in gain_curve(outcomes + 0.1, np.full(1000, 0.2), outcomes)}
    assert points[0.1].captured == 0.5 and points[0.2].captured == points[1.0].captured == 1.0
    assert points[0.1].observed == 1.0 and points[0.5].observed == pytest.approx(0.4) and points[0.1].lowest == 1.1
    assert [point.captured_by_baseline for point in points.values()] == pytest.approx(DEPTHS)


def test_the_order_of_rows_changes_nothing_where_forecasts_are_equal() -> None:
    draw = np.random.default_rng(1)
    forecasts, outcomes = draw.integers(1, 5, 500) / 10, draw.integers(0, 2, 500).astype(float)
    order = draw.permutation(500)
    assert gain_curve(forecasts, forecasts, outcomes) == gain_curve(forecasts[order], forecasts[order], outcomes[order])


@pytest.mark.parametrize("count", [0, 3])
def test_nothing_is_told_where_nothing_came(count: int) -> None:
    assert gain_curve(np.ones(count), np.ones(count), np.zeros(count)) == []


def test_few_customers_are_at_least_one() -> None:
    assert gain_curve([3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0, 0.0, 0.0])[0] == (0.01, 1, 3.0, 1.0, 1.0, 0.0)
