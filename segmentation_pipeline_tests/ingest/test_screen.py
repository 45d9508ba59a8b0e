"""Rows of erased people are not taken in again, whatever file brings them; every row left out is counted."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.deliveries import Limits
from segmentation_pipeline.ingest.erased_rows import Reading, content
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.retention import first_kept_day
from segmentation_pipeline.ingest.screen import Screen
from segmentation_pipeline.privacy.tombstones import Kind, Tombstone, Tombstones, mark
from segmentation_pipeline_tests.clean.project import AS_OF, clean, config, rows, write

KEY = b"k" * 32
ERASED_AT = datetime(2025, 3, 10)
SOURCES = ("customers", "orders", "order_items", "consents", "support")


def tombstones(**marks: list[str]) -> Tombstones:
    found = {kind: [mark(KEY, Kind(kind), text) for text in texts] for kind, texts in marks.items()}
    return Tombstones(KEY, (Tombstone("000001-x", ERASED_AT, found),))


@pytest.fixture
def shop(engine: DuckDBEngine, tmp_path: Path) -> Path:
    write(
        tmp_path,
        "customers",
        "customer_id,signed_up_at,first_name,last_name,email,phone,updated_at",
        "C1,2024-01-01,Ann,Canary,Ann@Canary.test,+49 30 5551234,",
        " c1 ,2024-01-01,Ann,Canary,,,2025-01-01",
        "C9,2024-06-01,Ann,Canary,ann@canary.test,,",
        ",2024-01-01,Ann,Canary,,,",
        "C2,2024-01-01,Bob,Other,bob@other.test,0305559999,",
        "C1,2024-01-01,Ann,Canary,new@canary.test,,2025-03-20",
        "C1,too,many,columns,here,1,2,3,4",
        "C7,,;ann@canary.test;,1,2,3,4,5,6,7",
        "C2,too,many,columns,of,another,1,2,3",
    )
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        "O1,C1,2025-02-01,10.00",
        "O2,C1,soon,10.00",
        "O3,C1,2025-03-15,10.00",
        "O4,C2,2025-02-01,10.00",
        "O5,C9,2025-02-01,10.00",
    )
    write(
        tmp_path,
        "order_items",
        "order_id,line_number,amount",
        "O1,1,10.00",
        "O3,1,10.00",
        "O4,1,10.00",
        "o5,1,10.00",
    )
    write(
        tmp_path,
        "consents",
        "customer_id,channel,purpose,status,occurred_at",
        "C1,email,marketing,granted,2025-01-01",
        "ANN@canary.test,email,marketing,withdrawn,2025-02-01",
        "C1,email,marketing,granted,2025-03-12",
        "C2,email,marketing,granted,2025-01-01",
    )
    write(
        tmp_path,
        "support",
        "ticket_id,customer_id,opened_at,topic",
        "T1,C2,2025-02-01,my wife ann@canary.test (C1234) said call +49 30 5551234 or bob@other.test",
        "T2,C2,2025-02-01,lost parcel",
    )
    return tmp_path


def load(engine: DuckDBEngine, shop: Path, stones: Tombstones | None) -> dict[str, list[tuple[object, ...]]]:
    settings = config({name: {} for name in SOURCES})
    for name in settings.cleaning_order:
        screen = Screen(engine, Reading(name, settings.sources[name], settings.pipeline.business), stones)
        load_source(engine, shop, name, settings.sources[name], AS_OF, screen=screen)
    return {name: rows(engine, tables.raw(name), "_row") for name in SOURCES}


@pytest.mark.slow
def test_what_happened_up_to_the_erasure_stays_out_and_what_happens_later_comes_in(engine: DuckDBEngine, shop: Path) -> None:
    assert len(load(engine, shop, None)["customers"]) == 6
    raw = engine.table(tables.raw("customers"))
    names = tuple(name for name in raw.columns if not name.startswith("_"))
    [row] = engine.rows(raw.filter(raw._row == 4).select(text=content(raw, names)))
    stones = tombstones(
        customer=["c1", "c1234"],
        email=["ann@canary.test"],
        phone=["+49305551234"],
        order=["o1"],
        row=[str(row["text"])],
        line=["C1,too,many,columns,here,1,2,3,4"],
    )
    taken = load(engine, shop, stones)
    assert taken["customers"] == [(5,), (6,)], "keys however spelled, another key with the address, a row without any"
    assert rows(engine, tables.malformed("customers"), "line") == [("C2,too,many,columns,of,another,1,2,3",)]
    assert taken["orders"] == [(3,), (4,)], "an order without a date is refused, one after the erasure is not"
    assert taken["order_items"] == [(2,), (3,)], "lines follow their order, also of the other key with the address"
    assert taken["consents"] == [(3,), (4,)], "ledgers name people by address too"
    assert rows(engine, tables.raw("support"), "topic") == [
        ("lost parcel",),
        ("my wife [erased] ([erased]) said call [erased] or bob@other.test",),
    ]


@pytest.mark.slow
def test_every_row_left_out_is_accounted_for_and_a_returning_customer_counts(engine: DuckDBEngine, shop: Path) -> None:
    lines = (shop / "customers.csv").read_text().splitlines()
    # The shop keeps the old record of the customer, unchanged: it stays out, and the later order counts all the same.
    (shop / "customers.csv").write_text("\n".join(lines[:6]) + "\n")
    load(engine, shop, tombstones(customer=["c1"], email=["ann@canary.test"], order=["o1"]))
    settings = config({name: {} for name in SOURCES})
    accounts = {name: clean_source(engine, name, settings, AS_OF) for name in settings.cleaning_order}
    assert all(account.adds_up for account in accounts.values())
    assert {name: (account.read, account.erased) for name, account in accounts.items()} == {
        "customers": (5, 3),
        "orders": (5, 3),
        "order_items": (4, 2),
        "consents": (4, 2),
        "support": (2, 0),
    }
    assert clean(engine, "order_id", "customer_id") == [("O3", "C1"), ("O4", "C2")]
    stored = rows(engine, tables.ROW_ACCOUNTING, "source", "erased", "expired")
    assert ("orders", 3, 0) in stored


@pytest.mark.slow
def test_a_new_erasure_reads_files_again_that_did_not_change(engine: DuckDBEngine, shop: Path) -> None:
    assert len(load(engine, shop, None)["orders"]) == 5
    assert load(engine, shop, tombstones(customer=["c2"]))["orders"] == [(1,), (2,), (3,), (5,)]
    assert len(load(engine, shop, None)["orders"]) == 5
    assert engine.rows(engine.table(tables.LEFT_OUT)) == []


@pytest.mark.slow
def test_rows_past_their_retention_are_not_taken_in_and_leave_as_days_go_by(engine: DuckDBEngine, tmp_path: Path) -> None:
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        "O1,C1,2025-01-01 12:00:00,10.00",
        "O2,C1,2025-03-01 00:30:00,10.00",
        "O3,C1,2025-03-02 12:00:00,10.00",
        "O4,C1,soon,10.00",
        "too,many,columns,here,1",
    )
    write(tmp_path, "order_items", "order_id,line_number,amount", "O1,1,10.00", "O2,1,10.00", "O3,1,10.00", "O9,1,10.00")
    settings = config({"orders": {"retention_days": 31}, "order_items": {}}, business={"timezone": "Europe/Berlin"})

    def run(as_of: date, since: date | None = None, days: int = 31) -> tuple[list[object], dict[str, tuple[int, ...]]]:
        changes = ChangeSet(since)
        found = {}
        for name in ("orders", "order_items"):
            source = settings.sources[name].model_copy(update={"retention_days": days if name == "orders" else None})
            first = first_kept_day(engine, name, source.retention_days, as_of)
            screen = Screen(engine, Reading(name, source, settings.pipeline.business), None, first)
            load_source(engine, tmp_path, name, source, as_of, changes, Limits(), screen)
            account = clean_source(engine, name, settings, as_of, changes)
            assert account.adds_up, account
            found[name] = (account.read, account.clean, account.quarantined, account.expired)
        return [row[0] for row in rows(engine, tables.raw("orders"), "order_id")], found

    # 31 days up to 31 March begin on 1 March in Berlin: half past midnight is in, its line too.
    assert run(date(2025, 3, 31)) == (["O2", "O3", "O4"], {"orders": (5, 2, 2, 1), "order_items": (4, 2, 1, 1)})
    later = (["O3", "O4"], {"orders": (5, 1, 2, 2), "order_items": (4, 1, 1, 2)})
    assert run(date(2025, 4, 1), since=date(2025, 3, 31)) == later, "a day on, and the files did not change"
    assert run(date(2025, 3, 31), since=date(2025, 4, 1)) == later, "what is gone stays gone when an earlier day is run"
    # Undated rows and damaged records age from the day they were loaded.
    assert run(date(2025, 5, 2), since=date(2025, 4, 1)) == ([], {"orders": (5, 0, 0, 5), "order_items": (4, 0, 1, 3)})
    longer, _ = run(date(2025, 4, 1), days=400)
    assert longer == ["O1", "O2", "O3", "O4"], "another retention begins anew from the files"
