"""What a launch can show is said before it, for the people who were drawn."""

from __future__ import annotations

import math
from datetime import date, timedelta

import ibis.expr.types as ir
import pytest
from scipy.stats import norm

from segmentation_pipeline.campaigns.detectable import NOBODY, Drawn, drawn_so_far, minimum_detectable_effect
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
DAY = date(2026, 3, 31)


def orders(*rows: tuple[str, date]) -> ir.Table:
    return shop.table({"customer_id": "string", "event_date": "date"}, rows)


def test_an_effect_of_that_size_is_found_in_four_of_five_cases():
    effect = minimum_detectable_effect(0.1, 900, 300)
    assert effect is not None
    error = math.sqrt(0.1 * 0.9 * (1 / 900 + 1 / 300))
    assert norm.sf(norm.isf(0.025) - effect / error) == pytest.approx(0.8, abs=0.002)
    assert minimum_detectable_effect(0.1, 900, 0) is None and minimum_detectable_effect(0.1, 0, 5) is None


def test_the_expected_conversion_is_that_of_these_people_before_their_first_list():
    lists = shop.own_lists(
        ("spring", "a", "treatment", DAY - timedelta(days=10)),
        ("spring", "a", "treatment", DAY),  # again: counted once, by the first list
        ("spring", "b", "treatment", DAY),
        ("spring", "c", "holdout", DAY),
        ("spring", "d", "holdout", DAY + timedelta(days=1)),  # not yet
    )
    bought = orders(
        ("a", DAY - timedelta(days=39)),  # the 30 days that end on the day of the list
        ("b", DAY - timedelta(days=30)),  # too long ago
        ("c", DAY),
        ("c", DAY - timedelta(days=1)),
        ("x", DAY),
    )
    found = drawn_so_far(ENGINE, lists, bought, 10, DAY, 30)
    assert found == {"spring": Drawn({"holdout": 1, "treatment": 2}, 2 / 3, False)}


def test_where_nobody_bought_before_the_rate_of_all_customers_is_taken_and_said():
    lists = shop.own_lists(("spring", "a", "treatment", DAY), ("spring", "b", "holdout", DAY))
    [drawn] = drawn_so_far(ENGINE, lists, orders(("x", DAY), ("y", DAY - timedelta(days=30))), 4, DAY, 30).values()
    assert (drawn.rate, drawn.of_everybody) == (0.25, True)
    assert "25.0% of all customers ordered before" in drawn.told


def test_small_holdouts_are_told_and_large_ones_are_not():
    small = Drawn({"treatment": 60, "holdout": 2}, 0.29, False)
    assert small.too_small == "fewer than 30 are held out"
    assert small.told.startswith("60 contacted and 2 held out so far: an effect on conversion below 91.4 percentage points would")
    rare = Drawn({"treatment": 600, "holdout": 100}, 0.01, False)
    assert rare.too_small == "even an effect as large as the conversion itself would go unseen"
    assert Drawn({"treatment": 9000, "holdout": 1000}, 0.05, False).too_small is None
    assert Drawn({"treatment": 40}, 0.5, False).told == "40 contacted and 0 held out so far: no effect can be measured"
    assert NOBODY.too_small is None


def test_of_several_arms_the_smallest_is_told_too():
    several = Drawn({"plain": 900, "voucher": 100, "holdout": 500}, 0.1, False)
    assert several.contacted == 1000
    assert several.told.endswith("; of the smallest arm, below 9.2 percentage points")
