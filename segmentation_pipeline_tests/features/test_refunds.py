"""What came back lowers net revenue once, however a shop tells it, and what was cancelled never counted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import ORDERS, config, write
from segmentation_pipeline_tests.features.project import Features, features_of_files

COLUMNS = {name: name for name in ORDERS.split(",")}


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def _told(found: Features, *names: str) -> dict[str, tuple[object, ...]]:
    return {customer: tuple(row[name] for name in names) for customer, row in sorted(found.items())}


MONEY = ("frequency", "gross_revenue", "monetary", "return_count", "returned_amount")


def test_refunds_told_by_the_order_itself(engine: DuckDBEngine, tmp_path: Path) -> None:
    lines = (
        "1,ann,2025-03-01,70,0.00,",
        "2,ann,2025-03-02,40,40.00,",
        "3,bob,2025-03-03,100,30.00,",
        "4,bob,2025-03-03,9,9,cancelled",
    )
    write(tmp_path, "orders", f"{ORDERS},refund,status", *lines)
    columns = {**COLUMNS, "returned_amount": "refund", "status": "status"}
    found = features_of_files(engine, tmp_path, config({"orders": {"columns": columns}}))
    assert _told(found, *MONEY) == {
        "ann": (2, Decimal(110), Decimal(70), 1, Decimal(40)),
        "bob": (1, Decimal(100), Decimal(70), 1, Decimal(30)),
    }, "a refund of 0.00 is none, and nothing comes back of what was never bought"


def test_negative_lines_of_an_export_of_lines_only(engine: DuckDBEngine, tmp_path: Path) -> None:
    header = "order_id,line_number,customer_id,ordered_at,quantity,amount"
    lines = ("1,1,ann,2025-03-01,2,40", "1,2,ann,2025-03-01,-1,-15", "2,1,bob,2025-03-02,-1,-65.50")
    write(tmp_path, "order_items", header, *lines)
    sources = {"orders": {"derive_from": "order_items"}, "order_items": {"negative": "return"}}
    found = features_of_files(engine, tmp_path, config(sources))
    assert _told(found, *MONEY) == {
        "ann": (1, Decimal(40), Decimal(25), 1, Decimal(15)),
        "bob": (0, Decimal(0), Decimal("-65.50"), 1, Decimal("65.50")),
    }


def test_a_cancellation_takes_the_order_it_names_of_the_same_customer(engine: DuckDBEngine, tmp_path: Path) -> None:
    lines = ("1,ann,2025-03-01,70,,70", "2,ann,2025-03-02,40,,", "3,ann,2025-03-03,-70,1,", "4,bob,2025-03-03,-40,2,")
    write(tmp_path, "orders", f"{ORDERS},cancelled_order,refund", *lines)
    columns = {**COLUMNS, "cancels": "cancelled_order", "returned_amount": "refund"}
    found = features_of_files(engine, tmp_path, config({"orders": {"columns": columns, "negative": "cancel"}}))
    assert _told(found, "frequency", "monetary") == {"ann": (1, Decimal(40))}, (
        "bob cancels nothing of ann's, and what was cancelled brings no refund"
    )
