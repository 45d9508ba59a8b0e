"""Exports as shops have them, read right by configuration alone: totals worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.clean.account import Accounting
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.project import load_project
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.clean.project import clean_all, reasons, rows

AS_OF = date(2024, 4, 30)
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "sources.md"


class Shop:
    """A project of one export, loaded and cleaned as a run does it."""

    def __init__(
        self, folder: Path, sources: str, export: str, pipeline: str = "business: {currency: EUR}", name: str = "export.csv"
    ):
        for place, text in (("config/sources.yaml", sources), ("config/pipeline.yaml", pipeline), (f"data/raw/{name}", export)):
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_text(text, encoding="utf-8")
        self.engine = DuckDBEngine(None)
        self.config = load_project(Settings(folder))
        self.accounts: Mapping[str, Accounting] = clean_all(self.engine, folder, self.config, AS_OF)

    def bought(self) -> list[tuple[object, ...]]:
        """Customer, completed orders and what they cost."""
        orders = self.engine.table(tables.clean("orders"))
        completed = orders.filter(orders.status.fill_null("completed") == "completed")
        found = self.engine.rows(completed.group_by("customer_id").agg(orders=completed.count(), amount=completed.amount.sum()))
        return sorted(tuple(row.values()) for row in found)

    def rows(self, source: str, *columns: str) -> list[tuple[object, ...]]:
        return rows(self.engine, tables.clean(source), *columns)


# ------------------------------------------------------------ lines of orders, values in the first line of each only

SHOPIFY = """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,\
Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Cancelled at,Tags,Id
#1,ann@mail.test,paid,2024-03-10 02:30:00 -0500,USD,60.00,5.00,4.80,69.80,0.00,2024-03-10 02:30:00 -0500,2,Mug,15.00,MUG,0.00,,,51
#1,ann@mail.test,,,,,,,,,2024-03-10 02:30:00 -0500,1,Pot,30.00,POT,,,,
#2,bob@mail.test,refunded,2024-03-31 23:45:00 -0400,USD,40.00,0.00,0.00,40.00,0.00,2024-03-31 23:45:00 -0400,1,Tee,40.00,TEE,40.00,,,52
#3,bob@mail.test,paid,2024-04-02 10:00:00 -0400,USD,1200.00,0.00,0.00,1200.00,0.00,2024-04-02 10:00:00 -0400,1,Sofa,1200.00,SOFA,200.00,,,53
#4,,paid,2024-04-03 10:00:00 -0400,USD,9.00,0.00,0.00,9.00,0.00,2024-04-03 10:00:00 -0400,1,Pen,9.00,PEN,0.00,,,54
#5,me@mail.test,paid,2024-04-04 10:00:00 -0400,USD,1.00,0.00,0.00,1.00,0.00,2024-04-04 10:00:00 -0400,1,Test,0.50,TST,0.00,,test,55
#5,,,,,,,,,,,1,Test 2,0.50,TST,,,,
#6,cat@mail.test,voided,,USD,80.00,0.00,0.00,80.00,0.00,2024-04-05 10:00:00 -0400,1,Lamp,80.00,LMP,0.00,2024-04-05 11:00:00 -0400,,56
#7,cat@mail.test,paid,2024-04-06 10:00:00 -0400,USD,33.00,0.00,0.00,33.00,0.00,2024-04-06 10:00:00 -0400,1,Cup,33.00,CUP,0.00,,,57
"""


def test_the_example_of_the_documentation_gives_these_totals(tmp_path: Path) -> None:
    [sources] = [
        block for block in re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text("utf-8"), re.DOTALL) if "Lineitem" in block
    ]
    business = "business: {timezone: America/New_York, currency: USD, key_case: lower}"
    shop = Shop(tmp_path, sources, SHOPIFY, business, "orders_export_1.csv")
    assert shop.bought() == [
        ("ann@mail.test", 1, Decimal("69.80")),
        ("bob@mail.test", 2, Decimal("1240.00")),
        ("cat@mail.test", 1, Decimal("33.00")),
    ]
    paid_back = [row for row in shop.rows("orders", "customer_id", "returned_amount") if row[1]]
    assert paid_back == [("bob@mail.test", Decimal("200.00")), ("bob@mail.test", Decimal("40.00"))]
    items = shop.rows("order_items", "order_id", "product_id", "quantity", "amount")
    assert items[:2] == [("#1", "mug", 2.0, Decimal("30.00")), ("#1", "pot", 1.0, Decimal("30.00"))]
    # Nobody's order is refused, with its line; tests are counted in every source.
    assert (reasons(shop.engine), reasons(shop.engine, "order_items")) == ({5: "missing:customer_id"}, {5: "unknown:order_id"})
    skipped = {name: account.skipped_by_name for name, account in shop.accounts.items()}
    assert skipped == {
        "orders": {"further lines of an order": 2, "test orders": 1},
        "order_items": {"test orders": 2},
    }
    (instant,) = {row[0] for row in shop.rows("orders", "ordered_at", "order_id") if row[1] == "#1"}
    assert instant == datetime(2024, 3, 10, 7, 30)


SHOPIFY_DERIVED = """
sources:
  orders: {derive_from: order_items}
  order_items:
    files: data/raw/export.csv
    date_format: "%Y-%m-%d %H:%M:%S %z"
    columns:
      order_id: Name
      line_number: {from_row: true}
      customer_id: Email
      ordered_at: Created at
      product_id: Lineitem sku
      quantity: Lineitem quantity
      amount: {expression: '"Lineitem quantity" * "Lineitem price"'}
    fill_down: {columns: [Email, Created at, Financial Status, Tags], within: Name}
    skip_when:
      test orders: Tags = 'test'
      void: '"Financial Status" = ''voided'''
