"""Share quarantined, volume against the days before, and freshness."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.result import RuleResult
from segmentation_pipeline.quality.thresholds import check_thresholds, threshold_rules
from segmentation_pipeline_tests.quality.shop import AS_OF, config, order, write, write_orders


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def _account(engine: DuckDBEngine, read: int, quarantined: int, as_of: date = AS_OF, lost: int = 0) -> None:
    counts = {"read": read, "clean": read - quarantined - lost, "quarantined": quarantined, "superseded": 0, "later": 0}
    counts |= {"anonymous": 0, "erased": 0, "expired": 0, "skipped": 0}
    reasons = {"quarantined_by_reason": "{}", "blanked_by_reason": "{}"}
    schema = {"as_of": "date", "source": "string", **dict.fromkeys(counts, "int64"), **dict.fromkeys(reasons, "string")}
    row = {"as_of": as_of, "source": "orders", **counts, **reasons}
    write(engine, "quality.row_accounting", schema, row)
    write(engine, "quarantine.orders", {"reasons": "string", "_file": "string", "_row": "int64"})


def _orders_on(engine: DuckDBEngine, *ages: int) -> None:
    """Orders that many days before as_of."""
    write_orders(engine, *(order(f"O{n}", n, event_date=AS_OF - timedelta(days=age)) for n, age in enumerate(ages)))


def _checked(engine: DuckDBEngine, **quality: Any) -> dict[str, RuleResult]:
    return {result.rule.name: result for result in check_thresholds(engine, config(**quality), "orders", AS_OF)}


def test_results_come_in_the_order_of_the_rules(engine: DuckDBEngine) -> None:
    assert list(_checked(engine)) == [rule.name for rule in threshold_rules(config())["clean.orders"]]
    assert [rule.name for rule in threshold_rules(config())["clean.customers"]] == [
        *("rows_add_up", "quarantined_share_in_limit", "blanked_share_in_limit", "keys_are_written_one_way")
    ]


def test_a_row_that_was_lost_on_its_way_stops_the_run(engine: DuckDBEngine) -> None:
    _account(engine, 100, 5)
    assert _checked(engine)["rows_add_up"].passed
    _account(engine, 100, 5, lost=1)
    found = _checked(engine)["rows_add_up"]
    assert (found.passed, found.rule.severity) == (False, "error")
    assert "100 read, 94 clean + 5 quarantined" in found.message


@pytest.mark.parametrize(("quarantined", "passed"), [(0, True), (10, True), (11, False)])
def test_the_share_quarantined_may_reach_the_limit(engine: DuckDBEngine, quarantined: int, passed: bool) -> None:
    _account(engine, 100, quarantined)
    found = _checked(engine, max_quarantined_share=0.10)["quarantined_share_in_limit"]
    assert (found.passed, found.rule.severity, found.unexpected_count) == (passed, "error", quarantined)
    assert f"{quarantined} of 100 records" in found.message
    assert ("segmentation quarantine orders" in found.message) is not passed


def test_a_source_may_have_a_limit_of_its_own(engine: DuckDBEngine) -> None:
    _account(engine, 100, 11)
    assert _checked(engine, max_quarantined_share_by_source={"orders": 0.2})["quarantined_share_in_limit"].passed


def test_a_source_with_no_records_has_nothing_quarantined(engine: DuckDBEngine) -> None:
    _account(engine, 0, 0)
    assert _checked(engine)["quarantined_share_in_limit"].passed


def test_a_missing_account_fails(engine: DuckDBEngine) -> None:
    _account(engine, 100, 0, as_of=AS_OF - timedelta(days=1))
    found = _checked(engine)["quarantined_share_in_limit"]
    assert not found.passed
    assert "no row for orders on 2025-03-31" in found.message


@pytest.mark.parametrize(("today", "passed"), [(0, False), (1, True), (4, True), (5, False)])
def test_volume_is_compared_with_the_mean_of_the_window(engine: DuckDBEngine, today: int, passed: bool) -> None:
    """Fourteen orders in the seven days before are two a day; half and double are the limits."""
    _orders_on(engine, *([0] * today), *(age for age in range(1, 8) for _ in range(2)), 30)
    found = _checked(engine, volume_window_days=7, min_volume_ratio=0.5, max_volume_ratio=2.0)["daily_volume_in_limits"]
    assert (found.passed, found.rule.severity) == (passed, "warning")
    assert f"{today} orders on 2025-03-31" in found.message


@pytest.mark.parametrize(
    ("ages", "told"),
    [
        ((0, 1, 2, 6), "less than 7 days of orders"),
        ((0, 30), "no orders at all"),
        ((), "less than"),
    ],
)
def test_volume_without_history_is_not_compared(engine: DuckDBEngine, ages: tuple[int, ...], told: str) -> None:
    _orders_on(engine, *ages)
    found = _checked(engine, volume_window_days=7)["daily_volume_in_limits"]
    assert found.passed
    assert told in found.message


@pytest.mark.parametrize(("ages", "passed"), [((3, 40), True), ((4, 40), False), ((), False)])
def test_the_newest_order_may_be_freshness_days_old(engine: DuckDBEngine, ages: tuple[int, ...], passed: bool) -> None:
    _orders_on(engine, *ages)
    found = _checked(engine, freshness_days=3)["newest_order_is_fresh"]
    assert (found.passed, found.rule.severity) == (passed, "warning")
    assert (f"{ages[0]} days before 2025-03-31" if ages else "no order at all") in found.message
