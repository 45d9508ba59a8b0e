"""Files as people really export them: read right, or refused with the setting that is missing."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline_tests.clean.project import ORDERS, clean, clean_all, config, reasons, rows

COLUMNS = {name: name for name in ORDERS.split(",")}


def _clean(engine, tmp_path: Path, content: bytes, name: str = "orders.csv", **source: object):
    (tmp_path / name).write_bytes(content)
    return clean_all(engine, tmp_path, config({"orders": {"files": name, **source}}))["orders"]


def test_lines_before_the_names_a_separator_line_blank_rows_and_repeated_headers_are_no_records(engine, tmp_path):
    body = f"Report of 2025-04-01\r\n\r\nsep=;\r\n{ORDERS}\r\no1,C1,2025-03-01,10\r\n".replace(",", ";")
    body += f"{ORDERS}\r\no2,C1,2025-03-01,11\r\n,,,\r\n\r\n , ,,\r\n".replace(",", ";")
    account = _clean(engine, tmp_path, body.encode(), csv={"delimiter": ";", "skip_lines": 2})
    assert clean(engine, "order_id", "_row") == [("o1", 1), ("o2", 3)]
    assert account.skipped_by_name == {"blank rows": 2, "repeated headers": 1} and account.read == 5


def test_a_separator_line_is_no_header_by_itself(engine, tmp_path):
    _clean(engine, tmp_path, f"sep=,\n{ORDERS}\no1,C1,2025-03-01,10\n".encode())
    assert clean(engine, "order_id", "_row") == [("o1", 1)]
    _clean(engine, tmp_path, gzip.compress(f"sep=,\n{ORDERS}\no1,C1,2025-03-01,10\n".encode()), "orders.csv.gz")
    assert clean(engine, "order_id") == [("o1",)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f"Orders\n\n{ORDERS}\no1,C1,2025-03-01,10\n", "stand in line 3: set csv.skip_lines: 2"),
        (f"{ORDERS}\no1,C1,2025-03-01,10\n".replace(",", ";"), "set csv.delimiter: ';'"),
        (f"{ORDERS}\no1,C1,2025-03-01,10\n".replace(",", "\t"), r'set csv.delimiter: "\\t"'),
    ],
)
def test_a_file_with_another_shape_is_refused_with_the_setting(engine, tmp_path, content, told):
    with pytest.raises(SourceFileError, match=told):
        _clean(engine, tmp_path, content.encode())


def test_columns_nobody_reads_may_lack_at_the_end_of_a_record_and_no_others(engine, tmp_path):
    header = f"{ORDERS},note,tags"
    lines = [
        "1,a,2025-03-01,5.00,x,y",
        "2,b,2025-03-02,6.00",
        "3,c,2025-03-02,6.00,y,z,w",
        "4,d,2025-03-02",
        '5,e,2025-03-03,"7,5",q',
    ]
    _clean(engine, tmp_path, "\n".join([header, *lines, ""]).encode())
    assert clean(engine, "order_id") == [("1",), ("2",)]
    found = reasons(engine)
    assert set(found) == {3, 4, 5} and found[4].startswith("malformed") and found[5] == "unreadable:amount"


def test_a_record_cut_off_at_the_end_of_a_file_is_refused(engine, tmp_path):
    _clean(engine, tmp_path, f"{ORDERS},note\n1,a,2025-03-01,5.00,x\n2,b,2025-03-02,123".encode())
    assert clean(engine, "order_id") == [("1",)] and "malformed" in reasons(engine)[2]


TEXT = f"{ORDERS},channel\nB1,M\u00fcller,2025-03-10,10.00,Shop \u20ac\nB2,O\u2019Brien,2025-03-11,20.00,x\n"


@pytest.mark.parametrize("encoding", ["windows-1252", "latin-1"])
def test_a_file_of_windows_is_read_by_either_of_its_names(engine, tmp_path, encoding):
    _clean(engine, tmp_path, TEXT.encode("windows-1252"), csv={"encoding": encoding})
    assert clean(engine, "customer_id", "channel") == [("M\u00fcller", "Shop \u20ac"), ("O\u2019Brien", "x")]


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        (TEXT, "windows-1252", "windows-1252 .',Müll'."),
        (
            f"{ORDERS}\nB1,Wi\u015bniewski,2025-03-10,10\nB2,Kowalska \u0142\u00f3d\u017a,2025-03-10,10\n",
            "windows-1250",
            "windows-1250",
        ),
        (TEXT, "utf-16", "utf-16 .'order_id,customer_id,ordered_at,amount,channel'."),
    ],
)
def test_a_file_that_is_no_utf_8_stops_with_the_encoding_and_what_it_would_read(engine, tmp_path, text, encoding, told):
    with pytest.raises(SourceFileError, match=told) as stop:
        _clean(engine, tmp_path, text.encode(encoding))
    assert "csv.encoding" in str(stop.value)


def test_bad_rows_of_a_file_of_utf_8_are_refused_one_by_one(engine, tmp_path):
    lines = [f"{ORDERS}\n".encode(), "1,J\u00f6rg,2025-03-01,1\n".encode(), b"2,J\xf6rg,2025-03-01,1\n"]
    _clean(engine, tmp_path, b"".join(lines))
    assert clean(engine, "order_id") == [("1",)] and list(reasons(engine)) == [2]


def test_a_name_twice_in_the_header_matters_only_where_it_is_read(engine, tmp_path):
    header = f"{ORDERS},tag,tag"
    _clean(engine, tmp_path, f"{header}\n1,a,2025-03-01,5,x,y\n".encode())
    assert clean(engine, "order_id") == [("1",)]
    with pytest.raises(SourceFileError, match="'tag' appears more than once"):
        _clean(engine, tmp_path, f"{header}\n1,a,2025-03-01,5,x,y\n".encode(), columns={**COLUMNS, "channel": "tag"})


def test_every_record_is_accounted_for(engine, tmp_path):
    account = _clean(engine, tmp_path, f"{ORDERS}\n1,a,2025-03-01,5\n,,,\n2,b,2025-03-01\n".encode())
    assert (account.read, account.clean, account.quarantined, account.skipped) == (3, 1, 1, 1)
    assert [cause for (cause,) in rows(engine, tables.LEFT_OUT, "cause")] == ["skipped:blank rows"]
