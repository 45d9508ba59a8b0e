from datetime import timedelta
from decimal import Decimal

import ibis
import pytest

from segmentation_pipeline.models.forecast_error import ForecastError, ForecastErrors
from segmentation_pipeline.segmentations.profiles import segment_profiles
from segmentation_pipeline_tests.segmentations.conftest import AS_OF


def profiles(engine, scored, *members, **options):
    keys = ("customer_id", "segmentation", "segment")
    table = engine.memtable({k: [m[i] for m in members] for i, k in enumerate(keys)}, dict.fromkeys(keys, "string"))
    standing = table.mutate(since=ibis.literal(AS_OF - timedelta(days=7)))
    return engine.rows(segment_profiles(engine, scored, table, standing, AS_OF, **options))


def test_sizes_totals_and_averages_by_hand(engine, scored):
    row, other = profiles(
        engine,
        scored,
        ("anna", "tier", "gold"),
        ("bert", "tier", "rest"),
        ("cora", "tier", "rest"),
        ("emma", "tier", "rest"),
        features=("frequency", "discount_share"),
    )
    assert row == {
        "segmentation": "tier",
        "segment": "gold",
        "as_of": AS_OF,
        "customers": 1,
        "customer_share": 0.2,
        "monetary": Decimal("900.00"),
        "revenue_share": pytest.approx(900 / 1150, abs=1e-6),
        "monetary_365d": Decimal("500.00"),
        "avg_clv": Decimal("1000.00"),
        **dict.fromkeys(("expected_orders", "expected_orders_low", "expected_orders_high", "clv", "clv_low", "clv_high")),
        "avg_frequency": 9.0,
        "avg_recency_days": 12.0,
        "avg_average_order_value": Decimal("100.00"),
        "avg_days_in_segment": 7.0,
        "median_days_in_segment": 7.0,
        # frequency 9 3 2 1 0: mean 3, sd 3.162; discount_share 0 .1 .5 .5: mean .275, sd .2278
        "sets_apart": "frequency +1.9 sd, discount_share -1.2 sd",
    }
    assert (other["customers"], other["avg_recency_days"], other["avg_clv"]) == (3, 140.0, Decimal("125.00"))  # known values only


def test_a_segment_like_everybody_says_so(engine, scored):
    everybody = [(name, "all", "everyone") for name in ("anna", "bert", "cora", "dirk", "emma")]
    (row,) = profiles(engine, scored, *everybody)
    assert (row["customer_share"], row["revenue_share"], row["sets_apart"]) == (1.0, 1.0, "close to the average customer")


def test_without_known_values_averages_are_null_and_without_revenue_shares_too(engine, scored):
    nothing = scored.filter(scored.customer_id == "emma")
    (row,) = profiles(engine, nothing, ("emma", "tier", "rest"))
    assert (row["avg_clv"], row["avg_recency_days"], row["avg_average_order_value"], row["revenue_share"]) == (None,) * 4
    assert row["monetary"] == Decimal("0.00")


def test_large_amounts_do_not_overflow(engine, scored):
    rich = scored.mutate(clv=(scored.clv * 10_000_000).cast("decimal(18, 2)"))
    rows = profiles(engine, rich, ("anna", "tier", "gold"), features=("clv",))
    # clv 1000 200 50 50, each ten million times: mean 325, sd 394.49
    assert (rows[0]["avg_clv"], rows[0]["sets_apart"]) == (Decimal("10000000000.00"), "clv +1.7 sd")


def test_what_is_expected_of_a_segment_has_an_interval(engine, scored):
    """gold has 9 expected orders and a clv of 1000; the interval is that of the error of sums."""
    errors = ForecastErrors(ForecastError(0.1, 2.0, 5), ForecastError(0.2, 30.0, 5))
    ahead = scored.mutate(expected_orders=scored.frequency.cast("float64"))
    (row,) = profiles(engine, ahead, ("anna", "tier", "gold"), forecasts=errors)
    assert (row["expected_orders"], row["clv"]) == (9.0, Decimal("1000.00"))
    assert (row["expected_orders_low"], row["expected_orders_high"]) == pytest.approx(errors.orders.interval(9.0), abs=1e-6)
    assert (float(row["clv_low"]), float(row["clv_high"])) == pytest.approx(errors.revenue.interval(1000.0), abs=0.01)
    (nobody,) = profiles(engine, ahead, ("emma", "tier", "rest"), forecasts=errors)
    assert (nobody["expected_orders"], nobody["clv"], nobody["clv_high"]) == (None, None, None), "unknown, not nothing"
    assert row["expected_orders_low"] < 9 < row["expected_orders_high"] and row["clv_low"] < 1000 < row["clv_high"]
