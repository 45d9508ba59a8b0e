"""Sources in workbooks: loaded and cleaned like any other, with the rows the spreadsheet shows in every message."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.ingest.deliveries import settings_of
from segmentation_pipeline.ingest.files import source_files
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.quality.look import look
from segmentation_pipeline.quality.refusals import why_refused
from segmentation_pipeline_tests.clean.project import AS_OF, ORDERS, clean, clean_all, config, reasons
from segmentation_pipeline_tests.engine.workbook_files import Formula, Merged, write_workbook

NAMES = ORDERS.split(",")
GERMAN = {"files": "*.xlsx", "date_format": "%d.%m.%Y", "number": {"decimal": ","}}


def test_typed_cells_and_texts_stand_beside_each_other_in_a_column(engine, tmp_path):
    rows = [
        ["Export of 2025-04-01"],
        NAMES,
        [1001, 7, date(2025, 3, 10), 12.5],
        ["1002", "7", "11.03.2025", "1.012,50"],
        [1003, "007", datetime(2025, 3, 12, 23, 30), 1.1],
        [1004, 8, date(2025, 3, 13), 1.125],
        [1005, 8, "2025/03/13", 1],
        [1006, 8, date(2025, 3, 13), Formula("=A1", "#REF!")],
        [1234567890123456, 8, date(2025, 3, 13), 1],
        [],
        ["Total", None, None, Formula("=SUM(D3:D9)", 1030)],
    ]
    write_workbook(tmp_path / "orders.xlsx", {"Blatt 1": rows})
    cfg = config({"orders": {**GERMAN, "xlsx": {"skip_rows": 1}}})
    account = clean_all(engine, tmp_path, cfg)["orders"]
    assert clean(engine, "order_id", "customer_id", "ordered_at", "amount") == [
        ("1001", "7", datetime(2025, 3, 10), Decimal("12.50")),
        ("1002", "7", datetime(2025, 3, 11), Decimal("1012.50")),
        ("1003", "007", datetime(2025, 3, 12, 23, 30), Decimal("1.10")),
    ]
    assert reasons(engine) == {
        6: "too_precise:amount",
        7: "unreadable:ordered_at",
        8: "malformed:error_in_a_cell",
        9: "imprecise:order_id",
        11: "missing:customer_id;missing:ordered_at",
    }
    assert account.skipped_by_name == {"blank rows": 1} and account.read == 9
    told = why_refused(engine, cfg, "orders")
    assert "malformed:error_in_a_cell, such as orders.xlsx row 8 (cells hold errors such as #N/A" in told


def test_a_day_and_a_time_in_two_cells_make_a_moment(engine, tmp_path):
    moment = datetime(2025, 3, 10, 9, 15).time()
    rows = [["id", "who", "day", "time", "sum"], ["o1", "c", date(2025, 3, 10), moment, 1], ["o2", "c", "10.03.2025", "09:15", 1]]
    write_workbook(tmp_path / "orders.xlsx", {"A": rows})
    at = {"from": ["day", "time"], "format": "%d.%m.%Y %H:%M"}
    columns = {"order_id": "id", "customer_id": "who", "ordered_at": at, "amount": "sum"}
    clean_all(engine, tmp_path, config({"orders": {"files": "*.xlsx", "columns": columns}}))
    assert clean(engine, "ordered_at") == [(datetime(2025, 3, 10, 9, 15),)] * 2


def test_expressions_read_cells_of_dates_and_numbers_beside_texts(engine, tmp_path):
    rows = [
        ["id", "who", "day", "sum"],
        ["o1", "c", date(2025, 3, 10), 1.5],
        ["o2", "c", "11.03.2025", "1,25"],
        ["o3", "c", date(2024, 3, 10), 1],
        ["o4", "c", date(2025, 3, 12), -2.5],
    ]
    write_workbook(tmp_path / "orders.xlsx", {"A": rows})
    day = "parse_date(day, '%d.%m.%Y')"
    source = {
        "files": "*.xlsx",
        "number": {"decimal": ","},
        "columns": {
            "order_id": "id",
            "customer_id": "who",
            "ordered_at": {"expression": day},
            "amount": {"expression": "sum * 2"},
        },
        "skip_when": {"old": f"{day} < date '2025-01-01'", "refunds": "sum < 0"},
    }
    account = clean_all(engine, tmp_path, config({"orders": source}))["orders"]
    assert clean(engine, "order_id", "ordered_at", "amount") == [
        ("o1", datetime(2025, 3, 10), Decimal("3.00")),
        ("o2", datetime(2025, 3, 11), Decimal("2.50")),
    ]
    assert account.skipped_by_name == {"old": 1, "refunds": 1} and account.quarantined == 0


def test_two_sources_of_one_workbook(engine, tmp_path):
    customers = [["customer_id", "first_name"], ["c1", "Ann"]]
    write_workbook(tmp_path / "shop.xlsx", {"Orders": [NAMES, ["o1", "c1", date(2025, 3, 1), 5]], "People": customers})
    of = {sheet: {"files": "shop.xlsx", "xlsx": {"sheet": sheet}} for sheet in ("Orders", "People")}
    clean_all(engine, tmp_path, config({"orders": of["Orders"], "customers": of["People"]}))
    assert clean(engine, "order_id") == [("o1",)] and clean(engine, "customer_id", source="customers") == [("c1",)]


def test_another_sheet_reads_the_file_again_and_is_another_source_to_compare_with(engine, tmp_path):
    write_workbook(
        tmp_path / "o.xlsx", {"A": [NAMES, ["o1", "c1", "2025-03-01", 5]], "B": [NAMES, ["o2", "c1", "2025-03-01", 5]]}
    )
    first, second = (SourceConfig.model_validate({"files": "o.xlsx", "xlsx": {"sheet": sheet}}) for sheet in "AB")
    for mapping, order in ((first, "o1"), (second, "o2")):
        load_source(engine, tmp_path, "orders", mapping, AS_OF)
        assert [row["order_id"] for row in engine.rows(engine.table(tables.raw("orders")))] == [order]
    assert settings_of(first) != settings_of(second)
    plain = SourceConfig.model_validate({"files": "o.csv"})
    assert "xlsx" not in settings_of(plain) and "xlsx" not in plain.meaning, "what was read before compares as it did"


def test_names_further_down_are_found_and_other_workbooks_refused(engine, tmp_path):
    write_workbook(tmp_path / "orders.xlsx", {"A": [["Report"], ["of March"], NAMES, ["o1", "c1", "2025-03-01", 5]]})
    source = SourceConfig.model_validate({"files": "orders.xlsx"})
    with pytest.raises(SourceFileError, match=r"stand in row 3: set xlsx\.skip_rows: 2"):
        load_source(engine, tmp_path, "orders", source, AS_OF)
    (tmp_path / "~$orders.xlsx").write_bytes(b"Ann")
    every = SourceConfig.model_validate({"files": "*.xlsx"})
    assert [file.name for file in source_files(tmp_path, "orders", every)] == ["orders.xlsx"], "in use by a spreadsheet program"
    (tmp_path / "orders.xls").write_bytes(b"x")
    with pytest.raises(SourceFileError, match=r"save it as \.xlsx"):
        source_files(tmp_path, "orders", SourceConfig.model_validate({"files": "orders.xls"}))


def test_a_check_looks_at_the_first_rows_and_names_the_rows_of_the_sheet(tmp_path: Path):
    rows = [NAMES, *([f"o{n}", f"c{n}", date(2025, 3, 1), Merged(5.5, rows=2) if n % 2 == 0 else None] for n in range(30))]
    write_workbook(tmp_path / "orders.xlsx", {"A": rows})
    [found] = look(tmp_path, config({"orders": {"files": "orders.xlsx"}}), AS_OF)
    assert found.severity == "error" and "15 malformed:merged_cells, such as orders.xlsx row 3" in found.message
    assert "'xlsx: {merged: repeat}'" in found.message
    assert not look(tmp_path, config({"orders": {"files": "orders.xlsx", "xlsx": {"merged": "repeat"}}}), AS_OF)
    write_workbook(tmp_path / "orders.xlsx", {"A": rows, "B": rows})
    [found] = look(tmp_path, config({"orders": {"files": "orders.xlsx"}}), AS_OF)
    assert "several sheets" in found.message


def test_a_no_in_a_row_with_an_error_is_not_lost(engine, tmp_path):
    write_workbook(tmp_path / "orders.xlsx", {"A": [NAMES, ["o1", "c1", date(2025, 3, 1), 5]]})
    names = ["customer_id", "channel", "purpose", "status", "occurred_at"]
    rows = [names, ["c1", "email", "all", "withdrawn", Formula("=NA()", "#N/A")], ["c1", "sms", "all", "granted", AS_OF]]
    write_workbook(tmp_path / "consents.xlsx", {"A": rows})
    clean_all(engine, tmp_path, config({"orders": {"files": "orders.xlsx"}, "consents": {"files": "consents.xlsx"}}))
    [line] = engine.rows(engine.table(tables.malformed("consents")))
    assert (line["_row"], line["line"]) == (2, "c1,email,all,withdrawn,#N/A in E2")
