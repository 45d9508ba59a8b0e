"""What a file says of a moment: that moment, or a refused row; never another one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline_tests.clean.project import ORDERS, clean, clean_all, config, orders, reasons, rows, write

MOMENT = datetime(2024, 3, 11, 3, 30)
NEW_YORK = {"timezone": "America/New_York"}

OF_THE_MOMENT = (
    "2024-03-11 03:30Z",
    "2024-03-11T09:00:00+0530",
    "2024-03-10 22:30:00-5",
    "2024-03-11 03:30:00 GMT",
    "2024-03-11t03:30:00z",
    "2024-03-11 03:30:00 Etc/UTC",
    "2024-03-11 04:30:00 +01",
    "2024-03-10T23:30:00 -0400",
    "2024-03-11T03:30:00.000Z",
    "2024-03-11T03:30:00+00:00",
    "2024-03-10 23:30",  # in the business time zone
)
REFUSED = (
    "1710127800",
    "Mon, 11 Mar 2024 03:30:00 +0000",
    "2024-03-11T10:00:00+99:99",
    "2024-03-11T10:00:00-15:59:59",
    "2024-03-11T10:00:00+14:30",
    "294247-01-10T04:00:54+00:00",
    "2024-03-11 03:30:00 CET",
    "2024-03-11 03:30:00 PM",
)
BY_FORMAT = (
    ("%Y-%m-%dT%H:%M:%SZ", "2024-03-11T03:30:00Z"),
    ("%Y-%m-%d %H:%M:%S %z", "2024-03-10 22:30:00 -0500"),
    ("%Y-%m-%d %H:%M:%S %z", "2024-03-10 22:30:00 -5"),
    ("%Y-%m-%d %H:%M:%S %z", "2024-03-11 03:30:00 UTC"),
    ("%Y-%m-%d %H:%M:%S UTC", "2024-03-11 03:30:00 UTC"),
    ("%a, %d %b %Y %H:%M:%S %z", "Mon, 11 Mar 2024 03:30:00 +0000"),
    ("%d.%m.%Y %H:%M", "10.03.2024 23:30"),
    ("epoch", "1710127800"),
    ("epoch_ms", "1710127800000"),
    ("excel", "45361.979166666664"),
)


def test_every_way_to_name_a_moment_is_that_moment_or_refused(engine, tmp_path):
    lines = [f'o{number:02},C1,"{text}",1' for number, text in enumerate((*OF_THE_MOMENT, *REFUSED))]
    orders(engine, tmp_path, *lines, business=NEW_YORK)
    expected = [(f"o{number:02}", MOMENT, date(2024, 3, 10)) for number in range(len(OF_THE_MOMENT))]
    assert clean(engine, "order_id", "ordered_at", "event_date") == expected
    assert reasons(engine) == {len(OF_THE_MOMENT) + n + 1: "unreadable:ordered_at" for n in range(len(REFUSED))}


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "text"), BY_FORMAT)
def test_a_format_reads_the_offset_that_it_or_the_value_names(engine, tmp_path, pattern, text):
    orders(engine, tmp_path, f'o1,C1,"{text}",1', business=NEW_YORK, mapping={"date_format": pattern})
    assert clean(engine, "ordered_at", "event_date") == [(MOMENT, date(2024, 3, 10))]


def test_a_format_does_not_read_an_offset_there_is_none_of(engine, tmp_path):
    orders(engine, tmp_path, "o1,C1,2024-03-10 22:30:00 +99:99,1", mapping={"date_format": "%Y-%m-%d %H:%M:%S %z"})
    assert reasons(engine) == {1: "unreadable:ordered_at"}


def test_a_day_is_the_day_as_written_whatever_offset_stands_behind_it(engine, tmp_path):
    write(tmp_path, "orders", ORDERS, "o1,C1,2025-03-01,10")
    born = ("1980-05-01", "1980-05-01T23:30:00-05:00", "1980-05-01T00:00:00Z", "1980-05-01 00:00:00")
    write(
        tmp_path,
        "customers",
        "customer_id,birth_date",
        *(f"C{number},{text}" for number, text in enumerate((*born, "1980-05-01+99"), 1)),
    )
    clean_all(engine, tmp_path, config({"customers": {}, "orders": {}}))
    assert [day for _, day in rows(engine, "pii.customers", "customer_id", "birth_date")] == [date(1980, 5, 1)] * 4 + [None]


def test_one_moment_out_of_range_is_one_refused_row_also_of_a_file_with_types(engine, tmp_path):
    moments = pa.array([2**63 - 1, 2**62, 1735689600 * 10**6], pa.timestamp("us"))
    table = pa.table({"order_id": ["o1", "o2", "o3"], "customer_id": ["C1"] * 3, "ordered_at": moments, "amount": [1.0] * 3})
    pq.write_table(table, tmp_path / "orders.parquet")
    clean_all(engine, tmp_path, config({"orders": {"files": "orders.parquet"}}))
    assert clean(engine, "order_id", "ordered_at") == [("o3", datetime(2025, 1, 1))]
    assert reasons(engine) == dict.fromkeys((1, 2), "unreadable:ordered_at")


def _of_type(tmp_path, values: pa.Array) -> None:
    rows = {"order_id": ["o1"], "customer_id": ["C1"], "ordered_at": ["2025-01-01"], "amount": values}
    pq.write_table(pa.table(rows), tmp_path / "orders.parquet")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            pa.array([Decimal("1.50")], pa.decimal256(50, 2)),
            "column 'amount' is of type decimal256.50, 2.: numbers of up to 50 digits",
        ),
        (pa.array([{"value": 1}]), "values within values"),
        (pa.array([[1]]), "values within values"),
        (pa.array([b"1"]), "bytes, which are no text"),
    ],
)
def test_types_that_would_be_read_wrong_are_refused_by_name(engine, tmp_path, values, told):
    _of_type(tmp_path, values)
    with pytest.raises(SourceFileError, match=told):
        clean_all(engine, tmp_path, config({"orders": {"files": "orders.parquet"}}))


@pytest.mark.parametrize(
    ("pattern", "told"),
    [("DD.MM.YYYY", "write '%d.%m.%Y'"), ("YYYY-MM-DD HH:mm:ss", "write '%Y-%m-%d %H:%M:%S'"), ("%Y-%Q", "%Q")],
)
def test_a_pattern_that_reads_nothing_is_refused_with_the_one_that_was_meant(pattern, told):
    with pytest.raises(ValidationError, match=told):
        SourceConfig(files="o.csv", date_format=pattern)
