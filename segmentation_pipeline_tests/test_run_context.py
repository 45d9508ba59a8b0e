"""What a run finds of the runs before it."""

from __future__ import annotations

from pathlib import Path

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.validate import Validator
from segmentation_pipeline.run_context import RunContext
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.clean.project import AS_OF, ORDERS, config, write


def test_tables_an_older_program_named_otherwise_are_gone_when_a_run_begins(tmp_path: Path) -> None:
    """They hold rows of customers, and nobody would ever make or erase them again."""
    write(tmp_path, "orders", ORDERS)
    engine = DuckDBEngine(None)
    for table in ("pii.customers_raw_touched", "clean.orders_touched", tables.clean("orders")):
        engine.write(table, engine.memtable({"customer_id": ["anna"]}, {"customer_id": "string"}))
    run = RunContext(Settings(tmp_path), config({"orders": {}}), engine, Validator(engine), AS_OF, "run")
    assert run.changes.since is None
    assert not engine.has("pii.customers_raw_touched") and not engine.has("clean.orders_touched")
    assert engine.has(tables.clean("orders"))
    engine.close()
