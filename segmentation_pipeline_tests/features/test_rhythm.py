"""How overdue the next order is, by whole days."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import AS_OF, ORDERS, config, write
from segmentation_pipeline_tests.features.project import features_of_files


def test_mean_gaps_overdue_are_not_worked_out_from_a_rounded_gap(engine: DuckDBEngine, tmp_path: Path) -> None:
    """Three gaps in 4 days, 3,000 days ago: 2,250 mean gaps of 4/3 days, and 2,250.000563 of 1.333333."""
    days = [AS_OF - timedelta(days=3_000 + back) for back in (4, 2, 1, 0)]
    write(tmp_path, "orders", ORDERS, *(f"o{n},anna,{day},10.00" for n, day in enumerate(days)))
    row = features_of_files(engine, tmp_path, config({"orders": {}}))["anna"]
    assert (row["gap_mean_days"], row["gaps_overdue"]) == (1.333333, 2250.0)
