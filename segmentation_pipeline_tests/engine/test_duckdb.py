"""What DuckDB is opened with."""

from __future__ import annotations

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine


def test_tables_outlive_the_process_and_limits_are_taken(tmp_path):
    path = tmp_path / "new" / "warehouse.duckdb"
    engine = DuckDBEngine(path, EngineConfig(memory_limit="300MB", threads=1), tmp_path / "spill" / "here")
    engine.write("a.t", engine.memtable({"n": [1]}, {"n": "int64"}))
    assert engine.backend.con.execute("SELECT current_setting('threads')").fetchall() == [(1,)]
    assert engine.backend.con.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
    engine.close()
    again = DuckDBEngine(path)
    assert again.rows(again.table("a.t")) == [{"n": 1}]
    again.close()
