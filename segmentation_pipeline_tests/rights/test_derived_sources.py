"""Erasing somebody whose key, address or words the file does not hold as such: rows are known by what is made of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import BusinessConfig, SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import Screen, left_out
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights.source_files import NotRewritten, rewrite_source_file
from segmentation_pipeline.rights.warehouse import erase_in_warehouse
from segmentation_pipeline_tests.clean.project import AS_OF, config, write
from segmentation_pipeline_tests.rights.stones import as_tombstones

STONES = as_tombstones(
    b"k" * 32, datetime(2025, 6, 1), {Kind.CUSTOMER: ["eu-7", "ann@canary.test"], Kind.EMAIL: ["ann@canary.test"]}
)
HEADER = "Name,Id,Email,Total,Tags,Day"
LINES = (
    "#1,,ann@canary.test,10.00,,2025-01-01",  # known by the address that stands for a key
    "#1,,,,,2025-01-01",  # and this line by the one above it
    "#2,,bob@mail.test,20.00,test,2025-01-02",
    "#3,7,,30.00,,2025-01-03",  # known by a key that is calculated
    "#4,,ann@canary.test,1.00,test,2025-01-04",  # left out on purpose, and hers all the same
    "#5,,,5.00,,2025-01-05",
)
KEPT = (LINES[2], LINES[5])
MAPPING: dict[str, object] = {
    "columns": {
        "order_id": {"from": ["Name", "Day"]},
        "customer_id": {"expression": "coalesce('eu-' || Id, lower(Email))"},
        "ordered_at": "Day",
        "amount": {"expression": "Total * 1"},
    },
    "fill_down": {"columns": ["Email"], "within": "Name"},
    "skip_when": {"tests": "Tags = 'test'"},
}


def customers(engine: DuckDBEngine) -> list[object]:
    return [row["customer_id"] for row in engine.rows(engine.table(tables.raw("orders")).order_by("_row"))]


def test_nothing_of_her_stays_in_the_warehouse_and_nothing_comes_back(tmp_path: Path) -> None:
    engine, settings = DuckDBEngine(None), config({"orders": MAPPING})
    source = settings.sources["orders"]
    write(tmp_path, "orders", HEADER, *LINES)
    load_source(engine, tmp_path, "orders", source, AS_OF)
    assert customers(engine) == ["ann@canary.test", "ann@canary.test", "eu-7", None]
    assert erase_in_warehouse(engine, STONES, settings).left == {}
    assert customers(engine) == [None]
    engine.drop(tables.raw("orders"))
    engine.delete(tables.FILES, {"source": "orders"})
    engine.delete(tables.LEFT_OUT, {"source": "orders"})
    screen = Screen(engine, Reading("orders", source, settings.pipeline.business), STONES)
    load_source(engine, tmp_path, "orders", source, AS_OF, screen=screen)
    assert customers(engine) == [None]
    assert left_out(engine, "orders") == {"erased": 4, "expired": 0, "skipped:tests": 1}, "who is erased is not told as skipped"


def test_her_lines_are_gone_from_the_file_and_all_others_stand_as_they_did(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    write(tmp_path, "orders", HEADER, *LINES)
    reading = Reading("orders", SourceConfig.model_validate({"files": "orders.csv", **MAPPING}), BusinessConfig())
    change = rewrite_source_file(DuckDBEngine(None), reading, SourceFile(path, path.name, "csv"), STONES)
    assert change is not None and (change.rows_before, change.rows_after) == (6, 2)
    assert path.read_text() == "\n".join((HEADER, *KEPT)) + "\n"


def test_a_file_whose_other_lines_would_read_otherwise_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    lines = ("#1,,ann@canary.test,10.00,test,2025-01-01", "#1,,bob@mail.test,5.00,,2025-01-01")
    write(tmp_path, "orders", HEADER, *lines)
    mapping = {**MAPPING, "fill_down": {"columns": ["Email", "Tags"], "within": "Name"}}
    reading = Reading("orders", SourceConfig.model_validate({"files": "orders.csv", **mapping}), BusinessConfig())
    with pytest.raises(NotRewritten, match="Remove the records at the origin"):
        rewrite_source_file(DuckDBEngine(None), reading, SourceFile(path, path.name, "csv"), STONES)
    assert path.read_text() == "\n".join((HEADER, *lines)) + "\n"


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_a_shared_no_loses_every_column_that_named_her(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / f"consents.{file_format}"
    if file_format == "csv":
        path.write_text(f"{NO_HEADER}\nC2,,both@mail.test,x,y,2025-02-01\nC3,,c@mail.test,x,y,2025-02-01\n")
        kept = f"{NO_HEADER}\n,,both@mail.test,x,y,2025-02-01\nC3,,c@mail.test,x,y,2025-02-01\n"
    else:
        line = '{{"id": {}, "old": null, "mail": "{}", "what": "x", "why": "y", "at": "2025-02-01"}}\n'
        path.write_text(line.format('"C2"', "both@mail.test") + line.format('"C3"', "c@mail.test"))
        kept = line.format("null", "both@mail.test") + line.format('"C3"', "c@mail.test")
    columns = {
        "customer_id": {"first_of": ["id", "old"]},
        "email": "mail",
        "channel": {"value": "email"},
        "purpose": {"value": "marketing"},
        "status": {"expression": "case when what = 'x' then 'withdrawn' end"},
        "occurred_at": "at",
    }
    reading = Reading("consents", SourceConfig.model_validate({"files": path.name, "columns": columns}), BusinessConfig())
    stones = as_tombstones(b"k" * 32, datetime(2025, 6, 1), {Kind.CUSTOMER: ["c2"]})
    rewrite_source_file(DuckDBEngine(None), reading, SourceFile(path, path.name, file_format), stones)
    assert path.read_text() == kept


NO_HEADER = "id,old,mail,what,why,at"
