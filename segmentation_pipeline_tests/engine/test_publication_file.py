"""The published file: whole, documented, readable by others, swapped in while they read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine

READER = """
import sys
import duckdb

def tell(con):
    print(*con.execute("SELECT max(day), count(*) FROM profile").fetchall()[0], flush=True)

con = duckdb.connect(sys.argv[1], read_only=True)
tell(con)
sys.stdin.readline()
tell(con)
con.close()
tell(duckdb.connect(sys.argv[1], read_only=True))
"""


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def profile(engine: DuckDBEngine, day: int, rows: int):
    return engine.memtable({"id": [f"c{n}" for n in range(rows)], "day": [day] * rows}, {"id": "string", "day": "int64"})


def publish(engine: DuckDBEngine, path: Path, day: int, rows: int, **more: object) -> None:
    engine.publish(path, {"profile": profile(engine, day, rows)}, {"profile": {"day": "It's the day."}}, **more)


def test_any_client_can_read_it_and_finds_the_comments(engine, tmp_path):
    path = tmp_path / "published" / "shop.duckdb"
    publish(engine, path, 1, 3)
    con = duckdb.connect(str(path), read_only=True)
    assert con.execute("SELECT count(*) FROM profile").fetchall() == [(3,)]
    assert con.execute("SELECT comment FROM duckdb_columns() WHERE column_name = 'day'").fetchall() == [("It's the day.",)]
    con.close()
    # 64 is the storage version every client from 1.0 on opens; newer files say 65 and more.
    assert path.read_bytes()[12:20] == (64).to_bytes(8, "little")
    assert [p.name for p in path.parent.iterdir()] == ["shop.duckdb"], "no .wal and nothing half made"


def test_a_reader_keeps_its_file_and_the_next_reader_sees_the_new_one(engine, tmp_path):
    path = tmp_path / "shop.duckdb"
    publish(engine, path, 1, 10)
    reader = subprocess.Popen([sys.executable, "-c", READER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdin is not None and reader.stdout is not None
    try:
        assert reader.stdout.readline().split() == ["1", "10"]
        publish(engine, path, 2, 20)
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline().split() == ["1", "10"], "the open connection sees the old file whole"
        assert reader.stdout.readline().split() == ["2", "20"], "a new connection sees the new one"
    finally:
        reader.kill()
        reader.communicate()


def test_kept_tables_are_taken_over_and_the_rest_replaced(engine, tmp_path):
    path = tmp_path / "shop.duckdb"
    publish(engine, path, 2, 20)
    history = engine.memtable({"n": [1, 2]}, {"n": "int64"})
    engine.publish(path, {"history": history}, {"profile": {"day": "The day."}}, keep=["profile"])
    assert {row["day"] for row in engine.published_rows(path, "profile")} == {2}
    assert len(engine.published_rows(path, "profile")) == 20 and len(engine.published_rows(path, "history")) == 2


def test_no_publication_has_no_rows(engine, tmp_path):
    assert engine.published_rows(tmp_path / "none.duckdb", "profile") == []


def test_a_failed_publication_leaves_the_old_one_and_the_next_one_works(engine, tmp_path):
    path = tmp_path / "shop.duckdb"
    publish(engine, path, 1, 3)
    with pytest.raises(duckdb.Error):
        publish(engine, path, 2, 3, keep=["no_such_table"])
    with pytest.raises(duckdb.Error):
        engine.publish(tmp_path / "other.duckdb", {"profile": profile(engine, 1, 1)}, {}, keep=["profile"])
    assert {row["day"] for row in engine.published_rows(path, "profile")} == {1}
    publish(engine, path, 3, 3)
    assert {row["day"] for row in engine.published_rows(path, "profile")} == {3}
