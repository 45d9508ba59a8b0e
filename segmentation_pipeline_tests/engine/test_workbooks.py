"""Sheets of workbooks: what is read is what a person sees there, or the row is refused."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.config.schema.workbooks import SheetReading, XlsxOptions
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.workbooks import workbook_columns, write_sample
from segmentation_pipeline_tests.engine.workbook_files import Formula, Merged, write_workbook


def read(path: Path, *columns: str, **options: object) -> tuple[list[tuple], list[tuple]]:
    """The records and the malformed ones, in the order of the sheet."""
    engine = DuckDBEngine(None)
    try:
        found = engine.read_file(path, "xlsx", columns, CsvOptions(), SheetReading(XlsxOptions.model_validate(options)))
        order = ["_row", *columns, *(["_skip"] if "_skip" in found.records.columns else [])]
        records = engine.rows(found.records.order_by("_row"))
        malformed = engine.rows(found.malformed.order_by("_row"))
        return (
            [tuple(row[name] for name in order) for row in records],
            [(row["_row"], row["reason"], row["line"]) for row in malformed],
        )
    finally:
        engine.close()


@pytest.mark.parametrize("since_1904", [False, True])
def test_cells_are_the_text_a_careful_person_would_have_typed(tmp_path, since_1904):
    values = [
        12345, 19.99, 0.25, 1e-7, 123456789012345, "0012", " x ", True, False, date(2025, 3, 10),
        datetime(2025, 3, 10, 9, 15, 30), time(9, 15), timedelta(hours=30), Formula("=1+1", 2), "#N/A",
        Formula('=""', None), 1234567890123456,
    ]  # fmt: skip
    names = [f"c{n}" for n in range(len(values))]
    path = write_workbook(tmp_path / "a.xlsx", {"Data": [names, values]}, since_1904=since_1904)
    # As spreadsheet programs write numbers, with all digits there are.
    _edited(path, "xl/worksheets/sheet1.xml", b"<v>19.99</v>", b"<v>19.989999999999998</v>")
    [(row, *texts)], malformed = read(path, *names[:15], names[16])
    assert row == 2 and not malformed
    assert texts == [
        "12345", "19.99", "0.25", "0.0000001", "123456789012345", "0012", " x ", "true", "false", "2025-03-10",
        "2025-03-10T09:15:30", "09:15:00", "30:00:00", "2", "#N/A", "1.23456789012346E+15",
    ]  # fmt: skip


def test_rows_bear_the_numbers_that_the_spreadsheet_shows(tmp_path):
    rows = [
        ["Orders of March"], [], [None, "id", "amount\n EUR"], [None, "o1", 1], [], [None, " "], [None, "id", "amount EUR"],
        [None, "o2", 0], [None, None, False],
    ]  # fmt: skip
    path = write_workbook(tmp_path / "a.xlsx", {"Data": rows})
    records, malformed = read(path, "id", "amount EUR", "absent", skip_rows=1)
    assert records == [
        (4, "o1", "1", None, None),
        (5, None, None, None, "blank rows"),
        (6, " ", None, None, "blank rows"),
        (7, "id", "amount EUR", None, "repeated headers"),
        (8, "o2", "0", None, None),
        (9, None, "false", None, None),
    ]
    assert not malformed
    assert workbook_columns(path, SheetReading(XlsxOptions(skip_rows=1))) == ["id", "amount EUR"]


def test_errors_and_formulas_nobody_calculated_are_refused_where_they_are_read(tmp_path):
    rows = [
        ["id", "amount", "note"],
        ["o1", Formula("=NA()", "#N/A"), "a, b"],
        ["o2", Formula("=1+1"), None],
        ["o3", 3, Formula("=1/0", "#DIV/0!")],
        ["o4", Formula("=IF(1,\"\",\"\")", ""), "x"],
        [Formula("=X", "#NAME?"), Formula("=1+1"), None],
    ]  # fmt: skip
    path = write_workbook(tmp_path / "a.xlsx", {"Data": rows})
    records, malformed = read(path, "id", "amount")
    assert records == [(4, "o3", "3")]
    error, uncalculated = "malformed:error_in_a_cell", "malformed:formula_without_a_value"
    assert malformed == [
        (2, error, 'o1,#N/A in B2,"a, b"'),
        (3, uncalculated, "o2,a formula without a value in B3,"),
        (5, uncalculated, "o4,a formula without a value in B5,x"),
        (6, f"{error};{uncalculated}", "#NAME? in A6,a formula without a value in B6,"),
    ]
    assert [row for row, *_ in read(path, "id")[0]] == [2, 3, 4, 5], "what is not read may be wrong"


def test_rows_of_nothing_but_formulas_nobody_calculated_are_not_lost(tmp_path):
    rows = [["id", "amount"], ["o1", 1], [Formula("=A1"), Formula("=B1")], [], [Formula("=A1"), Formula("=B1", "#REF!")]]
    path = write_workbook(tmp_path / "a.xlsx", {"Data": rows})
    records, malformed = read(path, "id", "amount")
    assert records == [(2, "o1", "1", None), (4, None, None, "blank rows")]
    assert [(row, reason.count("malformed")) for row, reason, _ in malformed] == [(3, 1), (5, 2)]
    # Not one row of it has a value: as a program writes a sheet of formulas.
    write_workbook(path, {"Data": [["id", "amount"], *[[Formula("=X1"), Formula("=X2")] for _ in range(9)]]})
    records, malformed = read(path, "id", "amount")
    assert (records, len(malformed)) == ([], 9)


def test_a_formula_whose_result_is_an_empty_text_is_an_empty_cell(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", {"Data": [["id", "note"], ["o1", Formula('=""', "")]]})
    _edited(path, "xl/worksheets/sheet1.xml", b'<c r="B2">', b'<c r="B2" t="str">')
    assert read(path, "id", "note") == ([(2, "o1", None)], [])


def test_merged_cells_are_refused_until_it_is_said_what_they_mean(tmp_path):
    rows = [
        [Merged("March", columns=3)],
        ["id", "day", "amount"],
        ["o1", Merged("2025-03-01", rows=2), 1],
        ["o2", None, 2],
        ["o3", "2025-03-02", 3],
    ]
    path = write_workbook(tmp_path / "a.xlsx", {"Data": rows})
    first, last = (3, "o1", "2025-03-01"), (5, "o3", "2025-03-02")
    records, malformed = read(path, "id", "day", skip_rows=1)
    assert records == [first, last] and malformed == [(4, "malformed:merged_cells", "o2,merged into another cell,2")]
    assert read(path, "id", "day", skip_rows=1, merged="repeat") == ([first, (4, "o2", "2025-03-01"), last], [])
    assert read(path, "id", "day", skip_rows=1, merged="first") == ([first, (4, "o2", None), last], [])
    assert len(read(path, "id", "amount", skip_rows=1)[0]) == 3


SHEETS = {"Orders": [["id"], ["o1"]], "2024": [["id"], ["old"]], "Notes": [["id"], ["hidden"]]}


def test_one_sheet_is_read_and_where_there_are_several_the_message_names_them(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", SHEETS, hidden=["Notes"])
    with pytest.raises(SourceFileError, match=r"several sheets.*'xlsx: \{sheet: NAME\}'.*'Orders', '2024' \(hidden: 'Notes'\)"):
        read(path, "id")
    assert read(path, "id", sheet="2024")[0] == [(2, "old")]
    assert read(path, "id", sheet=1)[0] == [(2, "o1")]
    assert read(path, "id", sheet="Notes")[0] == [(2, "hidden")]
    with pytest.raises(SourceFileError, match=r"no sheet 'orders'\. Did you mean 'Orders'"):
        read(path, "id", sheet="orders")
    single = write_workbook(tmp_path / "b.xlsx", {"2024": SHEETS["2024"], "Notes": SHEETS["Notes"]}, hidden=["Notes"])
    assert read(single, "id")[0] == [(2, "old")], "what is hidden is no choice"
    with pytest.raises(SourceFileError, match="no sheet 3"):
        read(path, "id", sheet=3)


def test_what_is_no_workbook_is_told_with_the_cure(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(SourceFileError, match=r"protected by a password or an old \.xls"):
        read(path, "id")
    for content in (b"id,amount\no1,1\n", b"", write_workbook(tmp_path / "b.xlsx", SHEETS).read_bytes()[:3000]):
        path.write_bytes(content)
        for way in (lambda: read(path, "id"), lambda: workbook_columns(path, SheetReading())):
            with pytest.raises(SourceFileError, match=r"a\.xlsx: cannot be read as a workbook"):
                way()
    write_workbook(path, {"Data": []})
    with pytest.raises(SourceFileError, match="sheet 'Data' is empty"):
        read(path, "id")
    write_workbook(path, {"Data": [["id", "id"], ["o1", "o2"]]})
    with pytest.raises(SourceFileError, match="more than once in the header"):
        read(path, "id")


def test_a_damaged_sheet_is_told_and_not_taken_for_a_short_one(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", {"Data": [["id"], *([f"o{n}"] for n in range(50))]})
    with zipfile.ZipFile(path) as book:
        content = book.read("xl/worksheets/sheet1.xml")
    _edited(path, "xl/worksheets/sheet1.xml", content[len(content) // 2 :], b"")
    with pytest.raises(SourceFileError, match="cannot be read as a workbook"):
        read(path, "id")


def test_numbers_in_cells_are_written_as_the_texts_of_their_column(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", {"Data": [["id", "amount"], [1.5, 1.5], [1.25, 1.125], [3, 1234567890123456]]})
    engine = DuckDBEngine(None)
    reading = SheetReading(XlsxOptions(), {"amount": ","})
    found = engine.rows(engine.read_file(path, "xlsx", ["id", "amount"], CsvOptions(), reading).records.order_by("_row"))
    engine.close()
    assert [(row["id"], row["amount"]) for row in found] == [("1.5", "1,5"), ("1.25", "1,1250"), ("3", "1234567890123456")]


def test_a_compressed_workbook_and_a_sample_read_the_same(tmp_path):
    rows = [["id", "day"], *([f"o{n}", Merged("a", rows=2) if n % 2 == 0 else None] for n in range(100))]
    path = write_workbook(tmp_path / "a.xlsx", {"Data": rows, "Other": [["x"]] * 100})
    squeezed = tmp_path / "a.xlsx.gz"
    squeezed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(squeezed, "id", sheet="Data") == read(path, "id", sheet="Data")
    write_sample(squeezed, XlsxOptions(), tmp_path / "s.xlsx.gz", 10)
    records, malformed = read(tmp_path / "s.xlsx.gz", "id", "day", sheet=1, merged="repeat")
    assert records == read(path, "id", "day", sheet=1, merged="repeat")[0][:10] and not malformed


def _edited(path: Path, part: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
