"""What only the generator knows, for tests and for judging a segmentation; the pipeline never reads it."""

from __future__ import annotations

from pathlib import Path

import duckdb

_TABLES = {
    "customer_truth": """
        SELECT customer_no(l.i) AS customer_id, l.type, round(l.own_orders_per_year, 6) AS orders_per_year,
               round(l.own_dropout, 6) AS dropout_probability, coalesce(p.orders, 0) AS orders, p.first_order_on, p.last_order_on,
               CASE WHEN p.own_orders = l.active_orders THEN p.last_own_order_on END AS dropped_out_on,
               l.slots > 0 AND p.own_orders IS DISTINCT FROM l.active_orders AS is_alive,
               l.favourite + 1 AS favourite_category_number, l.hours, t.* EXCLUDE (i), h.* EXCLUDE (i)
        FROM latent l JOIN traits t USING (i) LEFT JOIN homes h USING (i) LEFT JOIN (
            SELECT i, count(*) AS orders, min(day) AS first_order_on, max(day) AS last_order_on,
                   count(*) FILTER (k < 900) AS own_orders, max(day) FILTER (k < 900) AS last_own_order_on
            FROM all_purchases GROUP BY i) p USING (i)
        ORDER BY l.i""",
    "faults": "SELECT * FROM faults ORDER BY ALL",
    "uplift": "SELECT * FROM uplift ORDER BY campaign, type",
}


_OPTIONAL = {
    "identity_truth": ("identity_truth", "SELECT * FROM identity_truth ORDER BY customer_id"),
    "company_truth": (
        "shop_firmographics",
        "SELECT customer AS customer_id, industry AS true_industry, employees AS true_employees FROM shop_firmographics "
        "ORDER BY customer",
    ),
}
"""By name: the table it needs, which is there only when its source is wanted, and the query."""


def write_truth(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """``customer_truth.parquet`` (a row: a customer; a drop-out date is null while the customer is still
    active), ``faults.parquet`` (a row: a faulty row delivered and what must become of it) and
    ``uplift.parquet`` (a row: a campaign and type with conversion if all, and if none, were contacted); with
    identities also ``identity_truth.parquet`` (a row: an account and the customer whose it is), with companies
    ``company_truth.parquet`` (a row: a customer that is one)."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    for name, query in (_TABLES | {name: query for name, (needed, query) in _OPTIONAL.items() if needed in made}).items():
        path = str(folder / f"{name}.parquet").replace("'", "''")
        con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
