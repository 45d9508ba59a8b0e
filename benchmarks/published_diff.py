"""Are two publications equal, row by row?  Nothing is left out and nothing rounded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True, slots=True)
class TableDiff:
    """Rows of one table that stand on one side only, counting repetitions."""

    table: str
    rows: int
    only_left: int
    only_right: int

    def __str__(self) -> str:
        return f"{self.table}: {self.only_left:,} rows only in the first, {self.only_right:,} only in the second"


def compare(left: Path, right: Path) -> list[TableDiff]:
    """One entry per table of either file; a table that one side lacks differs in all its rows."""
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{_text(left)}' AS l (READ_ONLY); ATTACH '{_text(right)}' AS r (READ_ONLY)")
        found = con.execute(
            "SELECT table_name, list(database_name ORDER BY 1) FROM duckdb_tables() WHERE database_name IN ('l', 'r') "
            "GROUP BY 1 ORDER BY 1"
        ).fetchall()
        return [_table(con, name, sides) for name, sides in found]


def differing(diffs: list[TableDiff]) -> list[str]:
    """The tables that differ, in words."""
    return [str(diff) for diff in diffs if diff.only_left or diff.only_right]


def _table(con: duckdb.DuckDBPyConnection, name: str, sides: list[str]) -> TableDiff:
    rows = _count(con, f'FROM {sides[0]}."{name}"')
    if sides == ["l"]:
        return TableDiff(name, rows, rows, 0)
    if sides == ["r"]:
        return TableDiff(name, rows, 0, rows)
    if _columns(con, "l", name) != _columns(con, "r", name):
        return TableDiff(name, rows, rows, _count(con, f'FROM r."{name}"'))
    one, other = f'FROM l."{name}"', f'FROM r."{name}"'
    return TableDiff(name, rows, _count(con, f"{one} EXCEPT ALL {other}"), _count(con, f"{other} EXCEPT ALL {one}"))


def _columns(con: duckdb.DuckDBPyConnection, side: str, name: str) -> list[tuple]:
    return con.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND table_name = ? ORDER BY column_index",
        [side, name],
    ).fetchall()


def _count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM ({rows})").fetchall()[0][0])


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
