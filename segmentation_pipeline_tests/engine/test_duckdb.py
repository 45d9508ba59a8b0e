"""What DuckDB is opened with, how it stores text, and what the engine remembers of its tables."""

from __future__ import annotations

import pytest

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


def test_identifiers_are_stored_as_they_are_and_no_text_by_the_slow_method(tmp_path):
    """As an option of the connection DuckDB ignores the setting without a word."""
    engine = DuckDBEngine(tmp_path / "warehouse.duckdb")
    [(disabled,)] = engine.backend.con.execute("SELECT current_setting('disabled_compression_methods')").fetchall()
    assert set(disabled.split(",")) == {"FSST", "DICT_FSST"}
    rows = engine.backend.con.sql("SELECT format('C{:07d}', i) AS customer_id, 'city ' || i % 9 AS city FROM range(50000) t(i)")
    engine.write("a.t", engine.memtable(rows.to_arrow_table().to_pydict(), {"customer_id": "string", "city": "string"}))
    engine.backend.con.execute("CHECKPOINT")
    used = "SELECT DISTINCT column_name, compression FROM pragma_storage_info('a.t') WHERE segment_type = 'VARCHAR' ORDER BY 1"
    assert engine.backend.con.execute(used).fetchall() == [("city", "Dictionary"), ("customer_id", "Uncompressed")]
    engine.close()


def test_what_is_remembered_of_a_table_is_what_it_is_now():
    engine = DuckDBEngine(None)
    one, other = engine.memtable({"n": [1]}, {"n": "int64"}), engine.memtable({"t": ["x"]}, {"t": "string"})
    engine.write("a.t", one)
    assert engine.table("a.t").columns == ("n",)
    engine.write("a.t", other)
    assert engine.table("a.t").columns == ("t",)
    engine.view("a.t", one)  # a view in place of a table, and back
    assert engine.rows(engine.table("a.t")) == [{"n": 1}]
    engine.write("a.t", other)
    assert engine.rows(engine.table("a.t")) == [{"t": "x"}]
    with pytest.raises(RuntimeError), engine.transaction():
        engine.append("a.new", one)
        assert engine.has("a.new")
        raise RuntimeError
    assert not engine.has("a.new")
    engine.drop("a.t")
    assert not engine.has("a.t")
    engine.close()
