"""Rows go from the tables by what their columns name, not by what merely reads alike."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import Screen
from segmentation_pipeline.privacy.tombstones import Kind, Sought, Tombstones
from segmentation_pipeline.rights.changed_file import FileChange, followed_by
from segmentation_pipeline.rights.reingest import reingest
from segmentation_pipeline.rights.warehouse import erase_in_publication, erase_in_warehouse
from segmentation_pipeline_tests.clean.project import AS_OF, config, write
from segmentation_pipeline_tests.engine.workbook_files import write_workbook
from segmentation_pipeline_tests.rights.stones import as_tombstones

VALUES = {Kind.CUSTOMER: ["24103"], Kind.ORDER: ["80001"], Kind.EMAIL: ["meier@shop.test"]}
STONES = as_tombstones(b"k" * 32, datetime(2025, 3, 10), VALUES)


@pytest.fixture
def engine() -> DuckDBEngine:
    return DuckDBEngine(None)


def store(engine: DuckDBEngine, table: str, **columns: list[object]) -> None:
    engine.write(table, engine.memtable(columns, dict.fromkeys(columns, "string")))


@pytest.mark.parametrize("stones", [STONES, Sought.of(datetime(2025, 3, 10), VALUES)], ids=["by marks", "by values"])
def test_a_customer_called_like_an_erased_order_stays_and_so_does_the_order_called_like_the_customer(
    engine: DuckDBEngine, stones: Tombstones
) -> None:
    store(engine, "segments.segment_history", customer_id=["24103", "80001"], segment=["new", "new"])
    store(engine, "clean.order_facts", order_id=["80001", "24103", "1"], customer_id=["24103", "80001", " MEIER@shop.test"])
    erased = erase_in_publication(engine, stones, ["24103"], [])
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


def test_what_two_sources_read_of_one_file_is_told_together(tmp_path: Path) -> None:
    orders = [
        ["order_id", "customer_id", "ordered_at", "amount"],
        ["80001", "24103", "2025-01-01", 1],
        ["2", "C2", "2025-01-01", 1],
    ]
    people = [["customer_id", "first_name"], [24103, "Ann"], ["C2", "Bob"], ["C3", "Bo"]]
    write_workbook(tmp_path / "shop.xlsx", {"Orders": orders, "People": people})
    of = {name: {"files": "shop.xlsx", "xlsx": {"sheet": name}} for name in ("Orders", "People")}
    told = reingest(tmp_path, config({"orders": of["Orders"], "customers": of["People"]}), tmp_path / "temp", STONES)
    assert [(name, one.records, one.left_out, one.found) for name, one in told.items()] == [("shop.xlsx", 5, 2, 0)]


def test_two_changes_of_one_file_are_told_as_one() -> None:
    both = followed_by(FileChange(10, 8, "a", "b", 1), FileChange(8, 7, "b", "c", 2))
    assert both == FileChange(10, 7, "a", "c", 3)


@pytest.mark.slow
def test_a_postal_code_that_reads_like_an_erased_key_stays_everywhere(engine: DuckDBEngine, tmp_path: Path) -> None:
    write(
        tmp_path,
        "customers",
        "customer_id,first_name,last_name,street,postal_code,city",
        "24103,Ann,Meier,,,",
        "C2,Bob,Other,Home 1,24103,Kiel",
    )
    write(
        tmp_path,
        "support",
        "ticket_id,customer_id,opened_at,topic",
        "24103,C2,2025-02-01,like ticket 2410399 of 24103 24103 24103",
        "T2,C2,2025-02-01,anna.meier@shop.test or meier@shop.test. or meier@shop.test.de",
    )
    settings = config({"customers": {}, "orders": {}, "support": {}})
    for name in ("customers", "support"):
        load_source(engine, tmp_path, name, settings.sources[name], AS_OF)
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "O4,C2,2025-02-01,10.00")
    engine.write("pii.customers", engine.table(tables.raw("customers")).select("customer_id", "postal_code"))
    erased = erase_in_warehouse(engine, STONES, settings)
    topics = [
        "like ticket 2410399 of [erased] [erased] [erased]",
        "anna.meier@shop.test or [erased]. or meier@shop.test.de",
    ]
    assert engine.rows(engine.table("pii.customers")) == [{"customer_id": "C2", "postal_code": "24103"}]
    assert [row["postal_code"] for row in engine.rows(engine.table(tables.raw("customers")))] == ["24103"]
    support = engine.rows(engine.table(tables.raw("support")).order_by("_row"))
    assert [(row["ticket_id"], row["topic"]) for row in support] == list(zip(["24103", "T2"], topics, strict=True))
    assert erased.left == {}
    told = reingest(tmp_path, settings, tmp_path / "temp", STONES)
    assert [(one.left_out, one.mentions, one.found) for one in told.values()] == [(1, 0, 0), (0, 0, 0), (0, 2, 0)]
    screen = Screen(engine, Reading("support", settings.sources["support"], settings.pipeline.business), STONES)
    engine.drop(tables.raw("support"))
    load_source(engine, tmp_path, "support", settings.sources["support"], AS_OF, screen=screen)
    assert [row["topic"] for row in engine.rows(engine.table(tables.raw("support")).order_by("_row"))] == topics
