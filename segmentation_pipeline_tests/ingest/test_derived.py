"""What expressions, lists and conditions make of the values of a file: the same on every engine, and never in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ibis
import pytest

from segmentation_pipeline.config.schema import ColumnMapping, SourceConfig
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.derived import _derived
from segmentation_pipeline.rules.file_columns import UNREADABLE
from segmentation_pipeline_tests.engine.conftest import _spark

SOURCE = SourceConfig(files="x")
BAD = "?"
"""Stands for a value that could not be made of what stands in the file."""

ROWS = [
    # quantity, price, paid, day, tags, first, last, kind
    ("2", "15.00", "30", "31.01.2024", "web ord-17", "Ann", "Lee", "sale"),
    (" 3 ", "0.1", "", "1.2.2024", "ORD-9", " Bob ", "", "refund"),
    ("two", "15.00", "x", "2024-02-01", "", "", "", "sale"),
    ("", "15.00", "-4.5", "", "a-b-c", "Cyd", "Ray", ""),
    ("1", "19.999999999999996", "1e3", "30.02.2024", "ord-1ord-2", "Dan", "Poe", "other"),
    ("0", "0.1234567", "7", "29.02.2024", "'q'", "Eve", "Kay", "sale"),
]
COLUMNS = ("Quantity", "Unit price", "paid", "Day", "Tags", "first", "last", "kind")

M, N, T, D, AT, B = Type.MONEY, Type.INTEGER, Type.TEXT, Type.DAY, Type.INSTANT, Type.BOOLEAN
CASES: list[tuple[str, Type, list[str | None]]] = [
    ('"Quantity" * "Unit price"', M, ["30", "0.3", BAD, None, "20", BAD]),
    ("paid", M, ["30", None, BAD, "-4.5", "1000", "7"]),
    ("-paid + 1", M, ["-29", None, BAD, "5.5", "-999", "-6"]),
    ("10 / Quantity", M, ["5", "3.333333", BAD, None, "10", BAD]),
    ("round(10 / Quantity, 2)", M, ["5", "3.33", BAD, None, "10", BAD]),
    ("Quantity", N, ["2", "3", BAD, None, "1", "0"]),
    # An unreadable value is no missing one, neither to coalesce nor to a condition.
    ("coalesce(paid, 0)", M, ["30", "0", BAD, "-4.5", "1000", "7"]),
    ("coalesce(paid, Quantity) + 1", M, ["31", "4", BAD, "-3.5", "1001", "8"]),
    ("coalesce(last, first)", T, ["Lee", "Bob", None, "Ray", "Poe", "Kay"]),
    ("case when paid < 0 then 'return' else 'sale' end", T, ["sale", "sale", BAD, "return", "sale", "sale"]),
    # What is not chosen may be unreadable.
    ("case when kind = 'sale' then Quantity else paid end", M, ["2", None, BAD, "-4.5", "1000", "0"]),
    ("case when kind = 'sale' then 1 when paid > 5 then 2 end", N, ["1", None, "1", None, "2", "1"]),
    ("case when number(paid) is null then 'none' else 'some' end", T, ["some", "none", "none", "some", "some", "some"]),
    ("greatest(Quantity, 2)", M, ["2", "3", BAD, "2", "2", "2"]),
    ("abs(paid)", M, ["30", None, BAD, "4.5", "1000", "7"]),
    ("nullif(kind, 'other')", T, ["sale", "refund", "sale", None, None, "sale"]),
    ("first || ' ' || last", T, ["Ann Lee", None, None, "Cyd Ray", "Dan Poe", "Eve Kay"]),
    ("concat(first, '/', last)", T, ["Ann/Lee", "Bob/", "/", "Cyd/Ray", "Dan/Poe", "Eve/Kay"]),
    ("'n' || text(round(Quantity, 0))", T, ["n2", "n3", BAD, None, "n1", "n0"]),
    ("extract(Tags, 'ord-([0-9]+)')", T, ["17", None, None, None, "1", None]),
    ("extract(lower(Tags), 'ord-[0-9]+')", T, ["ord-17", "ord-9", None, None, "ord-1", None]),
    ("upper(replace(Tags, '-', ''))", T, ["WEB ORD17", "ORD9", None, "ABC", "ORD1ORD2", "'Q'"]),
    ("substring(Tags, 3, 2)", T, ["b ", "D-", None, "b-", "d-", "'"]),
    ("trim(substring(Tags, 3, 2))", T, ["b", "D-", None, "b-", "d-", "'"]),
    ("length(first)", N, ["3", "3", None, "3", "3", "3"]),
    ("kind = 'sale' and Tags like '%ord%'", B, ["true", "false", None, "false", "false", "false"]),
    ("kind in ('sale', 'refund') or last is null", B, ["true", "true", "true", None, "false", "true"]),
    ("paid between 0 and 100", B, ["true", None, BAD, "false", "false", "true"]),
    ("not (kind = 'sale')", B, ["false", "true", "false", None, "true", "false"]),
    ("parse_date(Day, '%d.%m.%Y')", D, ["2024-01-31", "2024-02-01", BAD, None, BAD, "2024-02-29"]),
    ("Day >= date '2024-02-01'", B, [BAD, BAD, "true", None, BAD, BAD]),
    ("year_of(parse_date(Day, '%d.%m.%Y')) * 100", N, ["202400", "202400", BAD, None, BAD, "202400"]),
    ("replace(Day, '.', '/')", AT, ["31/01/2024", "1/2/2024", "2024-02-01", None, "30/02/2024", "29/02/2024"]),
    ("Tags", T, ["web ord-17", "ORD-9", None, "a-b-c", "ord-1ord-2", "'q'"]),
]
LISTS: list[tuple[dict[str, object], Column, list[str | None]]] = [
    ({"first_of": ["last", "first", "kind"]}, Column("x", T, ""), ["Lee", " Bob ", "sale", "Ray", "Poe", "Kay"]),
    ({"from": ["Day", "kind"]}, Column("x", AT, ""), ["31.01.2024 sale", "1.2.2024 refund", "2024-02-01 sale", None, "30.02.2024 other",
                                                      "29.02.2024 sale"]),
    ({"from": ["first", "last"]}, Column("x", T, ""), ["Ann Lee", "Bob", None, "Cyd Ray", "Dan Poe", "Eve Kay"]),
    ({"from": ["Tags", "Quantity"]}, Column("x", T, "", is_key=True), ["web ord\\-17-2", "ORD\\-9-3", None, None, "ord\\-1ord\\-2-1", "'q'-0"]),
    ({"from": ["Tags", "Quantity"], "pad_to": {"Quantity": 3}}, Column("x", T, "", is_key=True),
     ["web ord\\-17-002", "ORD\\-9-003", None, None, "ord\\-1ord\\-2-001", "'q'-000"]),
    ({"from": ["first", "last"], "separator": "/"}, Column("x", T, "", is_key=True), ["Ann/Lee", None, None, "Cyd/Ray", "Dan/Poe", "Eve/Kay"]),
]  # fmt: skip


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    engine = DuckDBEngine(None) if request.param == "duckdb" else _spark(request, tmp_path)
    yield engine
    engine.close()


def received(engine: Engine) -> ibis.Table:
    columns = {name: list(values) for name, values in zip(COLUMNS, zip(*ROWS, strict=True), strict=True)}
    table = engine.memtable(
        {**columns, "_row": list(range(1, len(ROWS) + 1))}, {**dict.fromkeys(COLUMNS, "string"), "_row": "int64"}
    )
    engine.write("raw.file", table)
    return engine.table("raw.file")


@pytest.mark.slow
def test_each_construct_on_each_engine(engine: Engine) -> None:
    records = received(engine)
    made = {
        f"c{place}": _derived(engine, records, Column("x", kind, ""), ColumnMapping.model_validate({"expression": text}), SOURCE)
        for place, (text, kind, _) in enumerate(CASES)
    }
    made |= {
        f"l{place}": _derived(engine, records, column, ColumnMapping.model_validate(mapping), SOURCE)
        for place, (mapping, column, _) in enumerate(LISTS)
    }
    rows = sorted(engine.rows(records.select("_row", **made)), key=lambda row: int(str(row["_row"])))
    found = {name: [BAD if str(row[name]).startswith(UNREADABLE) else row[name] for row in rows] for name in made}
    wanted = {f"c{place}": case for place, case in enumerate(CASES)} | {f"l{place}": case for place, case in enumerate(LISTS)}
    assert {str(wanted[name][0]): values for name, values in found.items()} == {str(case[0]): case[2] for case in wanted.values()}


def test_what_cannot_be_made_tells_of_what(engine: Engine) -> None:
    records = received(engine)
    mapping = ColumnMapping.model_validate({"expression": '"Quantity" * "Unit price"'})
    value = _derived(engine, records, Column("x", M, ""), mapping, SOURCE)
    (row,) = engine.rows(records.filter(records._row == 3).select(value=value))
    assert row["value"] == "cannot be made from Quantity 'two'"
