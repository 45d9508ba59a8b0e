"""Where rows go: one clean row per key, quarantine with what was received, personal data in its room."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline_tests.clean.project import AS_OF, ORDERS, clean, clean_all, config, orders, reasons, rows, write

VERSIONED = f"{ORDERS},updated_at"


def test_the_latest_correction_wins_then_file_then_row(engine, tmp_path):
    write(
        tmp_path,
        "orders_1",
        VERSIONED,
        "o1,C1,2025-03-01,30,2025-03-03",
        "o2,C1,2025-03-01,1,2025-03-02",
        "o3,C1,2025-03-01,1,",
    )
    write(
        tmp_path,
        "orders_2",
        VERSIONED,
        "o1,C1,2025-03-01,20,2025-03-02",
        "o2,C1,2025-03-01,2,2025-03-02",
        "o3,C1,2025-03-01,2,",
        "o3,C1,2025-03-01,3,",
    )
    account = clean_all(engine, tmp_path, config({"orders": {}}))["orders"]
    assert clean(engine, "order_id", "amount", "_file", "_row") == [
        ("o1", Decimal(30), "orders_1.csv", 1),
        ("o2", Decimal(2), "orders_2.csv", 2),
        ("o3", Decimal(3), "orders_2.csv", 4),
    ]
    assert (account.read, account.clean, account.superseded) == (7, 3, 4)


@pytest.mark.parametrize("broken", ["9999-12-31", "1900-01-01", "soon"])
def test_an_unusable_version_is_no_version(engine, tmp_path, broken):
    orders(engine, tmp_path, f"o1,C1,2025-03-01,10,{broken}", "o1,C1,2025-03-01,20,2025-03-02", header=VERSIONED)
    assert clean(engine, "amount", "updated_at") == [(Decimal(20), datetime(2025, 3, 2))]


def test_a_correction_after_the_day_is_not_seen_yet_and_a_rejected_one_never(engine, tmp_path):
    lines = [
        "o1,C1,2025-03-01,10,2025-03-01",
        "o1,C1,2025-03-01,20,2025-03-20",
        "o1,C1,2025-03-01,30,2025-04-05",
        "o1,C1,2025-03-01,-1,2025-03-25",
    ]
    early = orders(engine, tmp_path, *lines, header=VERSIONED, as_of=date(2025, 3, 10))
    assert clean(engine, "amount") == [(Decimal(10),)] and (early.later, early.quarantined, early.superseded) == (2, 1, 0)
    now = orders(engine, tmp_path, *lines, header=VERSIONED)
    assert clean(engine, "amount") == [(Decimal(20),)] and (now.later, now.superseded) == (1, 1)
    late = orders(engine, tmp_path, *lines, header=VERSIONED, as_of=date(2025, 4, 30))
    assert clean(engine, "amount") == [(Decimal(30),)] and (late.later, late.superseded) == (0, 2)


def test_later_rows_wait(engine, tmp_path):
    account = orders(engine, tmp_path, "o1,C1,2025-03-31 23:59,10", "o2,C1,2025-04-01 00:00,10")
    assert clean(engine, "order_id", "event_date") == [("o1", AS_OF)] and account.later == 1


def test_a_day_years_before_the_files_end_is_no_reason_to_quarantine(engine, tmp_path):
    account = orders(engine, tmp_path, "o1,C1,2021-03-01,10", "o2,C1,2025-03-31,10", as_of=date(2021, 3, 31))
    assert (account.clean, account.later, account.quarantined) == (1, 1, 0)


def test_quarantine_keeps_what_was_received(engine, tmp_path):
    orders(engine, tmp_path, " O1 ,C1,01/03/2025,10", "o2,C1,2025-03-01, -5 ", "1,2,3,4,5", business={"key_case": "upper"})
    assert rows(engine, tables.quarantine("orders"), "order_id", "ordered_at", "amount", "line", "_file", "_row", "reasons") == [
        (" O1 ", "01/03/2025", "10", None, "orders.csv", 1, "unreadable:ordered_at"),
        ("o2", "2025-03-01", " -5 ", None, "orders.csv", 2, "negative:amount"),
        (None, None, None, "1,2,3,4,5", "orders.csv", 3, "malformed:too_many_columns"),
    ]


@pytest.mark.slow
def test_clean_tables_have_the_contracts_columns_and_types_even_when_empty(engine, tmp_path):
    for name, source in SOURCES.items():
        required = [*source.any_of[:1], *(column.name for column in source.columns if column.required)]
        write(tmp_path, name, ",".join(required))
    accounts = clean_all(engine, tmp_path, config({name: {"files": f"{name}.csv"} for name in SOURCES}))
    for name, source in SOURCES.items():
        table = engine.table(tables.clean(name))
        wanted = {column.name: str(column.type.ibis) for column in source.columns if not column.pii}
        found = {column: str(kind).replace("(6)", "") for column, kind in table.schema().items()}
        assert {column: found[column] for column in wanted} == wanted
        assert ("event_date" in found) == (source.event_time is not None)
        assert set(found) - set(wanted) <= {"event_date", "_file", "_row"}
        assert (accounts[name].read, accounts[name].clean) == (0, 0)


def test_the_account_is_stored_once_per_day_and_source(engine, tmp_path):
    for day in (date(2025, 3, 1), AS_OF, AS_OF):
        lines = ("o1,C1,2025-03-01,10,x", "o2,,2025-03-20,10,1")
        orders(engine, tmp_path, *lines, header=f"{ORDERS},discount_amount", as_of=day)
    stored = engine.rows(engine.table(tables.ROW_ACCOUNTING).order_by("as_of"))
    assert [(row["as_of"], row["read"], row["clean"], row["quarantined"]) for row in stored] == [
        (date(2025, 3, 1), 2, 1, 1),
        (AS_OF, 2, 1, 1),
    ]
    assert json.loads(str(stored[1]["quarantined_by_reason"])) == {"missing:customer_id": 1}
    assert json.loads(str(stored[1]["blanked_by_reason"])) == {"unreadable:discount_amount": 1}


# ------------------------------------------------------------ personal data

CUSTOMERS = "customer_id,signed_up_at,first_name,last_name,email,phone,birth_date,street,postal_code,city"


def test_personal_columns_are_in_schema_pii_and_nowhere_else(engine, tmp_path):
    write(tmp_path, "orders", ORDERS)
    write(
        tmp_path,
        "customers",
        CUSTOMERS,
        "C1,2025-01-01,Annabell,Meier,anna@example.com,0171,1980-05-01,Weg 1,10115,Berlin",
        ",2025-01-01,Bernhard,Broken,bern@example.com,0172,1981-05-01,Weg 2,10116,Köln",
        "C3,2025-01-01,Chris,Split,chris@example.com,0173,1982-05-01,Weg 3, a,10117,Bonn",
    )
    clean_all(engine, tmp_path, config({"orders": {}, "customers": {}}))
    pii = set(SOURCES["customers"].pii_columns)
    assert not pii & set(engine.table("clean.customers").columns)
    assert pii <= set(engine.table("pii.customers").columns)
    assert rows(engine, "pii.customers", "customer_id", "first_name", "birth_date") == [("C1", "Annabell", date(1980, 5, 1))]
    assert clean(engine, "customer_id", "city", "event_date", source="customers") == [("C1", "Berlin", date(2025, 1, 1))]
    assert reasons(engine, "customers") == {2: "missing:customer_id", 3: "malformed:too_many_columns"}
    kept = rows(engine, "pii.customers_quarantine", "_row", "first_name", "line")
    assert kept[0] == (2, "Bernhard", None) and "chris@example.com" in str(kept[1])
    every = engine.backend.con.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema NOT IN ('pii', 'main')"
    ).fetchall()
    for (name,) in every:
        held = str(engine.rows(engine.table(name)))
        personal = ("Annabell", "anna@", "Bernhard", "bern@", "chris@", "1980-05-01", "Weg")
        assert not [word for word in personal if word in held], name


# ------------------------------------------------------------ orders made from order items

ITEMS = "order_id,line_number,customer_id,ordered_at,amount,discount_amount,channel,product_id,updated_at"
DERIVED = {"orders": {"derive_from": "order_items"}, "order_items": {}}


def test_orders_are_made_of_their_lines(engine, tmp_path):
    write(
        tmp_path,
        "order_items",
        ITEMS,
        "o1,1,C1,2025-03-01 10:00,10.10,1,web,p1,",
        "o1,2,C1,2025-03-01 10:05,5.05,,web,p2,2025-03-02",
        "o2,1,C1,2025-03-02,7,,store,p1,",
        "o2,2,C2,2025-03-02,8,,store,p1,",
        "o3,1,,2025-03-02,8,,store,p1,",
        "o4,1,C1,2025-04-02,8,,store,p1,",
        "o5,1,C1,2025-03-02,nothing,,store,p1,",
    )
    accounts = clean_all(engine, tmp_path, config(DERIVED))
    wanted = ("order_id", "customer_id", "ordered_at", "amount", "discount_amount", "channel", "updated_at", "_row")
    assert clean(engine, *wanted) == [
        ("o1", "C1", datetime(2025, 3, 1, 10), Decimal("15.15"), Decimal("1.00"), "web", datetime(2025, 3, 2), 1),
    ]
    assert reasons(engine) == {3: "missing:customer_id", 5: "missing:customer_id"}, "two customers are as good as none"
    assert (accounts["order_items"].clean, accounts["order_items"].later, accounts["order_items"].quarantined) == (5, 1, 1)
    assert accounts["orders"].read == 3


def test_derived_orders_keep_the_moment_of_their_lines(engine, tmp_path):
    write(tmp_path, "order_items", ITEMS, "o1,1,C1,2025-03-01 00:30,10,,web,p1,")
    sources = {"orders": {"derive_from": "order_items"}, "order_items": {"timezone": "America/New_York"}}
    clean_all(engine, tmp_path, config(sources, business={"timezone": "Europe/Berlin"}))
    for source in ("order_items", "orders"):
        assert clean(engine, "ordered_at", "event_date", source=source) == [(datetime(2025, 3, 1, 5, 30), date(2025, 3, 1))]


def test_rejected_derived_orders_are_told_apart_by_one_of_their_lines(engine, tmp_path):
    """Both orders' smallest file is the first and smallest row is 1, but no two orders share a line."""
    write(tmp_path, "order_items_1", ITEMS, "o1,1,C1,2025-03-01,1,,,,", "o2,1,C1,2025-03-01,1,,,,")
    write(tmp_path, "order_items_2", ITEMS, "o2,2,C2,2025-03-01,1,,,,", "o1,2,C2,2025-03-01,1,,,,")
    account = clean_all(engine, tmp_path, config(DERIVED))["orders"]
    assert account.quarantined == 2
    assert rows(engine, tables.quarantine("orders"), "order_id", "_file", "_row") == [
        ("o1", "order_items_1.csv", 1),
        ("o2", "order_items_1.csv", 2),
    ]


def test_lines_of_derived_orders_may_name_customers(engine, tmp_path):
    write(tmp_path, "customers", "customer_id", "C1")
    write(tmp_path, "order_items", ITEMS, "o1,1,C1,2025-03-01,1,,,,", "o2,1,C9,2025-03-01,1,,,,")
    clean_all(engine, tmp_path, config({**DERIVED, "customers": {}}))
    assert clean(engine, "order_id") == [("o1",)]
    assert reasons(engine) == {2: "unknown:customer_id"}
