"""Query results as arrays: right also for no rows and for nulls."""

from __future__ import annotations

import numpy as np

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.arrays import arrays


def test_nulls_in_numbers_become_nan_and_no_rows_become_empty_columns(engine: DuckDBEngine) -> None:
    table = engine.memtable({"name": ["a", "b"], "value": [1.5, None]}, {"name": "string", "value": "float64"})
    found = arrays(engine, table.order_by("name"))
    assert found["name"].tolist() == ["a", "b"]
    assert found["value"][0] == 1.5 and np.isnan(found["value"][1])
    assert [values.size for values in arrays(engine, table.filter(False)).values()] == [0, 0]
