"""Find known personal values in a finished database file: every text cell of every table is read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb


def find_values(path: Path, values: Collection[str]) -> list[str]:
    """``schema.table.column: value`` for each of ``values`` that stands anywhere in a column, case ignored."""
    found = []
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns ORDER BY ALL"
        ).fetchall()
        for schema, table, column in columns:
            for value in sorted(values):
                hits = connection.execute(
                    f'SELECT count(*) FROM "{schema}"."{table}" WHERE contains(lower("{column}"::VARCHAR), lower(?))', [value]
                ).fetchall()[0][0]
                if hits:
                    found.append(f"{schema}.{table}.{column}: {value}")
    return found
