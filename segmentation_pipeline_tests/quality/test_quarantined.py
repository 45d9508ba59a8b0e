"""Refused rows are listed with place and reason; what may be somebody's is told by its shape."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.quality.quarantined import refused_rows
from segmentation_pipeline_tests.clean.project import ORDERS, clean_all, config, write


def test_rows_stand_by_file_and_row_with_every_reason_and_no_personal_value(tmp_path: Path) -> None:
    header = f"{ORDERS},status"
    lines = [
        "o1,C1,2025-03-01,10,completed",
        "o2,C7,Anna Canary,x12,completed",
        "o3,C8,2025-03-02,10,Canary",
        "o4,C9,2025-03-02,,completed",
    ]
    write(tmp_path, "orders", header, *lines)
    settings = config({"orders": {}})
    with closing(DuckDBEngine(None)) as engine:
        with pytest.raises(UserError, match="no run has read source 'orders'"):
            refused_rows(engine, settings, "orders", 20)
        clean_all(engine, tmp_path, settings)
        found = refused_rows(engine, settings, "orders", 2)
    assert found.total == 3 and "1 missing:amount" in found.why
    first, second = found.first
    assert (first.file, first.row, set(first.reasons)) == ("orders.csv", 2, {"unreadable:ordered_at", "unreadable:amount"})
    assert first.values == {"ordered_at": "'aaaa aaaaaa'", "amount": "'x12'"}
    assert (second.row, second.reasons, second.values) == (3, ("not_allowed:status",), {"status": "'aaaaaa'"})


def test_nothing_refused_is_nothing_listed(tmp_path: Path) -> None:
    write(tmp_path, "orders", ORDERS, "o1,C1,2025-03-01,10")
    with closing(DuckDBEngine(None)) as engine:
        clean_all(engine, tmp_path, config({"orders": {}}))
        assert refused_rows(engine, config({"orders": {}}), "orders", 20).total == 0
