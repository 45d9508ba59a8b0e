"""The current publication, whichever engine made it: where it lies, and a connection to read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.duckdb import BATCH_ROWS, DuckDBEngine
from segmentation_pipeline.engine.duckdb_sql import identifier, literal, run
from segmentation_pipeline.settings import Settings

Relation = duckdb.DuckDBPyRelation
"""A query that is read when it is asked for: ``.df()``, ``.pl()``, ``.arrow()``, ``.fetchall()``."""


def publication(settings: Settings, config: EngineConfig) -> Path:
    """The DuckDB file or, made by Spark, the folder with a folder of Parquet files per table."""
    return settings.published if config.kind == "duckdb" else settings.published.with_suffix(".parquet")


def connected(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection in which every published table has its name, open until it is closed or nothing holds on to it any more."""
    if path.is_file():
        return duckdb.connect(str(path), read_only=True)
    connection = duckdb.connect()
    for folder in sorted(path.resolve().iterdir()):  # this generation, also when the next one comes meanwhile
        files = literal(f"{folder}/*.parquet")
        connection.execute(f"CREATE VIEW {identifier(folder.name)} AS FROM read_parquet({files})")
    return connection


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """``connected``, closed at the end."""
    with connected(path) as connection:
        yield connection


@contextmanager
def publication_engine(path: Path, config: EngineConfig, temp: Path) -> Iterator[DuckDBEngine]:
    """An engine in memory that has the published tables as ``published.<name>``; what it makes is gone at the end."""
    engine = DuckDBEngine(None, config, temp)
    try:
        run(engine.backend, "CREATE SCHEMA published")
        if path.is_file():
            run(engine.backend, f"ATTACH {literal(str(path))} AS publication (READ_ONLY)")
            found = run(engine.backend, "SELECT table_name FROM duckdb_tables() WHERE database_name = 'publication'")
            sources = {name: f"publication.main.{identifier(name)}" for (name,) in found}
        else:
            folders = sorted(path.resolve().iterdir())
            sources = {folder.name: f"read_parquet({literal(f'{folder}/*.parquet')})" for folder in folders}
        for name, source in sources.items():
            run(engine.backend, f"CREATE VIEW published.{identifier(name)} AS FROM {source}")
        yield engine
    finally:
        engine.close()


class Publication:
    """An open publication; ``names`` are its tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, schema: str = "main") -> None:
        self._connection = connection
        found = connection.execute(
            f"SELECT table_name FROM information_schema.tables WHERE table_schema = {literal(schema)} ORDER BY table_name"
        ).fetchall()
        self.names: tuple[str, ...] = tuple(name for (name,) in found)

    def rows(self, table: str) -> pa.RecordBatchReader:
        """The table's rows in batches of bounded size; read to the end before the next one."""
        return self._connection.execute(f"FROM {identifier(table)}").to_arrow_reader(BATCH_ROWS)

    def count(self, table: str) -> int:
        [(rows,)] = self._connection.execute(f"SELECT count(*) FROM {identifier(table)}").fetchall()
        return int(rows)

    def select(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query whose answer is *bounded*: sums, counts and the first of many, never a row per customer."""
        answered = self._connection.execute(query)
        names = [column[0] for column in answered.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answered.fetchall()]

    def day(self) -> str:
        """The day the publication is for, as YYYY-MM-DD."""
        [(day,)] = self._connection.execute("SELECT max(as_of)::VARCHAR FROM publication").fetchall()
        return str(day)


def published_day(path: Path) -> str | None:
    """The day of the publication at ``path``, as YYYY-MM-DD; None where there is none that can be read."""
    try:
        with opened_publication(path) as opened:
            return opened.day()
    except (duckdb.Error, OSError):
        return None


@contextmanager
def opened_publication(path: Path, schema: str = "main") -> Iterator[Publication]:
    """Read the publication at ``path``; one made meanwhile does not change what is read.  A warehouse is read by its schemas."""
    with reading(path) as connection:
        yield Publication(connection, schema)
