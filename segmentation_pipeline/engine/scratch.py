"""An engine in memory over the working store: it reads what the last run left, and what it makes is gone at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.duckdb_sql import identifier, literal, quoted, run
from segmentation_pipeline.engine.warehouse_format import check_whole
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import Settings


@contextmanager
def scratch_engine(settings: Settings, config: EngineConfig, written: Collection[str]) -> Iterator[DuckDBEngine]:
    """The tables of the last run under their names; the caller holds the writer lock.

    ``written`` are tables of which rows will be replaced: they are copied, all others are looked at where they lie.

    Raises ``UserError`` before the first run, and where the working store is not a DuckDB file.
    """
    if config.kind != "duckdb":
        raise UserError(f"this looks at the warehouse of engine 'duckdb'; the project runs on '{config.kind}'.")
    if not settings.warehouse.exists():
        raise UserError("there is nothing to look at yet: no run has come through. Run 'segmentation run' first.")
    check_whole(settings)
    engine = DuckDBEngine(None, config, settings.temp)
    try:
        run(engine.backend, f"ATTACH {literal(str(settings.warehouse))} AS warehouse (READ_ONLY)")
        found = run(
            engine.backend,
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'warehouse' UNION ALL "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'warehouse' AND NOT internal ORDER BY ALL",
        )
        for schema in sorted({schema for schema, _ in found}):
            run(engine.backend, f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}")
        for schema, name in found:
            kind = "TABLE" if f"{schema}.{name}" in written else "VIEW"
            source = f"warehouse.{identifier(schema)}.{identifier(name)}"
            run(engine.backend, f"CREATE {kind} {quoted(f'{schema}.{name}')} AS FROM {source}")
        yield engine
    finally:
        engine.close()