"""


def test_orders_made_from_lines_whose_first_line_says_it_all(tmp_path: Path) -> None:
    shop = Shop(tmp_path, SHOPIFY_DERIVED, SHOPIFY, "business: {timezone: America/New_York, currency: USD}")
    assert shop.bought() == [
        ("ann@mail.test", 1, Decimal("60.00")),  # without postage and tax, which stand in no line
        ("bob@mail.test", 2, Decimal("1240.00")),
        ("cat@mail.test", 1, Decimal("33.00")),
    ]
    assert shop.accounts["order_items"].skipped_by_name == {"test orders": 2, "void": 1}


# ------------------------------------------------------------ a row per line, guests under 0, refunds as orders

WOO = """Order Number,Order Status,Order Date,Customer User ID,Email (Billing),Order Total Amount,Order Refund Amount,Item #,Item Cost
101,Completed,2024-03-01 10:00,7,ann@mail.test,70.00,0.00,1,20.00
101,Completed,2024-03-01 10:00,7,ann@mail.test,70.00,0.00,2,30.00
102,Completed,2024-03-02 11:00,0,guest1@mail.test,15.00,0.00,1,15.00
103,Completed,2024-03-03 11:00,0,guest2@mail.test,25.00,0.00,1,25.00
104,Refunded,2024-03-04 11:00,7,ann@mail.test,40.00,40.00,1,40.00
105,Completed,2024-03-05 11:00,8,bob@mail.test,100.00,30.00,1,100.00
106,refund,2024-03-06 11:00,8,bob@mail.test,-30.00,,1,-30.00
107,on-hold,2024-03-07 11:00,9,cat@mail.test,12.00,0.00,1,12.00
"""
WOO_SOURCES = """
sources:
  orders:
    files: data/raw/export.csv
    columns:
      order_id: Order Number
      customer_id: {expression: "coalesce(nullif(\\"Customer User ID\\", '0'), \\"Email (Billing)\\")"}
      ordered_at: Order Date
      amount: Order Total Amount
      status: {from: Order Status, values: {refunded: completed}}
    skip_when:
      refunds, which stand with their order: "\\"Order Status\\" = 'refund'"
      not paid yet: "\\"Order Status\\" in ('on-hold', 'pending', 'failed')"
  returns:
    files: data/raw/export.csv
    columns: {return_id: Order Number, order_id: Order Number, returned_at: Order Date, amount: Order Refund Amount}
    skip_when: {nothing refunded: 'coalesce("Order Refund Amount", 0) = 0'}
