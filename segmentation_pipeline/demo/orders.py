"""Orders, their lines and what came back; the totals of an order are exactly those of its lines."""

from __future__ import annotations

from datetime import date

import duckdb

CANCELLED = 0.015
"""Share of orders cancelled before delivery."""
MOST_LINES = 8
MORNING, EVENING = 5 / 16, 10 / 16
"""Of the 16 hours from seven on: when noon is, when five in the afternoon is; evening orders are placed until ten."""
STORES = 24
RETURN_DAYS = (3, 24)
"""Goods come back between so many days after the order."""


def create_orders(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``shop_orders``: one row per order of ``all_purchases``, amounts in EUR, times local."""
    cents = [
        f"CASE WHEN line_count >= {line} THEN line_cents(line_hash(i, k, {line}), favourite, focus, price_power) ELSE 0 END"
        for line in range(1, MOST_LINES + 1)
    ]
    con.execute(f"""
        CREATE TABLE shop_orders AS
        WITH drawn AS (
            SELECT p.i, p.k, at_daytime(p.day, CASE l.hours WHEN 'morning' THEN {MORNING} * u(p.i, p.k, 'time')
                                                    WHEN 'evening' THEN {EVENING} + {MORNING} * u(p.i, p.k, 'time')
                                                    ELSE u(p.i, p.k, 'time') END) AS order_date,
                   l.favourite, l.focus, l.price_power, l.returned,
                   least({MOST_LINES}, 1 + floor(-ln(1 - u(p.i, p.k, 'lines')) * (l.lines - 0.5)))::INTEGER AS line_count,
                   CASE WHEN u(p.i, p.k, 'discounted') >= l.discounted THEN 0
                        ELSE pick(l.percents, u(p.i, p.k, 'discount')) END AS percent_off,
                   u(p.i, p.k, 'channel') < l.web AS in_web, u(p.i, p.k, 'channel') >= l.web + l.app AS in_store,
                   -- An order that a campaign caused (k from 900) stands, or the true uplift would not be the measured one.
                   u(p.i, p.k, 'cancelled') < {CANCELLED} AND p.k < 900 AS is_cancelled
            FROM all_purchases p JOIN latent l USING (i)),
        priced AS (SELECT *, {" + ".join(cents)} AS list_cents, {cents[0]} AS first_line_cents FROM drawn)
        SELECT i, k, order_date AS event, order_date, format('O{{:07d}}{{:03d}}', i, k) AS order_no, customer_no(i) AS cust_no,
               money(list_cents * (100 - percent_off) // 100) AS total, money(list_cents * percent_off // 100) AS discount,
               CASE WHEN in_web THEN 'Online Shop' WHEN in_store THEN 'Filiale' ELSE 'App' END AS channel,
               CASE WHEN in_store THEN format('S{{:02d}}', 1 + floor({STORES} * u(i, 0, 'store'))::BIGINT) END AS store,
               CASE WHEN is_cancelled THEN 'cancelled' WHEN in_store THEN 'picked up' ELSE 'shipped' END AS status,
               NULL::TIMESTAMP AS last_changed,
               line_count, percent_off, favourite, focus, price_power, returned,
               first_line_cents * (100 - percent_off) // 100 AS first_line_cents
        FROM priced""")


def create_order_items(con: duckdb.DuckDBPyConnection) -> None:
    """View ``shop_order_items``: one row per order line, made on the fly: it is the largest source."""
    con.execute("""
        CREATE VIEW shop_order_items AS
        WITH numbered AS (SELECT i, k, event, order_no, percent_off, favourite, focus, price_power,
                                 unnest(range(1, line_count + 1)) AS pos FROM shop_orders),
        hashed AS (SELECT *, line_hash(i, k, pos) AS h FROM numbered),
        priced AS (SELECT *, line_cents(h, favourite, focus, price_power) AS list_cents FROM hashed)
        SELECT event, order_no, pos::INTEGER AS pos, format('P{:03d}', line_product(h, favourite, focus, price_power)) AS sku,
               line_quantity(h) AS qty, money(list_cents * (100 - percent_off) // 100) AS line_total,
               money(list_cents * percent_off // 100) AS line_discount
        FROM priced""")


def create_returns(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Table ``shop_returns``: one row per return, of the first line or (two in five) the whole order."""
    first, last = RETURN_DAYS
    con.execute(f"""
        CREATE TABLE shop_returns AS
        WITH returned AS (
            SELECT *, at_daytime(order_date::DATE + ({first} + floor({last - first} * u(i, k, 'return day')))::INTEGER,
                                 u(i, k, 'return time')) AS return_date
            FROM shop_orders WHERE status <> 'cancelled' AND u(i, k, 'return') < returned)
        SELECT return_date AS event, replace(order_no, 'O', 'R') AS return_no, order_no, return_date,
               CASE WHEN u(i, k, 'return whole') < 0.4 THEN total ELSE money(first_line_cents) END AS refund,
               pick(['Größe passt nicht', 'not liked', 'defective', 'arrived late', NULL], u(i, k, 'return reason')) AS reason
        FROM returned WHERE return_date::DATE <= DATE '{as_of}'""")
