"""A cancellation whose order is not there takes nothing off, and is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.measurement.shop_totals import shop_totals
from segmentation_pipeline.quality.result import RuleResult
from segmentation_pipeline.quality.thresholds import check_thresholds
from segmentation_pipeline_tests.clean.project import AS_OF, ORDERS, clean_all, config, write

HEADER = f"{ORDERS},cancels"


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def checked(engine: DuckDBEngine, configured: Config) -> dict[str, RuleResult]:
    found = {result.rule.name: result for result in check_thresholds(engine, configured, "orders", AS_OF)}
    return {"warning": found["cancellations_find_their_order"], "error": found["some_cancellations_find_their_order"]}


def sold(engine: DuckDBEngine, configured: Config) -> Mapping[str, object]:
    return {
        str(row["belongs_to"]): row["gross_revenue"]
        for row in engine.rows(shop_totals(Inputs(engine.table, configured, AS_OF, engine)))
    }


def test_what_finds_its_order_takes_it_off_and_what_does_not_is_told(engine: DuckDBEngine, tmp_path: Path) -> None:
    write(
        tmp_path,
        "orders",
        HEADER,
        "o1,ann,2025-03-01,30.00,",
        "o2,ann,2025-03-02,-30.00,o1",
        "o3,bob,2025-03-01,20.00,",
        "o4,bob,2025-03-02,-20.00,o99",
        "o5,cat,2025-03-02,-20.00,o3",
        "o6,ann,2025-03-01,7.00,",
    )
    configured = config({"orders": {"negative": "cancel"}})
    clean_all(engine, tmp_path, configured)
    assert sold(engine, configured)["customers"] == Decimal("27.00"), "bob's is cancelled by nobody he is"
    found = checked(engine, configured)
    assert not found["warning"].passed and found["error"].passed
    assert (found["warning"].checked_rows, found["warning"].unexpected_count) == (3, 2)
    assert (
        "2 of 3 do not, such as orders.csv row 4, orders.csv row 5: nothing is taken off for their 40.00"
        in found["warning"].message
    )
    assert "sources.orders.columns.cancels" in found["warning"].message


def test_that_none_of_many_finds_its_order_stops(engine: DuckDBEngine, tmp_path: Path) -> None:
    lines = [f"o{n},ann,2025-03-01,5.00," for n in range(30)] + [f"c{n},ann,2025-03-02,-5.00,{n}" for n in range(20)]
    configured = config({"orders": {"negative": "cancel"}})
    write(tmp_path, "orders", HEADER, *lines)
    clean_all(engine, tmp_path, configured)
    assert not checked(engine, configured)["error"].passed
    write(tmp_path, "orders", HEADER, *lines, "c20,ann,2025-03-02,-5.00,o1")
    clean_all(engine, tmp_path, configured)
    assert checked(engine, configured)["error"].passed, "one of them does: some are of orders of long ago"


def test_nobodys_cancellation_takes_nobodys_order_off(engine: DuckDBEngine, tmp_path: Path) -> None:
    write(
        tmp_path,
        "orders",
        HEADER,
        "o1,0,2025-03-01,30.00,",
        "o2,,2025-03-02,-30.00,o1",
        "o3,ann,2025-03-02,9.00,",
        "o4,,2025-03-02,-9.00,o3",
    )
    configured = config({"orders": {"negative": "cancel", "anonymous": ["", "0"]}})
    clean_all(engine, tmp_path, configured)
    assert sold(engine, configured) == {"customers": Decimal("9.00"), "nobody": Decimal("0.00")}
    assert checked(engine, configured)["warning"].examples == ({"_file": "orders.csv", "_row": 4},)


def test_lines_of_an_order_that_cancel_two_others_are_told_for_the_second(engine: DuckDBEngine, tmp_path: Path) -> None:
    write(
        tmp_path,
        "order_items",
        "order_id,line_number,customer_id,ordered_at,amount,cancels",
        "o1,1,ann,2025-03-01,5.00,",
        "o2,1,ann,2025-03-01,6.00,",
        "o3,1,ann,2025-03-02,-5.00,o1",
        "o3,2,ann,2025-03-02,-6.00,o2",
    )
    configured = config({"orders": {"derive_from": "order_items"}, "order_items": {"negative": "cancel"}})
    clean_all(engine, tmp_path, configured)
    assert sold(engine, configured)["customers"] == Decimal("6.00")
    assert checked(engine, configured)["warning"].examples == ({"_file": "order_items.csv", "_row": 4},)


def test_files_that_cannot_cancel_are_not_asked(engine: DuckDBEngine, tmp_path: Path) -> None:
    columns = {name: name for name in ORDERS.split(",")}
    write(tmp_path, "orders", ORDERS, "o1,ann,2025-03-01,30.00")
    configured = config({"orders": {"columns": columns}})
    clean_all(engine, tmp_path, configured)
    assert not any("cancel" in result.rule.name for result in check_thresholds(engine, configured, "orders", AS_OF))
