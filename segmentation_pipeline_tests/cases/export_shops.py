"""Exports of shop systems, with their further lines, guests, refunds, tests and cancellations."""

from __future__ import annotations

import re
from pathlib import Path

from segmentation_pipeline_tests.cases.exports import Export, Trial

_SOURCES_PAGE = Path(__file__).parents[2] / "docs" / "sources.md"
[DOCUMENTED] = [
    block for block in re.findall(r"```yaml\n(.*?)```", _SOURCES_PAGE.read_text("utf-8"), re.DOTALL) if "Lineitem" in block
]
"""The example of the documentation."""

# Values about the whole order in the first line of each only; order 4 has no customer, 5 is a test, 6 is void.
_SHOPIFY = """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,\
Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Cancelled at,Tags,Id
#1,ann@mail.test,paid,2026-03-08 01:30:00 -0500,USD,60.00,5.00,4.80,69.80,0.00,2026-03-08 01:30:00 -0500,2,Mug,15.00,MUG,0.00,,,51
#1,ann@mail.test,,,,,,,,,2026-03-08 01:30:00 -0500,1,Pot,30.00,POT,,,,
#2,bob@mail.test,refunded,2026-03-31 23:45:00 -0400,USD,40.00,0.00,0.00,40.00,0.00,2026-03-31 23:45:00 -0400,1,Tee,40.00,TEE,40.00,,,52
#3,bob@mail.test,paid,2026-04-02 10:00:00 -0400,USD,1200.00,0.00,0.00,1200.00,0.00,2026-04-02 10:00:00 -0400,1,Sofa,1200.00,SOFA,200.00,,,53
#4,,paid,2026-04-03 10:00:00 -0400,USD,9.00,0.00,0.00,9.00,0.00,2026-04-03 10:00:00 -0400,1,Pen,9.00,PEN,0.00,,,54
#5,me@mail.test,paid,2026-04-04 10:00:00 -0400,USD,1.00,0.00,0.00,1.00,0.00,2026-04-04 10:00:00 -0400,1,Test,0.50,TST,0.00,,test,55
#5,,,,,,,,,,,1,Test 2,0.50,TST,,,,
#6,cat@mail.test,voided,,USD,80.00,0.00,0.00,80.00,0.00,2026-04-05 10:00:00 -0400,1,Lamp,80.00,LMP,0.00,2026-04-05 11:00:00 -0400,,56
#7,cat@mail.test,paid,2026-04-06 10:00:00 -0400,USD,33.00,0.00,0.00,33.00,0.00,2026-04-06 10:00:00 -0400,1,Cup,33.00,CUP,0.00,,,57
"""
_NEW_YORK = "business: {timezone: America/New_York, currency: USD, key_case: lower}"
_BOUGHT = ("ann@mail.test: 1 order, 69.80", "bob@mail.test: 2 orders, 1,240.00, 240.00 back", "cat@mail.test: 1 order, 33.00")
_NOBODY = "nobody: 1 order, 9.00"

