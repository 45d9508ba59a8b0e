"""The published file as others read it: whole tables in Arrow batches, apart from the engine that made it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from segmentation_pipeline.engine.duckdb_sql import identifier

BATCH_ROWS = 100_000


class Publication:
    """An open publication; ``names`` are its tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        found = connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY table_name").fetchall()
        self.names: tuple[str, ...] = tuple(name for (name,) in found)

    def rows(self, table: str) -> pa.RecordBatchReader:
        """The table's rows in batches of bounded size; read to the end before the next one."""
        return self._connection.execute(f"FROM {identifier(table)}").to_arrow_reader(BATCH_ROWS)

    def count(self, table: str) -> int:
        [(rows,)] = self._connection.execute(f"SELECT count(*) FROM {identifier(table)}").fetchall()
        return int(rows)

    def day(self) -> str:
        """The day the publication is for, as YYYY-MM-DD."""
        [(day,)] = self._connection.execute("SELECT max(as_of)::VARCHAR FROM publication").fetchall()
        return str(day)


@contextmanager
def opened_publication(path: Path) -> Iterator[Publication]:
    """Read the published file at ``path``; a publication made meanwhile does not change what is read."""
    with duckdb.connect(str(path), read_only=True) as connection:
        yield Publication(connection)
