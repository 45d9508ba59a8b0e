"""A file is loaded alike by both engines, whatever its columns are made of."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import left_out
from segmentation_pipeline_tests.engine.conftest import _spark

COLUMNS = {
    "order_id": {"from": ["nr", "day"], "separator": "/"},
    "customer_id": {"first_of": ["who", "Mail address"]},
    "ordered_at": {"from": ["day", "time"]},
    "amount": {"expression": "qty * price"},
    "discount_amount": {"expression": "case when price > 10 then round(price / 3, 2) end"},
    "channel": {"expression": "coalesce(extract(tags, 'via-([a-z]+)'), 'web')"},
}
SETTINGS = {
    "columns": COLUMNS,
    "fill_down": {"columns": ["who", "tags"], "within": "nr"},
    "skip_when": {"tests": "tags like '%test%'", "returns": "qty < 0"},
}
ROWS = [
    ("1", "ann", "a@mail.test", "2025-01-01", "08:30:00", "2", "10.50", "via-app"),
    ("1", None, None, "2025-01-01", "08:30:00", "1", "1.5", None),
    ("2", None, "b@mail.test", "2025-01-02", None, "two", "20", "a test"),
    ("2", None, None, "2025-01-02", "09:00:00", "1", "20", None),
    ("3", "", "c@mail.test", "2025-01-03", "10:00:00", "-1", "20.999", None),
    ("4", "dan", None, "2025-01-04", "11:00:00", "x", "1.250", "via-shop"),
]
NAMES = ("nr", "who", "Mail address", "day", "time", "qty", "price", "tags")


def loaded(engine: Engine, folder: Path, files: str) -> tuple[list[dict[str, object]], dict[str, int]]:
    config = SourceConfig.model_validate({"files": files, **SETTINGS})
    load_source(engine, folder, "orders", config, date(2025, 3, 31))
    raw = engine.table(tables.raw("orders")).select("_row", *SOURCES["orders"].names)
    return sorted(engine.rows(raw), key=lambda row: int(str(row["_row"]))), left_out(engine, "orders")


@pytest.mark.wide
def test_csv_and_parquet_on_both_engines(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    table = pa.table({name: list(column) for name, column in zip(NAMES, zip(*ROWS, strict=True), strict=True)})
    pq.write_table(table, tmp_path / "o.parquet")
    lines = [",".join(NAMES), *(",".join(cell or "" for cell in row) for row in ROWS)]
    (tmp_path / "o.csv").write_text("\n".join(lines) + "\n")
    spark = _spark(request, tmp_path)
    found = {}
    for files in ("o.csv", "o.parquet"):
        duckdb = DuckDBEngine(None)
        found[files] = loaded(duckdb, tmp_path, files)
        assert loaded(spark, tmp_path, files) == found[files]
        duckdb.close()
    assert found["o.csv"] == found["o.parquet"]
    rows, out = found["o.csv"]
    assert out == {"erased": 0, "expired": 0, "skipped:tests": 2, "skipped:returns": 1}
    assert [(row["order_id"], row["customer_id"], row["amount"], row["discount_amount"], row["channel"]) for row in rows] == [
        ("1/2025-01-01", "ann", "21", "3.5", "app"),
        ("1/2025-01-01", "ann", "1.5", None, "app"),
        (
            "cannot be made from qty 'x'",
            "dan",
            "cannot be made from qty 'x'; price '1.250'",
            "cannot be made from price '1.250'",
            "shop",
        ),
    ]
    spark.close()