SHOPIFY = Export(
    case="shopify",
    files={"orders_export_1.csv": _SHOPIFY},
    pipeline=_NEW_YORK,
    truth=(*_BOUGHT, _NOBODY, "left out of orders: 1 test orders", "left out of orders: 2 further lines of an order"),
    trials=(
        Trial(
            "the columns of an order alone",
            """
sources:
  orders:
    files: data/raw/orders_export_*.csv
    columns: {order_id: Name, customer_id: Email, ordered_at: Created at, amount: Total, discount_amount: Discount Amount}
""",
            stops=r"2 missing:amount.*row 2.*skip_when.*fill_down.*2 missing:customer_id.*row 5.*anonymous",
        ),
        Trial(
            "further lines and tests left out, anonymous, refunded",
            """
sources:
  orders:
    files: data/raw/orders_export_*.csv
    anonymous: [""]
    columns:
      order_id: Name
      customer_id: Email
      ordered_at: Created at
      amount: Total
      returned_amount: Refunded Amount
      status: {from: Financial Status, values: {paid: completed, refunded: completed, voided: cancelled}}
    skip_when: {further lines of an order: Total is null, test orders: Tags = 'test'}
""",
        ),
    ),
)
_UNIT_PRICES = """
sources:
  orders:
    files: data/raw/orders_export_*.csv
    date_format: "%Y-%m-%d %H:%M:%S %z"
    columns:
      order_id: Name
      customer_id: Email
      ordered_at: Created at
      amount: Total
      status: {from: Financial Status, values: {paid: completed, refunded: cancelled, voided: cancelled}}
  order_items:
    files: data/raw/orders_export_*.csv
    columns: {order_id: Name, line_number: {from_row: true}, product_id: Lineitem sku, quantity: Lineitem quantity, amount: Lineitem price}
"""
SHOPIFY_FMT = Export(
    case="shopify_fmt",
    files={"orders_export_1.csv": _SHOPIFY},
    pipeline=_NEW_YORK,
    truth=(
        *_BOUGHT,
        _NOBODY,
        "#1 has 2 mug for 30.00",
        "#1 has 1 pot for 30.00",
        "#2 has 1 tee for 40.00",
        "#3 has 1 sofa for 1,200.00",
        "#6 has 1 lmp for 80.00",
        "#7 has 1 cup for 33.00",
        "#1 at 2026-03-08 06:30 UTC, day 2026-03-08",
        "#2 at 2026-04-01 03:45 UTC, day 2026-03-31",
        "#3 at 2026-04-02 14:00 UTC, day 2026-04-02",
        "#6 at 2026-04-05 14:00 UTC, day 2026-04-05",
        "#7 at 2026-04-06 14:00 UTC, day 2026-04-06",
    ),
    shows=("customers", "lines", "instants"),
    trials=(
        Trial("orders and lines, a unit price for an amount", _UNIT_PRICES, stops=r"2 missing:amount.*skip_when.*anonymous"),
        Trial("as docs/sources.md shows it", DOCUMENTED),
    ),
)
SHOPIFY_DERIVE = Export(
    case="shopify_derive",
    files={"orders_export_1.csv": _SHOPIFY},
    pipeline=_NEW_YORK,
    truth=(
        *_BOUGHT,
        _NOBODY,
        "left out of order_items: 2 test orders",
        "left out of order_items: 1 void",
        "left out of returns: 7 nothing refunded",
    ),
    trials=(
        Trial(
            "orders made of lines",
            """
sources:
  orders: {derive_from: order_items}
  order_items:
    files: data/raw/orders_export_*.csv
    columns: {order_id: Name, line_number: {from_row: true}, customer_id: Email, ordered_at: Created at, amount: Lineitem price}
    date_format: "%Y-%m-%d %H:%M:%S %z"
""",
            stops=r"1 missing:customer_id.*row 5.*anonymous",
        ),
        Trial(
            "filled down, postage and tax with the first line, refunds",
            """
sources:
  orders: {derive_from: order_items, anonymous: [""]}
  order_items:
    files: data/raw/orders_export_*.csv
    date_format: "%Y-%m-%d %H:%M:%S %z"
    columns:
      order_id: Name
      line_number: {from_row: true}
      customer_id: Email
      ordered_at: Created at
      product_id: Lineitem sku
      quantity: Lineitem quantity
      amount: {expression: '"Lineitem quantity" * "Lineitem price" + coalesce("Total" - "Subtotal", 0)'}
    fill_down: {columns: [Email, Created at, Financial Status, Tags], within: Name}
    skip_when: {test orders: Tags = 'test', void: '"Financial Status" = ''voided'''}
  returns:
    files: data/raw/orders_export_*.csv
    date_format: "%Y-%m-%d %H:%M:%S %z"
    columns: {return_id: Name, order_id: Name, returned_at: Created at, amount: Refunded Amount}
    skip_when: {nothing refunded: 'coalesce("Refunded Amount", 0) = 0'}
""",
        ),
    ),
)

