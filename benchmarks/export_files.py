"""The same shop three times: as one export with a row for each line, and as a file of orders and a file of lines."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.workload import work

SIDES = {
    "plain": "orders and lines, customers by a key",
    "addresses": "orders and lines, customers by an e-mail address",
    "export": "one export, a row for each line",
}
ORDERS_OF_A_CUSTOMER, LINES_OF_FOUR_ORDERS = 4, 10
"""Orders have one to four lines in turn: 100,000 customers are 400,000 orders of a million lines."""

AS_OF = date(2026, 6, 30)

_PIPELINE = f"business: {{timezone: America/New_York, currency: USD, key_case: lower}}\nrun: {{as_of: {AS_OF}}}\n"
_PLAIN = """sources:
  orders: {files: data/raw/orders.csv, anonymous: [""]}
  order_items: {files: data/raw/lines.csv}
"""
_EXPORT = """sources:
  orders:
    files: data/raw/orders_export_1.csv
    date_format: "%Y-%m-%d %H:%M:%S %z"
    anonymous: [""]
    columns:
      order_id: Name
      customer_id: Email
      ordered_at: Created at
      amount: Total
      discount_amount: Discount Amount
      returned_amount: Refunded Amount
      channel: Source
      status:
        expression: "case when \\"Cancelled at\\" is not null then 'cancelled' else \\"Financial Status\\" end"
        values: {paid: completed, partially_refunded: completed, refunded: completed, voided: cancelled}
      currency: Currency
    skip_when: {further lines of an order: Total is null, test orders: Tags = 'test'}
  order_items:
    files: data/raw/orders_export_1.csv
    columns:
      order_id: Name
      line_number: {from_row: true}
      product_id: Lineitem sku
      quantity: Lineitem quantity
      amount: {expression: '"Lineitem quantity" * "Lineitem price"'}
      currency: Currency
    fill_down: {columns: [Tags, Currency], within: Name}
    skip_when: {test orders: Tags = 'test'}
"""

# Everything is drawn from the numbers of orders and lines, so that the files are the same each time they are made.
_DRAWN = """
CREATE TABLE drawn AS
SELECT number, 'c' || (hash(number) % {customers})::VARCHAR AS customer, number % 31 = 0 AS guest, number % 211 = 0 AS test,
       number % 97 = 0 AS void, number % 50 = 0 AS refunded, number % 4 + 1 AS lines, 500 AS postage,
       TIMESTAMP '2024-07-01 05:00:00' + to_seconds((hash(number + 1) % 62000000)::BIGINT) AS moment
FROM range({orders}) AS numbers(number);
CREATE TABLE line AS
SELECT number, place, 'sku-' || (hash(number * 8 + place) % 5000)::VARCHAR AS product,
       1 + hash(number * 8 + place + 3) % 3 AS quantity,
       99 + (hash(number * 8 + place + 5) % 9900)::BIGINT AS price
FROM drawn, LATERAL (SELECT unnest(range(1, lines + 1)) AS place);
CREATE TABLE sold AS
SELECT drawn.*, goods, goods + postage AS paid, CASE WHEN refunded AND NOT void THEN goods // 2 ELSE 0 END AS back
FROM drawn JOIN (SELECT number, sum(quantity * price)::BIGINT AS goods FROM line GROUP BY number) USING (number);
CREATE MACRO money(cents) AS (cents / 100)::DECIMAL(18, 2);
"""
_ORDERS = """
SELECT '#' || number AS order_id, CASE WHEN guest THEN NULL ELSE {customer} END AS customer_id,
       strftime(moment, '%Y-%m-%dT%H:%M:%SZ') AS ordered_at, money(paid) AS amount, money(0) AS discount_amount,
       'web' AS channel, CASE WHEN void THEN 'cancelled' ELSE 'completed' END AS status,
       money(back) AS returned_amount, 'USD' AS currency
FROM sold WHERE NOT test ORDER BY number"""
_LINES = """
SELECT '#' || number AS order_id, place AS line_number, product AS product_id, quantity, money(quantity * price) AS amount,
       'USD' AS currency
FROM line JOIN sold USING (number) WHERE NOT test ORDER BY number, place"""
_OF_FIRST_LINE = """
CREATE TABLE of_first_line AS
SELECT number, 1 AS place, 5000000000000 + number AS "Id", 'USD' AS "Currency", 'web' AS "Source",
       CASE WHEN void THEN 'voided' WHEN back > 0 THEN 'partially_refunded' ELSE 'paid' END AS "Financial Status",
       strftime(moment - INTERVAL 5 HOUR, '%Y-%m-%d %H:%M:%S -0500') AS "Paid at", 'fulfilled' AS "Fulfillment Status",
       money(goods) AS "Subtotal", money(postage) AS "Shipping", money(0) AS "Taxes", money(paid) AS "Total",
       money(0) AS "Discount Amount", 'Name ' || customer AS "Billing Name", '1 Main Street' AS "Billing Street",
       money(back) AS "Refunded Amount", CASE WHEN test THEN 'test' END AS "Tags",
       CASE WHEN void THEN strftime(moment, '%Y-%m-%d %H:%M:%S -0500') END AS "Cancelled at"
FROM sold"""
_SHOPIFY = """
SELECT '#' || number AS "Name", CASE WHEN guest THEN NULL ELSE customer || '@mail.test' END AS "Email",
       "Financial Status", "Paid at", "Fulfillment Status", "Currency", "Subtotal", "Shipping", "Taxes", "Total",
       "Discount Amount", strftime(moment - INTERVAL 5 HOUR, '%Y-%m-%d %H:%M:%S -0500') AS "Created at",
       quantity AS "Lineitem quantity",
       'Product ' || product AS "Lineitem name", money(price) AS "Lineitem price", product AS "Lineitem sku",
       "Billing Name", "Billing Street", "Refunded Amount", "Cancelled at", "Tags", "Source", "Id"
FROM line JOIN sold USING (number) LEFT JOIN of_first_line USING (number, place) ORDER BY number, place"""


def prepare(customers: int) -> dict[str, Path]:
    """A project of each side, written anew."""
    root = work() / f"{customers}_export"
    shutil.rmtree(root, ignore_errors=True)
    with duckdb.connect() as con:
        con.execute(_DRAWN.format(customers=customers, orders=customers * ORDERS_OF_A_CUSTOMER))
        con.execute(_OF_FIRST_LINE)
        for side in SIDES:
            raw = root / side / "data" / "raw"
            raw.mkdir(parents=True)
            (root / side / "config").mkdir()
            (root / side / "config" / "pipeline.yaml").write_text(_PIPELINE)
            (root / side / "config" / "sources.yaml").write_text(_EXPORT if side == "export" else _PLAIN)
            if side == "export":
                con.execute(f"COPY ({_SHOPIFY}) TO '{raw}/orders_export_1.csv' (HEADER)")
                continue
            customer = "customer" if side == "plain" else "customer || '@mail.test'"
            con.execute(f"COPY ({_ORDERS.format(customer=customer)}) TO '{raw}/orders.csv' (HEADER)")
            con.execute(f"COPY ({_LINES}) TO '{raw}/lines.csv' (HEADER)")
    return {side: root / side for side in SIDES}
