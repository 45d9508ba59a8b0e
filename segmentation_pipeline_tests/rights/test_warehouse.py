"""Rows go from the tables by what their columns name, not by what merely reads alike."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights.person import as_tombstones
from segmentation_pipeline.rights.reingest import reingest
from segmentation_pipeline.rights.warehouse import erase_in_publication
from segmentation_pipeline_tests.clean.project import config, write

STONES = as_tombstones(
    b"k" * 32, datetime(2025, 3, 10), {Kind.CUSTOMER: ["24103"], Kind.ORDER: ["80001"], Kind.EMAIL: ["meier@shop.test"]}
)


@pytest.fixture
def engine() -> DuckDBEngine:
    return DuckDBEngine(None)


def store(engine: DuckDBEngine, table: str, **columns: list[object]) -> None:
    engine.write(table, engine.memtable(columns, dict.fromkeys(columns, "string")))


def test_a_customer_called_like_an_erased_order_stays_and_so_does_the_order_called_like_the_customer(
    engine: DuckDBEngine,
) -> None:
    store(engine, "segments.segment_history", customer_id=["24103", "80001"], segment=["new", "new"])
    store(engine, "clean.order_facts", order_id=["80001", "24103", "1"], customer_id=["24103", "80001", " MEIER@shop.test"])
    erased = erase_in_publication(engine, STONES, ["24103"])
    assert engine.rows(engine.table("segments.segment_history").select("customer_id")) == [{"customer_id": "80001"}]
    kept = engine.rows(engine.table("clean.order_facts"))
    assert [row["customer_id"] for row in kept] == ["80001"], "a damaged key may be an address"
    assert erased.changes["segments.segment_history"].after == 1


def test_a_file_that_names_a_customer_like_an_erased_order_holds_nobody_erased(tmp_path: Path) -> None:
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        "80001,24103,2025-01-01,1",
        "80002,80001,2025-01-01,1",
        "24103,80001,2025-01-01,1",
    )
    [told] = reingest(tmp_path, config({"orders": {}}), tmp_path / "temp", STONES).values()
    assert (told.records, told.left_out, told.found) == (3, 1, 0)
