"""A workbook, joined with a second file, is loaded and cleaned alike by both engines."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import clean_all, config, write
from segmentation_pipeline_tests.engine.conftest import _spark
from segmentation_pipeline_tests.engine.workbook_files import Formula, write_workbook

COLUMNS = {
    "order_id": "nr",
    "customer_id": "people.who",
    "ordered_at": "at",
    "amount": {"expression": '"sum" * "rates.rate"'},
    "channel": "rates.How",
}
LOOKUP = {
    "people": {"files": "people.csv", "key": "card", "unmatched": "skip"},
    "rates": {"files": "rates.xlsx", "key": {"kind": "Kind", "tier": "Tier"}},
}
ROWS = [
    ["nr", "card", "at", "sum", "kind", "tier"],
    [1, 7, date(2025, 3, 1), 1.5, "a", 1],
    [2, "7", "02.03.2025", "1,25", "a", 2],
    [3, 9, date(2025, 3, 1), 1, "a", 1],
    [4, 7, date(2025, 3, 1), 1, "b", 1],
    [5, 7, datetime(2025, 3, 1, 23, 59, 59), 2, "a", None],
    [6, 7, date(2025, 3, 1), Formula("=NA()", "#N/A"), "a", 1],
    [],
    [1234567890123456, 7, date(2025, 3, 1), 1, "a", 1],
]


def cleaned(engine: Engine, folder: Path) -> tuple[object, ...]:
    source = {"files": "o.xlsx", "columns": COLUMNS, "lookup": LOOKUP, "date_format": "%d.%m.%Y", "number": {"decimal": ","}}
    account = clean_all(engine, folder, config({"orders": source}))["orders"]  # type: ignore[arg-type]
    kept = engine.rows(engine.table(tables.clean("orders")).select("order_id", "customer_id", "ordered_at", "amount", "channel"))
    refused = engine.rows(engine.table(tables.quarantine("orders")).select("_row", "reasons"))
    return sorted(map(str, kept)), sorted((row["_row"], row["reasons"]) for row in refused), account.skipped_by_name


@pytest.mark.wide
def test_both_engines_read_a_workbook_and_its_second_files_alike(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    write_workbook(tmp_path / "o.xlsx", {"Orders": ROWS})
    write(tmp_path, "people", "card,who", "7,ann")
    rates = [["Kind", "Tier", "rate", "How"], ["a", 1, 2, "web"], ["a", 2, 1.2, None]]
    write_workbook(tmp_path / "rates.xlsx", {"R": rates})
    duckdb = DuckDBEngine(None)
    found = cleaned(duckdb, tmp_path)
    duckdb.close()
    assert [row for row, _ in found[1]] == [5, 6, 7, 9]
    assert "Decimal('1.50')" in found[0][1], "a number in a cell, and a text with a decimal comma"
    assert found[2] == {"blank rows": 1, "not in people": 1} and len(found[0]) == 2
    assert cleaned(_spark(request, tmp_path), tmp_path) == found
