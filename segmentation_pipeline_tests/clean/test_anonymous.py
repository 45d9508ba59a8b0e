"""Orders of nobody count in the shop's totals, belong to no customer, and are accounted for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.identifiers import write_identifiers
from segmentation_pipeline.identity.stored import update_identity
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.measurement.shop_totals import shop_totals
from segmentation_pipeline.project.configuration import ConfigError, load_config
from segmentation_pipeline_tests.clean.project import AS_OF, clean, clean_all, config, orders, reasons, rows, write
from segmentation_pipeline_tests.engine.conftest import _spark

SHOPIFY = (
    "Name,Email,Financial Status,Created at,Total,Refunded Amount,Lineitem quantity,Lineitem price,Lineitem sku",
    "#1001,ann,paid,2025-03-10 02:30:00 -0500,69.80,0.00,2,15.00,MUG",
    "#1001,ann,,2025-03-10 02:30:00 -0500,,,1,30.00,POT",
    "#1003,bob,paid,2025-03-12 10:00:00 -0400,1200.00,200.00,1,1200.00,SOFA",
    "#1004,,paid,2025-03-13 10:00:00 -0400,9.00,2.00,1,9.00,PEN",
    "#1008,,voided,2025-03-13 11:00:00 -0400,5.00,0.00,1,5.00,PEN",
)
SHOPIFY_SOURCES = {
    "orders": {
        "files": "o.csv",
        "date_format": "%Y-%m-%d %H:%M:%S %z",
        "anonymous": [""],
        "columns": {
            "order_id": "Name",
            "customer_id": "Email",
            "ordered_at": "Created at",
            "amount": "Total",
            "returned_amount": "Refunded Amount",
            "status": {"from": "Financial Status", "values": {"paid": "completed", "voided": "cancelled"}},
        },
        "skip_when": {"further lines": "Total is null"},
    },
    "order_items": {
        "files": "o.csv",
        "columns": {
            "order_id": "Name",
            "line_number": {"from_row": True},
            "product_id": "Lineitem sku",
            "quantity": "Lineitem quantity",
            "amount": {"expression": '"Lineitem quantity" * "Lineitem price"'},
        },
    },
}
WOO = (
    "Order Number,Order Status,Order Date,Customer User ID,Order Total Amount,Order Refund Amount",
    "101,Completed,2025-03-01 10:00,7,70.00,0.00",
    "102,Completed,2025-03-02 11:00,0,15.00,0.00",
    "103,Completed,2025-03-03 11:00,0,25.00,5.00",
    "105,Completed,2025-03-05 11:00,8,100.00,30.00",
    "106,Completed,2025-03-06 11:00,,10.00,0.00",
)
WOO_SOURCES = {
    "orders": {
        "files": "o.csv",
        "anonymous": ["0"],
        "columns": {
            "order_id": "Order Number",
            "customer_id": "Customer User ID",
            "ordered_at": "Order Date",
            "amount": "Order Total Amount",
        },
    },
    "returns": {
        "files": "o.csv",
        "columns": {
            "return_id": "Order Number",
            "order_id": "Order Number",
            "returned_at": "Order Date",
            "amount": "Order Refund Amount",
        },
    },
}


def totals(engine: Engine, configured) -> dict[str, tuple]:
    found = engine.rows(shop_totals(Inputs(engine.table, configured, AS_OF, engine)))
    return {str(row["belongs_to"]): (row["orders"], row["gross_revenue"], row["returned_amount"]) for row in found}


def test_an_order_without_an_address_is_nobodys_and_so_are_its_lines(engine, tmp_path):
    write(tmp_path, "o", *SHOPIFY)
    configured = config(SHOPIFY_SOURCES)
    accounts = clean_all(engine, tmp_path, configured)
    assert clean(engine, "order_id", "customer_id") == [("#1001", "ann"), ("#1003", "bob")]
    found = accounts["orders"]
    assert (found.read, found.clean, found.anonymous, found.quarantined, found.skipped) == (5, 2, 2, 0, 1)
    lines = accounts["order_items"]
    assert (lines.read, lines.clean, lines.anonymous, lines.quarantined) == (5, 3, 2, 0), "its lines are no strangers"
    assert totals(engine, configured) == {
        "customers": (2, Decimal("1269.80"), Decimal("200.00")),
        "nobody": (1, Decimal("9.00"), Decimal("2.00")),
    }, "a void order counts for nobody either"


def test_a_key_that_stands_for_nobody_joins_no_two_guests(engine, tmp_path):
    write(tmp_path, "o", *WOO)
    configured = config(WOO_SOURCES, quality={"max_quarantined_share": 0.5})
    accounts = clean_all(engine, tmp_path, configured)
    assert clean(engine, "order_id", "customer_id") == [("101", "7"), ("105", "8")]
    assert reasons(engine) == {5: "missing:customer_id"}, "an empty key is nobody's only where '' is said too"
    assert (accounts["orders"].anonymous, accounts["orders"].quarantined) == (2, 1)
    assert (accounts["returns"].clean, accounts["returns"].anonymous) == (2, 2)
    assert reasons(engine, "returns") == {5: "unknown:order_id"}
    assert totals(engine, configured)["nobody"] == (2, Decimal("40.00"), Decimal("5.00"))


def test_keys_of_nobody_are_read_as_keys_are_and_need_no_record(engine, tmp_path):
    write(tmp_path, "customers", "customer_id,email", "c1,", "GUEST,shop@example.org", "guest,till@example.org")
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        "o1,c1,2025-03-01,1.00",
        "o2,Guest ,2025-03-02,2.00",
        "o3,0.0,2025-03-03,4.00",
        "o4,000000,2025-03-04,8.00",
        "o5,00,2025-03-05,16.00",
        "o6,5.00E+12,2025-03-05,32.00",
    )
    write(
        tmp_path,
        "identities",
        "record_id,customer_id,system,kind,identifier,seen_at",
        "i1,c1,web,email,ann@mail.test,2025-01-01",
        "i2,guest,web,email,ann@mail.test,2024-01-01",
    )
    configured = config(
        {"customers": {}, "orders": {"anonymous": ["guest", "0", ""]}, "identities": {}},
        business={"pad_to": {"customer_id": 6}, "key_case": "upper"},
    )
    accounts = clean_all(engine, tmp_path, configured)
    write_identifiers(engine, configured, ChangeSet())
    update_identity(engine, configured, AS_OF, ChangeSet())
    assert clean(engine, "order_id", "customer_id") == [("O1", "C1")]
    assert reasons(engine) == {6: "imprecise:customer_id"}, "a damaged key is somebody's"
    assert clean(engine, "customer_id", source="customers") == [("C1",)], "nobody has no record"
    assert accounts["customers"].anonymous + accounts["customers"].superseded == 2
    assert clean(engine, "record_id", source="identities") == [("I1",)], "nobody is merged with nobody"
    assert totals(engine, configured)["nobody"] == (4, Decimal("30.00"), Decimal("0.00"))


def test_orders_made_of_lines_may_be_nobodys_and_those_of_two_customers_are_not(engine, tmp_path):
    write(
        tmp_path,
        "order_items",
        "order_id,line_number,customer_id,ordered_at,amount",
        "o1,1,ann,2025-03-01,1.00",
        "o2,1,,2025-03-01,2.00",
        "o2,2,,2025-03-01,3.00",
        "o3,1,ann,2025-03-01,4.00",
        "o3,2,bob,2025-03-01,4.00",
        "o4,1,0,2025-03-01,5.00",
    )
    configured = config({"order_items": {}, "orders": {"derive_from": "order_items", "anonymous": ["", "0"]}})
    accounts = clean_all(engine, tmp_path, configured)
    assert clean(engine, "order_id", "customer_id") == [("o1", "ann")]
    assert (accounts["orders"].anonymous, accounts["orders"].quarantined_by_reason) == (2, {"missing:customer_id": 1})
    lines = accounts["order_items"]
    assert (lines.clean, lines.anonymous, lines.quarantined) == (3, 3, 0), "lines are whose their order is"
    assert clean(engine, "order_id", "line_number", source="order_items") == [("o1", "1"), ("o3", "1"), ("o3", "2")]
    assert totals(engine, configured)["nobody"][:2] == (2, Decimal("10.00"))


@pytest.mark.slow
def test_one_line_that_names_somebody_makes_all_lines_of_the_order_theirs_night_by_night(engine, tmp_path):
    configured = config({"order_items": {}, "orders": {"derive_from": "order_items", "anonymous": ["", "0"]}})
    header = "order_id,line_number,customer_id,ordered_at,amount"
    first = ("o1,1,,2025-03-01,1.00", "o1,2,0,2025-03-01,2.00", "o2,1,bob,2025-03-01,4.00")

    def night(changes: ChangeSet, *lines: str) -> tuple[int, int, list[tuple], list[tuple]]:
        write(tmp_path, "order_items", header, *lines)
        found = clean_all(engine, tmp_path, configured, changes=changes)["order_items"]
        whose = clean(engine, "order_id", "customer_id", "amount")
        return found.clean, found.anonymous, clean(engine, "order_id", "line_number", source="order_items"), whose

    of_nobody = (1, 2, [("o2", "1")], [("o2", "bob", Decimal("4.00"))])
    assert night(ChangeSet(), *first) == of_nobody
    named = (*first[:1], "o1,2,ann,2025-03-01,2.00", *first[2:])
    all_of_them = [("o1", "1"), ("o1", "2"), ("o2", "1")]
    of_ann = (3, 0, all_of_them, [("o1", "ann", Decimal("3.00")), ("o2", "bob", Decimal("4.00"))])
    assert night(ChangeSet(AS_OF), *named) == of_ann, "the line that did not change is hers too"
    assert night(ChangeSet(AS_OF), *first) == of_nobody
    assert night(ChangeSet(), *named) == of_ann


def test_a_guest_who_is_somebody_by_a_later_row_counts_once(engine, tmp_path):
    lines = ("o1,,2025-03-01,5.00,2025-03-01", "o1,ann,2025-03-01,5.00,2025-03-09", "o2,,2025-03-02,7.00,")
    found = orders(
        engine, tmp_path, *lines, header="order_id,customer_id,ordered_at,amount,updated_at", mapping={"anonymous": [""]}
    )
    assert (found.clean, found.anonymous, found.superseded) == (1, 1, 1)
    assert clean(engine, "order_id", "customer_id") == [("o1", "ann")]


def test_what_is_judged_again_is_judged_alike(engine, tmp_path):
    """Lines and returns follow an order that becomes nobody's or somebody's, without all being judged anew."""
    configured = config({"orders": {"anonymous": [""]}, "returns": {}})

    def night(customer: str, changes: ChangeSet) -> list[tuple]:
        write(
            tmp_path, "orders", "order_id,customer_id,ordered_at,amount", f"o1,{customer},2025-03-01,5.00", "o2,b,2025-03-01,1.00"
        )
        clean_all(engine, tmp_path, configured, changes=changes)
        return clean(engine, "return_id", source="returns")

    write(tmp_path, "returns", "return_id,order_id,returned_at,amount", "r1,o1,2025-03-05,5.00", "r2,o2,2025-03-05,1.00")
    assert night("", ChangeSet()) == [("r2",)]
    assert night("ann", ChangeSet(AS_OF)) == [("r1",), ("r2",)]
    assert night("", ChangeSet(AS_OF)) == [("r2",)]


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ("orders: {files: o.csv}, consents: {files: c.csv, anonymous: ['0']}", "a no counts for whomever it names"),
        ("orders: {files: o.csv}, returns: {files: r.csv, anonymous: ['0']}", "its rows follow the orders they name"),
        (
            "orders: {derive_from: order_items}, order_items: {files: i.csv, anonymous: ['']}",
            "'anonymous' for orders, which are made from these lines",
        ),
    ],
)
def test_where_nobody_cannot_be_said(tmp_path: Path, sources: str, found: str) -> None:
    (tmp_path / "sources.yaml").write_text(f"sources: {{{sources}}}\n")
    with pytest.raises(ConfigError, match=found):
        load_config(tmp_path)


@pytest.mark.wide
def test_both_engines_agree(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    write(tmp_path, "o", *SHOPIFY)
    spark = _spark(request, tmp_path)
    configured = config(SHOPIFY_SOURCES)
    for name in configured.cleaning_order:
        load_source(spark, tmp_path, name, configured.sources[name], date(2025, 3, 31))
        assert clean_source(spark, name, configured, AS_OF).adds_up
    assert rows(spark, tables.clean("orders"), "order_id") == [("#1001",), ("#1003",)]
    assert totals(spark, configured)["nobody"] == (1, Decimal("9.00"), Decimal("2.00"))


@pytest.mark.wide
def test_lines_are_whose_their_order_is_on_both_engines(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    write(
        tmp_path,
        "order_items",
        "order_id,line_number,customer_id,ordered_at,amount",
        "o1,1,ann,2025-03-01,1.00",
        "o1,2,,2025-03-01,2.00",
        "o2,1,,2025-03-01,3.00",
        "o2,2,0,2025-03-01,4.00",
    )
    configured = config({"order_items": {}, "orders": {"derive_from": "order_items", "anonymous": ["", "0"]}})
    spark = _spark(request, tmp_path)
    for changes in (ChangeSet(), ChangeSet(AS_OF)):
        load_source(spark, tmp_path, "order_items", configured.sources["order_items"], AS_OF, changes)
        for name in configured.cleaning_order:
            assert clean_source(spark, name, configured, AS_OF, changes).adds_up
        assert rows(spark, tables.clean("order_items"), "order_id", "line_number") == [("o1", "1"), ("o1", "2")]
        assert totals(spark, configured)["nobody"][:2] == (1, Decimal("7.00"))
