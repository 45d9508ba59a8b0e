"""Windows of a customer, counted by hand: the one with the first event is left out, and so is what is older than is compared."""

from __future__ import annotations

from math import log

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig
from segmentation_pipeline.models.unusual_change.windows import MICRO, by_customer, by_window
from segmentation_pipeline_tests.models.unusual_change.shop import AS_OF, Event, table

SETTINGS = UnusualChangeConfig(window_days=10, windows=4, min_windows=4)


def counted(*events: Event) -> dict[str, dict[str, int]]:
    engine = DuckDBEngine(None)
    rows = engine.rows(by_customer(by_window(table(engine, events), AS_OF, SETTINGS)))
    engine.close()
    return {row["customer_id"]: row for row in rows}


def test_earlier_windows_lie_wholly_after_the_first_event() -> None:
    [anna] = counted(("anna", 39, 5.0), ("anna", 29, 7.0), ("anna", 20, 3.0), ("anna", 10, 2.0), ("anna", 9, 4.0)).values()
    assert (anna["windows"], anna["total"], anna["squares"]) == (2, 3, 5), "windows 1 and 2; that of days 30 to 39 began before"
    assert (anna["latest"], anna["previous"]) == (1, 1)
    assert (anna["spent_windows"], float(anna["latest_amount"])) == (2, 4.0)
    assert anna["log_sum"] == pytest.approx((log(10.0) + log(2.0)) * MICRO, abs=2)


def test_windows_before_the_last_that_is_compared_do_not_count() -> None:
    [bert] = counted(("bert", 400, 1.0), ("bert", 55, 1.0), ("bert", 49, 1.0), ("bert", 0, 1.0)).values()
    assert (bert["windows"], bert["total"], bert["latest"], bert["previous"]) == (4, 1, 1, 0)


def test_whoever_began_of_late_has_no_earlier_window() -> None:
    found = counted(("cora", 9, 1.0), ("dora", 10, 1.0), ("dora", 0, 1.0))
    assert (found["cora"]["windows"], found["dora"]["windows"]) == (-1, 0)
    assert found["dora"]["total"] == 0


def test_a_window_in_which_nothing_was_paid_has_orders_and_no_amount() -> None:
    [emil] = counted(("emil", 35, 2.0), ("emil", 25, 0.0), ("emil", 15, 2.0), ("emil", 5, 0.0)).values()
    assert (emil["windows"], emil["total"], emil["spent_windows"], emil["latest_log"]) == (2, 2, 1, None)
