"""A small published file to deliver."""

from __future__ import annotations

from pathlib import Path

import duckdb


def write_publication(folder: Path, customers: int = 3, revenue: str = "10.10", extra: str = "") -> Path:
    """``customers`` rows in each of two tables, all with one ``revenue``; ``extra`` are further columns of the profile."""
    path = folder / "segmentation.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for table in ("customer_profile", "customer_segments"):
            more = extra if table == "customer_profile" else ""
            connection.execute(
                f"CREATE TABLE {table} AS SELECT DATE '2026-06-30' AS as_of, 'C' || range AS customer_id, "
                f"{revenue}::DECIMAL(18,2) AS monetary, 0.1::DOUBLE AS p_alive, TIMESTAMP '2026-01-01 10:00' AS seen_at, "
                f"true AS is_active, NULL::BIGINT AS orders{more} FROM range({customers})"
            )
        connection.execute("CREATE TABLE publication AS SELECT DATE '2026-06-30' AS as_of, 'customer_profile' AS table_name")
    return path