"""


def test_guests_are_not_one_customer_and_refunds_no_orders(tmp_path: Path) -> None:
    shop = Shop(tmp_path, WOO_SOURCES, WOO)
    assert shop.bought() == [
        ("7", 2, Decimal("110.00")),
        ("8", 1, Decimal("100.00")),
        ("guest1@mail.test", 1, Decimal("15.00")),
        ("guest2@mail.test", 1, Decimal("25.00")),
    ]
    assert shop.rows("returns", "order_id", "amount") == [("104", Decimal("40.00")), ("105", Decimal("30.00"))]
    assert shop.accounts["orders"].skipped_by_name == {"not paid yet": 1, "refunds, which stand with their order": 1}
    assert shop.accounts["orders"].quarantined == 0


# ------------------------------------------------------------ day and time in two columns, decimal comma, returns among lines

ERP = """VBELN;POSNR;KUNNR;ERDAT;ERZET;NETWR;WAERK;AUART;ABSTK
0000004711;000010;0000001000;20240310;083000;1.234,50;EUR;TA;A
0000004711;000020;0000001000;20240310;083000;65,50;EUR;TA;A
0000004712;000010;0000001001;20240311;093000;65,50-;EUR;RE;A
0000004713;000010;1000;20240312;093000;10.00;EUR;TA;A
0000004714;000010;1000;00000000;093000;10.00;EUR;TA;C
"""
ERP_SOURCES = """
sources:
  orders: {derive_from: order_items}
  order_items: &erp
    files: data/raw/export.csv
    csv: {delimiter: ";"}
    number: {decimal: ",", negative: trailing}
    columns:
      order_id: VBELN
      line_number: POSNR
      customer_id: KUNNR
      ordered_at: {from: [ERDAT, ERZET], format: "%Y%m%d %H%M%S"}
      amount: NETWR
    skip_when: {rejected: ABSTK = 'C', returns: AUART = 'RE'}
  returns:
    files: data/raw/export.csv
    csv: {delimiter: ";"}
    number: {decimal: ",", negative: trailing}
    unknown_references: keep
    columns:
      return_id: {from: [VBELN, POSNR], separator: "/"}
      order_id: VBELN
      returned_at: {from: [ERDAT, ERZET], format: "%Y%m%d %H%M%S"}
      amount: {expression: -NETWR}
    skip_when: {sales: AUART <> 'RE', rejected: ABSTK = 'C'}
"""


def test_day_and_time_in_two_columns_and_returns_among_sales(tmp_path: Path) -> None:
    business = "business: {timezone: Europe/Berlin, currency: EUR, pad_to: {customer_id: 10}}"
    shop = Shop(tmp_path, ERP_SOURCES, ERP, business)
    assert shop.bought() == [("0000001000", 1, Decimal("1300.00"))]
    assert shop.rows("orders", "order_id", "ordered_at") == [("0000004711", datetime(2024, 3, 10, 7, 30))]
    assert shop.rows("returns", "return_id", "amount") == [("0000004712/000010", Decimal("65.50"))]
    assert reasons(shop.engine, "order_items") == {4: "unreadable:amount"}
    assert shop.accounts["order_items"].skipped_by_name == {"rejected": 1, "returns": 1}


# ------------------------------------------------------------ numbers that begin anew each year


@pytest.mark.parametrize(
    "key", ["{from: [year, nr]}", "{expression: \"substring(day, 1, 4) || '-' || nr\"}"], ids=["parts", "expression"]
)
def test_numbers_that_begin_anew_each_year_are_told_apart(tmp_path: Path, key: str) -> None:
    export = """nr,year,who,day,sum
1001,2023,ann,2023-02-01,80.00
1001.0,2024,cat,2024-02-01,15.00
5.00E+12,2024,dan,2024-03-02,11.00
,2024,eve,2024-03-03,12.00
"""
    sources = f"sources: {{orders: {{files: data/raw/*.csv, columns: {{order_id: {key}, customer_id: who, ordered_at: day, amount: sum}}}}}}"
    shop = Shop(tmp_path, sources, export)
    assert shop.rows("orders", "order_id", "customer_id") == [("2023-1001", "ann"), ("2024-1001", "cat")]
    lost = "imprecise:order_id" if "from" in key else "unreadable:order_id"
    assert reasons(shop.engine) == {3: lost, 4: "missing:order_id"}
