"""The files of one more day: new orders, some late, some corrected, some deleted, and a few new customers.

Everything is drawn from what is there by a hash, so the same project gets the same day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

LATE_SHARE = 0.01
"""Of the new orders, those that were placed 20 days before and come only now."""
LATE_DAYS = 20
CORRECTED_SHARE = 0.01
"""Orders corrected, as a share of the new ones."""
RETURNED_SHARE = 0.05
"""Returns that arrive, as a share of the new orders; all are of older ones."""
NEW_CUSTOMERS_SHARE = 0.01
WITHDRAWN_SHARE = 0.005
LAST_DAY = "orders_0_last_day.parquet"
DELETED_OF_LAST_DAY = 0.02


@dataclass(frozen=True, slots=True)
class Day:
    """What the new files hold."""

    orders: int
    all_orders: int
    customers: int


def split_last_day(raw: Path, last: date) -> None:
    """Put the orders of the last day into a file of their own, as a shop that delivers by day has it."""
    with duckdb.connect() as con:
        path = raw / f"orders_{last.year}.parquet"
        con.execute(f"CREATE TABLE orders AS SELECT * FROM '{path}'")
        _write(con, f"FROM orders WHERE order_date::DATE = DATE '{last}'", raw / LAST_DAY)
        _write(con, f"FROM orders WHERE order_date::DATE IS DISTINCT FROM DATE '{last}'", path)


def deliver(raw: Path, last: date, day: date, new_orders: int) -> Day:
    """Add the files of ``day`` to a project that stands at ``last``, split by ``split_last_day``."""
    with duckdb.connect() as con:
        files = [str(path) for path in sorted(raw.glob("orders_*.parquet"))]  # as they are now, without those of the new day
        con.execute(
            f"CREATE VIEW orders AS SELECT * FROM read_parquet({files}) "
            f"WHERE order_date::DATE <= DATE '{last}' AND order_no = trim(upper(order_no))"
        )
        con.execute(f"CREATE TABLE customers AS SELECT * FROM '{raw}/customers.parquet' WHERE cust_no = trim(upper(cust_no))")
        con.execute(f"CREATE TABLE consents AS SELECT * FROM '{raw}/consents.parquet'")
        all_orders = _count(con, "orders")
        _new_customers(con, day, max(1, int(new_orders * NEW_CUSTOMERS_SHARE)))
        _new_orders(con, day, new_orders)
        delivered = f"{day:%Y%m%d}.parquet"
        _write(con, "FROM new_customers", raw / f"customers_{delivered}")
        _write(con, "FROM new_orders", raw / f"orders_{delivered}")
        _write(con, _returns(day, max(1, int(new_orders * RETURNED_SHARE))), raw / f"returns_{delivered}")
        _write(con, _withdrawals(day, max(1, int(new_orders * WITHDRAWN_SHARE))), raw / f"consents_{delivered}")
        kept = f"FROM '{raw / LAST_DAY}' WHERE hash(order_no, 'deleted') % 1000 >= {DELETED_OF_LAST_DAY * 1000:.0f}"
        con.execute(f"CREATE TABLE kept AS {kept}")
        _write(con, "FROM kept", raw / LAST_DAY)
        return Day(_count(con, "new_orders"), all_orders, _count(con, "new_customers"))


def _new_customers(con: duckdb.DuckDBPyConnection, day: date, number: int) -> None:
    con.execute(f"""
        CREATE TABLE new_customers AS
        SELECT * REPLACE ('N' || cust_no AS cust_no, {_moment(day, "registered")} AS registered,
                          {_moment(day, "registered")} AS changed_at, 'n' || email AS email)
        FROM (SELECT DISTINCT ON (cust_no) * FROM customers ORDER BY cust_no, changed_at)
        ORDER BY hash(cust_no, 'new') LIMIT {number}""")


def _new_orders(con: duckdb.DuckDBPyConnection, day: date, number: int) -> None:
    """Copies of older orders under new numbers; then the first order of each new customer, then corrections."""
    con.execute(f"""
        CREATE TABLE new_orders AS
        WITH drawn AS (SELECT * FROM orders ORDER BY hash(order_no, last_changed, 'new') LIMIT {number})
        SELECT * REPLACE ('N' || order_no AS order_no, {_moment(day, "order_date")}
                          - CASE WHEN hash(order_no, 'late') % 1000 < {LATE_SHARE * 1000:.0f} THEN INTERVAL {LATE_DAYS} DAY
                                 ELSE INTERVAL 0 DAY END AS order_date)
        FROM drawn
        UNION ALL
        SELECT o.* REPLACE ('F' || c.cust_no AS order_no, c.cust_no AS cust_no, c.registered + INTERVAL 1 MINUTE AS order_date)
        FROM new_customers c POSITIONAL JOIN (FROM drawn LIMIT (SELECT count(*) FROM new_customers)) o
        UNION ALL
        SELECT * REPLACE (total + 1 AS total, {_moment(day, "order_date")} AS last_changed)
        FROM (FROM orders ORDER BY hash(order_no, last_changed, 'corrected') LIMIT {max(1, int(number * CORRECTED_SHARE))})""")


def _returns(day: date, number: int) -> str:
    return f"""
        SELECT 'N' || order_no AS return_no, order_no, {_moment(day, "order_date")} AS return_date, total AS refund,
               'defective' AS reason
        FROM orders WHERE status <> 'cancelled' ORDER BY hash(order_no, last_changed, 'returned') LIMIT {number}"""


def _withdrawals(day: date, number: int) -> str:
    return f"""
        SELECT * REPLACE ('opt_out' AS event, {_moment(day, '"at"')} AS "at")
        FROM consents WHERE event = 'opt_in' AND "at" < DATE '{day}' ORDER BY hash(customer, channel, "at") LIMIT {number}"""


def _moment(day: date, column: str) -> str:
    """The same time on another day."""
    return f"(DATE '{day}' + {column}::TIME)"


def _write(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """A new file in place of an old one of the name, which may be linked from another project."""
    draft = path.with_suffix(".draft")
    con.execute(f"COPY ({query}) TO '{draft}' (FORMAT parquet, COMPRESSION zstd)")
    draft.replace(path)


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
