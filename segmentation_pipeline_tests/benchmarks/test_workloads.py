"""A next day holds what it says."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from benchmarks.next_day import LAST_DAY, deliver, split_last_day
from benchmarks.workload import SOURCES
from segmentation_pipeline.demo.generate import AS_OF, generate

CUSTOMERS = 300
NEXT = AS_OF + timedelta(days=1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop") / "project"
    generate(CUSTOMERS, 7, root / "data" / "raw", file_format="parquet", sources=SOURCES)
    return root


def _rows(raw: Path, source: str) -> list[tuple]:
    with duckdb.connect() as con:
        return sorted(con.execute(f"FROM read_parquet('{raw}/{source}*.parquet')").fetchall(), key=repr)


def test_splitting_off_the_last_day_loses_nothing(shop: Path, tmp_path: Path) -> None:
    raw = Path(shutil.copytree(shop / "data" / "raw", tmp_path / "raw"))
    split_last_day(raw, AS_OF)
    assert _rows(raw, "orders") == _rows(shop / "data" / "raw", "orders")
    assert (raw / LAST_DAY).is_file()


def test_a_next_day_brings_new_late_corrected_and_deleted_orders(shop: Path, tmp_path: Path) -> None:
    raw = Path(shutil.copytree(shop / "data" / "raw", tmp_path / "raw"))
    split_last_day(raw, AS_OF)
    before = duckdb.sql(f"SELECT count(*) FROM '{raw / LAST_DAY}'").fetchall()[0][0]
    delivered = deliver(raw, AS_OF, NEXT, 500)
    new = f"'{raw}/orders_{NEXT:%Y%m%d}.parquet'"
    kinds = duckdb.sql(f"""
        SELECT count(*) FILTER (order_date::DATE = DATE '{NEXT}'), count(*) FILTER (last_changed::DATE = DATE '{NEXT}'),
               count(*) FILTER (order_date::DATE < DATE '{NEXT}' AND last_changed IS NULL), count(DISTINCT order_no), count(*)
        FROM {new}""").fetchall()[0]
    on_day, corrected, late, different, rows = kinds
    assert on_day > 480 and corrected == 5 and 0 < late < 20
    assert rows == delivered.orders and different > rows - 5  # orders sent twice may be drawn twice
    assert delivered.customers == 5
    assert duckdb.sql(f"SELECT count(*) FROM '{raw / LAST_DAY}'").fetchall()[0][0] <= before
    known = f"SELECT trim(upper(cust_no)) FROM read_parquet('{raw}/customers*.parquet')"
    assert duckdb.sql(f"SELECT count(*) FROM {new} WHERE order_no LIKE 'F%' AND cust_no NOT IN ({known})").fetchall() == [(0,)]
