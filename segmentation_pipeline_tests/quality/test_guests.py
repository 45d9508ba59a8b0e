"""One key for every guest is told: as a customer it would be the best of all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.look import look
from segmentation_pipeline.quality.result import RuleResult
from segmentation_pipeline.quality.thresholds import check_thresholds
from segmentation_pipeline_tests.clean.project import AS_OF, ORDERS, clean_all, config, write


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def somebody(engine: DuckDBEngine, folder: Path, *customers: str, **orders: object) -> RuleResult:
    write(folder, "orders", ORDERS, *(f"o{n},{customer},2025-03-01,5.00" for n, customer in enumerate(customers)))
    configured = config({"orders": orders})
    clean_all(engine, folder, configured)
    [found] = [
        each for each in check_thresholds(engine, configured, "orders", AS_OF) if each.rule.name == "customers_are_somebody"
    ]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("guest", ["0", "0000", "Till", "walk-in", "invité", "-1"])
def test_words_for_nobody_are_told_with_the_cure(engine: DuckDBEngine, tmp_path: Path, guest: str) -> None:
    found = somebody(engine, tmp_path, "ann", guest, "bob", guest)
    assert not found.passed
    assert f"2 of 4 orders are of '{guest}'. If that is every guest, say 'anonymous: [\"{guest}\"]' for orders" in found.message
    assert somebody(engine, tmp_path, "ann", guest, "bob", anonymous=[guest]).passed


def test_who_has_far_too_many_orders_is_told_by_place_and_not_by_key(engine: DuckDBEngine, tmp_path: Path) -> None:
    people = [f"c{n}" for n in range(30)]
    found = somebody(engine, tmp_path, *people, *["till@shop.test"] * 25)
    assert not found.passed and "25 of 55 orders are of one customer, first in orders.csv row 31" in found.message
    assert "till@" not in found.message
    assert somebody(engine, tmp_path, *people * 3, *["faithful"] * 8).passed
    assert somebody(engine, tmp_path, *["only"] * 30).passed, "a file of few customers tells nothing"


def test_check_tells_of_guests_and_of_a_status_nothing_reads(tmp_path: Path) -> None:
    header = "Number,Who,Day,Sum,Order Status,Fulfillment Status"
    write(tmp_path, "orders", header, "1,0,2025-03-01,5,paid,sent", "2,0,2025-03-01,5,void,", "3,ann,2025-03-01,5,paid,")
    columns: dict[str, object] = {"order_id": "Number", "customer_id": "Who", "ordered_at": "Day", "amount": "Sum"}

    def told(**orders: object) -> list[str]:
        return [each.message for each in look(tmp_path, config({"orders": {"columns": columns, **orders}}), AS_OF)]

    status, guest = sorted(told(), key=lambda message: "Order Status" not in message)
    assert "orders.csv has 'Order Status', which nothing reads: what was cancelled or not paid is taken for bought" in status
    assert "2 of 3 orders are of '0'" in guest
    assert told(anonymous=["0"], skip_when={"void": "\"Order Status\" = 'void'"}) == []
    columns["status"] = {"from": "Order Status", "values": {"paid": "completed", "void": "cancelled"}}
    assert told(anonymous=["0"]) == []
