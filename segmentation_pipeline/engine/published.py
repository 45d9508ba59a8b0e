"""The current publication, whichever engine made it: where it lies, and a connection to read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.duckdb_sql import identifier, literal
from segmentation_pipeline.settings import Settings


def publication(settings: Settings, config: EngineConfig) -> Path:
    """The DuckDB file or, made by Spark, the folder with a folder of Parquet files per table."""
    return settings.published if config.kind == "duckdb" else settings.published.with_suffix(".parquet")


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which every published table has its name."""
    if path.is_file():
        with duckdb.connect(str(path), read_only=True) as connection:
            yield connection
        return
    with duckdb.connect() as connection:
        for folder in sorted(path.resolve().iterdir()):  # this generation, also when the next one comes meanwhile
            files = literal(f"{folder}/*.parquet")
            connection.execute(f"CREATE VIEW {identifier(folder.name)} AS FROM read_parquet({files})")
        yield connection