# A row per line; user 0 is every guest; a refund is a row of its own besides.
_WOO = """Order Number,Order Status,Order Date,Customer User ID,Email (Billing),Order Total Amount,Order Refund Amount,Item #,Item Cost
101,Completed,2026-03-01 10:00,7,ann@mail.test,70.00,0.00,1,20.00
101,Completed,2026-03-01 10:00,7,ann@mail.test,70.00,0.00,2,30.00
102,Completed,2026-03-02 11:00,0,guest1@mail.test,15.00,0.00,1,15.00
103,Completed,2026-03-03 11:00,0,guest2@mail.test,25.00,0.00,1,25.00
104,Refunded,2026-03-04 11:00,7,ann@mail.test,40.00,40.00,1,40.00
105,Completed,2026-03-05 11:00,8,bob@mail.test,100.00,30.00,1,100.00
106,refund,2026-03-06 11:00,8,bob@mail.test,-30.00,,1,-30.00
107,on-hold,2026-03-07 11:00,9,cat@mail.test,12.00,0.00,1,12.00
"""
_WOO_CURED = """
sources:
  orders:
    files: data/raw/export.csv
    {nobody}
    columns:
      order_id: Order Number
      customer_id: {customer}
      ordered_at: Order Date
      amount: Order Total Amount
      status: {{from: Order Status, values: {{refunded: completed, refund: skip}}, other: skip}}
  returns:
    files: data/raw/export.csv
    columns: {{return_id: Order Number, order_id: Order Number, returned_at: Order Date, amount: Order Refund Amount}}
    skip_when: {{nothing refunded: 'coalesce("Order Refund Amount", 0) = 0'}}
"""
_WOO_BOUGHT = ("7: 2 orders, 110.00, 40.00 back", "8: 1 order, 100.00, 30.00 back")
WOO = Export(
    case="woo",
    files={"export.csv": _WOO},
    pipeline="business: {timezone: Europe/London, currency: EUR}",
    truth=(*_WOO_BOUGHT, "guest1@mail.test: 1 order, 15.00", "guest2@mail.test: 1 order, 25.00"),
    shows=("customers",),
    trials=(
        Trial(
            "the words of the status that were thought of",
            "sources: {orders: {files: data/raw/export.csv, columns: {order_id: Order Number, customer_id: Customer User ID, "
            "ordered_at: Order Date, amount: Order Total Amount, status: {from: Order Status, values: {Refunded: cancelled}}}}}",
            stops=r"2 not_allowed:status: 'on-hold' 1, 'refund' 1.*say what each means.*negative: return",
        ),
        Trial(
            "guests by their address, refunds by their column",
            _WOO_CURED.format(
                nobody="", customer='{expression: "coalesce(nullif(\\"Customer User ID\\", \'0\'), \\"Email (Billing)\\")"}'
            ),
        ),
    ),
)
WOO_GUEST = Export(
    case="woo_guest",
    files={"export.csv": _WOO},
    pipeline="business: {timezone: Europe/London, currency: EUR}",
    truth=(*_WOO_BOUGHT, "nobody: 2 orders, 40.00"),
    shows=("customers",),
    trials=(
        Trial(
            "0 renamed to nothing",
            "sources: {orders: {files: data/raw/export.csv, columns: {order_id: Order Number, customer_id: {from: Customer User ID, "
            "values: {'0': ''}}, ordered_at: Order Date, amount: Order Total Amount}}}",
            stops=r"2 missing:customer_id.*rows? 3.*anonymous.*1 negative:amount.*negative: return",
        ),
        Trial("0 is nobody", _WOO_CURED.format(nobody='anonymous: ["0"]', customer="Customer User ID")),
    ),
)

# Day and time in two columns, decimal comma, keys padded and not, a return and a rejected line among sales.
_ERP = """VBELN;POSNR;KUNNR;ERDAT;ERZET;NETWR;WAERK;AUART;ABSTK
0000004711;000010;0000001000;20260310;083000;1.234,50;EUR;TA;A
0000004711;000020;1000;20260310;083000;65,50;EUR;TA;A
0000004712;000010;0000001001;20260311;093000;65,50-;EUR;RE;A
0000004713;000010;1000;20260312;093000;10.00;EUR;TA;A
0000004714;000010;1000;00000000;093000;10,00;EUR;TA;C
"""
_ERP_LINES = """
sources:
  orders: {derive_from: order_items}
  order_items:
    files: data/raw/vbap.csv
    csv: {delimiter: ";"}
    number: {decimal: ",", negative: trailing}
    negative: return
    columns:
      order_id: VBELN
      line_number: POSNR
      customer_id: KUNNR
      ordered_at: {from: [ERDAT, ERZET], format: "%Y%m%d %H%M%S"}
      amount: NETWR
    skip_when: {rejected: ABSTK = 'C'}
"""
_PADDED = "business: {timezone: Europe/Berlin, currency: EUR, pad_to: {customer_id: 10}}"
SAP = Export(
    case="sap",
    files={"vbap.csv": _ERP},
    pipeline=_PADDED,
    truth=(
        "0000001000: 1 order, 1,300.00",
        "0000001001: 0 orders, 0.00, 65.50 back",
        "0000004711 at 2026-03-10 07:30 UTC, day 2026-03-10",
        "0000004712 at 2026-03-11 08:30 UTC, day 2026-03-11",
        "left out of order_items: 1 rejected",
        "refused of order_items: 1 unreadable:amount",
    ),
    shows=("customers", "instants", "accounts"),
    trials=(
        Trial(
            "the columns alone",
            "sources: {orders: {derive_from: order_items}, order_items: {files: data/raw/vbap.csv, csv: {delimiter: ';'}, "
            "date_format: '%Y%m%d', columns: {order_id: VBELN, line_number: POSNR, customer_id: KUNNR, ordered_at: ERDAT, amount: NETWR}}}",
            stops=r"unreadable:amount, such as '1\.234,50'.*fit 'number: \{decimal: \",\", negative: trailing\}'",
        ),
        Trial(
            "decimal comma, minus behind, day and time",
            _ERP_LINES,
            stops=r"1 unreadable:amount, such as '10\.00' in data/raw/vbap\.csv row 4",
        ),
        Trial(
            "the same, and a quarter may be refused", _ERP_LINES, pipeline=_PADDED + "\nquality: {max_quarantined_share: 0.25}"
        ),
    ),
)

OF_SHOPS = (SHOPIFY, SHOPIFY_FMT, SHOPIFY_DERIVE, WOO, WOO_GUEST, SAP)
