"""What one look through the characters tells, and files written anew."""

from __future__ import annotations

import pytest

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.engine import text_files
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.text_files import BrokenRecord, TextScan, rewrite_csv, scan


def test_a_scan_sees_what_matters_even_across_pieces(tmp_path, monkeypatch):
    path = tmp_path / "f.csv"
    cases = {
        "a,b\n1,2\n": TextScan(False, False, False, False),
        'a,b\n1,"x\n': TextScan(True, False, False, False),
        'a,b\r\n1,"x"\r\n': TextScan(False, False, False, False),
        "a,b\r\n1,2\n": TextScan(False, True, False, False),
        "a,b\r\n\r\n1,2\r\n": TextScan(False, False, True, False),
        "\na,b\n1,2\n": TextScan(False, False, False, True),
    }
    for size in (1, 2, 3, 1 << 20):
        monkeypatch.setattr(text_files, "_CHUNK", size)
        for text, expected in cases.items():
            path.write_bytes(text.encode())
            assert scan(path, CsvOptions()) == expected, (size, text)


def test_rewriting_keeps_the_number_of_records(tmp_path):
    path, target = tmp_path / "f.csv", tmp_path / "g.csv"
    path.write_bytes(b'a,b\r\n1,"two\nlines"\n\n2,"stray\n3,4\r\n')
    assert rewrite_csv(path, target, CsvOptions(), 2, 2, False) == [BrokenRecord(2, "malformed:unquoted_value", '2,"stray')]
    assert target.read_bytes() == b'a,b\n1,"two\nlines"\nx,x,x\n3,4\n'


def test_a_quote_that_is_not_closed_soon_is_a_stray_one(tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "MAX_RECORD_LINES", 3)
    path, target = tmp_path / "f.csv", tmp_path / "g.csv"
    path.write_text('a\n"1\n2\n3"\n"1\n2\n3\n4\n5"\n')
    broken = rewrite_csv(path, target, CsvOptions(), 1, 1, False)
    assert [record.line for record in broken] == ['"1']
    assert target.read_text() == 'a\n"1\n2\n3"\nx,x\n2\n3\n4\n5"\n'


def test_a_wrong_quote_is_told_instead_of_a_million_broken_records(tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "MAX_BROKEN_RECORDS", 3)
    path = tmp_path / "f.csv"
    path.write_text("a,b\n" + "'s,2\n" * 4)
    with pytest.raises(SourceFileError, match=r"more than 3 records have broken quotes, the first is record 1\. Is ' the quote"):
        rewrite_csv(path, tmp_path / "g.csv", CsvOptions(quote="'"), 2, 2, False)
