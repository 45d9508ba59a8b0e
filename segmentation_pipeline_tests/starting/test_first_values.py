"""Workbooks, Parquet and JSON are looked at as CSV is: what their texts do not tell is asked, what the file knows is not."""

from __future__ import annotations

import csv
import datetime as dates
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation_pipeline_tests.engine.workbook_files import write_workbook
from segmentation_pipeline_tests.starting.test_init import BERLIN, SHOPIFY, init, refusal, written
from segmentation_pipeline_tests.starting.test_init import project as project

NAMES = ["Order No", "Customer", "Order date", "Total", "Currency"]
ROWS = [["A1", "C1", "31.03.2024 10:00", "1.250,50", "EUR"], ["A2", "C2", "30.03.2024 11:00", "49,50", "EUR"]]
EURO = ("--timezone", "Europe/Berlin", "--yes")
"""Without a currency: the files tell it."""


def as_workbook(folder: Path, rows: list[list[object]], *above: list[object], sheets: tuple[str, ...] = ("Orders",)) -> Path:
    return write_workbook(folder / "orders.xlsx", {name: [*above, NAMES, *rows] for name in sheets})


def as_json_lines(folder: Path, rows: list[list[object]]) -> Path:
    path = folder / "orders.jsonl"
    path.write_text("".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows))
    return path


def as_json_list(folder: Path, rows: list[list[object]]) -> Path:
    path = folder / "orders.json"
    path.write_text(json.dumps([dict(zip(NAMES, row, strict=True)) for row in rows]))
    return path


def as_parquet(folder: Path, rows: list[list[object]]) -> Path:
    pq.write_table(pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))), folder / "orders.parquet")
    return folder / "orders.parquet"


WRITERS = [as_workbook, as_json_lines, as_json_list, as_parquet]


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS)
def test_texts_say_how_they_are_written(write, project: Path, tmp_path: Path) -> None:
    said = init(write(tmp_path, ROWS), *EURO)
    assert said.exit_code == 0, f"{said.output}{said.exception}"
    orders = written(project)["orders"]
    assert orders["number"]["decimal"] == ","
    assert orders["columns"]["ordered_at"]["format"] == "%d.%m.%Y %H:%M"
    assert "2 orders of 2 customers, 1,300.00 EUR" in said.output


@pytest.mark.parametrize("write", WRITERS)
def test_what_texts_do_not_tell_is_asked(write, project: Path, tmp_path: Path) -> None:
    early = [["A1", "C1", "03/04/2024", "1.250", "EUR"], ["A2", "C2", "01/02/2024", "2.500", "USD"]]
    said = refusal(write(tmp_path, early), *EURO)
    assert "decimal sign" in said and "dates of Order date" in said and "The files have EUR, USD" in said


@pytest.mark.slow
def test_numbers_and_days_of_cells_need_no_setting(project: Path, tmp_path: Path) -> None:
    rows = [["A1", "C1", dates.datetime(2024, 3, 31, 10), 1.125, "EUR"], ["A2", "C2", dates.datetime(2024, 4, 1, 9), 2, "EUR"]]
    assert "more decimals" in init(as_workbook(tmp_path, rows), *EURO).output
    (project / "data" / "raw" / "orders.xlsx").unlink()
    rows[0][3] = 1250.5
    rows.append(["A3", "C3", "02.04.2024 08:00", "1.000,50", "EUR"])  # texts beside cells, as somebody typed them
    said = init(as_workbook(tmp_path, rows), *EURO, "--force")
    assert written(project)["orders"]["number"]["decimal"] == ","
    assert "3 orders of 3 customers, 2,253.00 EUR" in said.output


def test_typed_columns_of_parquet_need_no_setting(project: Path, tmp_path: Path) -> None:
    rows = [["A1", "C1", dates.datetime(2024, 3, 31, 10), Decimal("1.250"), "EUR"]]
    said = init(as_parquet(tmp_path, rows), *EURO)
    assert said.exit_code == 0, f"{said.output}{said.exception}"
    assert "number" not in written(project)["orders"]
    assert "1 orders of 1 customers, 1.25 EUR" in said.output


def test_numbers_beside_texts_are_read_one_way_and_refused_where_that_is_wrong(project: Path, tmp_path: Path) -> None:
    mixed = [["A1", "C1", "2024-03-31 10:00", "1.250,50", "EUR"], ["A2", "C2", "2024-03-31 11:00", 1.125, "EUR"]]
    assert "has numbers and texts such as '1.250,50'" in refusal(as_json_lines(tmp_path, mixed), *EURO)
    plain = [["A1", "C1", "2024-03-31 10:00", "1250.50", "EUR"], ["A2", "C2", "2024-03-31 11:00", 1.5, "EUR"]]
    assert "1,252.00 EUR" in init(as_json_lines(tmp_path, plain), *EURO).output


def test_a_key_on_several_rows_is_no_orders_key_in_any_format(project: Path, tmp_path: Path) -> None:
    years = [[1, "C1", "2023-03-31 10:00", 5.0, "EUR"], [1, "C2", "2024-03-31 11:00", 6.0, "EUR"]]
    for write in WRITERS:
        assert "begin anew each year" in refusal(write(tmp_path, years), *EURO)


@pytest.mark.slow
def test_titles_above_the_names_and_the_sheet_that_is_meant(project: Path, tmp_path: Path) -> None:
    titled = as_workbook(tmp_path, ROWS, ["Report of March"], [None])
    assert init(titled, *EURO).exit_code == 0
    assert written(project)["orders"]["xlsx"] == {"skip_rows": 2}
    several = as_workbook(tmp_path, ROWS, sheets=("Orders", "Pivot"))
    said = refusal(several, *EURO, "--force")
    assert "of its sheets 'Orders', 'Pivot' none may be an export that is known" in said
    export = list(csv.reader(SHOPIFY.read_text("utf-8").splitlines()))
    known = write_workbook(
        tmp_path / "shopify.xlsx", {"Read me": [["Notes"]], "Export": [row for row in export if "USD" not in row]}
    )
    said = init(known, *BERLIN, "--yes", "--force")
    assert written(project)["orders"]["xlsx"] == {"sheet": "Export"}
    assert "8 orders of 4 customers, 1,407.50 EUR" in said.output, said.output


def test_files_without_anything_to_look_at_are_refused_by_what_they_lack(project: Path, tmp_path: Path) -> None:
    empty = write_workbook(tmp_path / "empty.xlsx", {"Sheet 1": []})
    assert "sheet 'Sheet 1' is empty" in refusal(empty, *EURO)
    (tmp_path / "quiet.jsonl").write_text("")
    assert "it has no record that names columns" in refusal(tmp_path / "quiet.jsonl", *EURO)
    (tmp_path / "torn.parquet").write_bytes(b"PAR1")
    assert "cannot be read" in refusal(tmp_path / "torn.parquet", *EURO)


def test_what_is_in_objects_of_json_is_looked_at_under_its_path(project: Path, tmp_path: Path) -> None:
    rows = [{"order_id": n, "customer_id": f"C{n}", "ordered_at": "2024-03-31", "amount": f"{n},50"} for n in (1, 2)]
    path = tmp_path / "orders.jsonl"
    path.write_text("not json\n" + "".join(json.dumps({**row, "currency": "EUR", "more": {"x": [1]}}) + "\n" for row in rows))
    assert init(path, *EURO).exit_code == 1  # of three records one is none
    assert written(project)["orders"]["number"] == {"decimal": ","}
