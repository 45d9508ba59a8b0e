"""Every record of a source file is read or told to be malformed, with its right number."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from segmentation_pipeline.config.schema import CsvOptions, EngineConfig
from segmentation_pipeline.engine.base import FileRead, SourceFileError
from segmentation_pipeline.engine.duckdb import DuckDBEngine

AB = ("a", "b")


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def read(engine: DuckDBEngine, path: Path, file_format: str = "csv", columns: tuple[str, ...] = AB, **options: str) -> FileRead:
    return engine.read_file(path, file_format, columns, CsvOptions.model_validate(options))


def good(engine: DuckDBEngine, found: FileRead) -> list[tuple[object, ...]]:
    """(number, values...) of the good records, in order."""
    rows = engine.rows(found.records.order_by("_row"))
    return [(row["_row"], *(value for name, value in row.items() if name != "_row")) for row in rows]


def bad(engine: DuckDBEngine, found: FileRead) -> list[tuple[object, ...]]:
    rows = engine.rows(found.malformed.order_by("_row"))
    return [(row["_row"], row["reason"], row["line"]) for row in rows]


CSV_CASES: dict[str, tuple[bytes, dict[str, str], list[tuple[object, ...]], list[tuple[object, ...]]]] = {
    "plain": (b"a,b\n1,2\n3,4\n", {}, [(1, "1", "2"), (2, "3", "4")], []),
    "no line end at the end": (b"a,b\n1,2\n3,4", {}, [(1, "1", "2"), (2, "3", "4")], []),
    "byte order mark": (b"\xef\xbb\xbfa,b\n1,2\n", {}, [(1, "1", "2")], []),
    "empty values are null": (b"a,b\n,2\n3,\n", {}, [(1, None, "2"), (2, "3", None)], []),
    "quoted line break": (b'a,b\n"x\ny",2\n3,4\n', {}, [(1, "x\ny", "2"), (2, "3", "4")], []),
    "doubled quotes": (b'a,b\n"say ""hi""",2\n', {}, [(1, 'say "hi"', "2")], []),
    "inch mark inside a value": (b'a,b\n12" vinyl,2\n3,4\n', {}, [(1, '12" vinyl', "2"), (2, "3", "4")], []),
    "semicolon": (b"a;b\n1;2,5\n", {"delimiter": ";"}, [(1, "1", "2,5")], []),
    "tab": (b"a\tb\n1\t2\n", {"delimiter": "\t"}, [(1, "1", "2")], []),
    "single quotes": (b"a,b\n'x,y',2\n", {"quote": "'"}, [(1, "x,y", "2")], []),
    "Windows line ends": (b'a,b\r\n1,2\r\n"x\r\ny",4\r\n', {}, [(1, "1", "2"), (2, "x\r\ny", "4")], []),
    "old Mac line ends": (b"a,b\r1,2\r3,4\r", {}, [(1, "1", "2"), (2, "3", "4")], []),
    "mixed line ends": (b"a,b\r\n1,2\n3,4\r\n", {}, [(1, "1", "2"), (2, "3", "4")], []),
    "latin-1": (b"a,b\nM\xfcller,2\n", {"encoding": "latin-1"}, [(1, "Müller", "2")], []),
    "utf-16": ("a,b\nMüller,2\n".encode("utf-16"), {"encoding": "utf-16"}, [(1, "Müller", "2")], []),
    "header only": (b"a,b\n", {}, [], []),
    "header only, no line end": (b"a,b", {}, [], []),
    "blank lines do not count": (
        b"a,b\n\n1,2\n\n3,4,5\n6,7\n\n8,9\n",
        {},
        [(1, "1", "2"), (3, "6", "7"), (4, "8", "9")],
        [(2, "malformed:too_many_columns", "3,4,5")],
    ),
    "leading blank line": (b"\na,b\n1,2\n", {}, [(1, "1", "2")], []),
    "too many columns": (b"a,b\n1,2,3\n4,5\n", {}, [(2, "4", "5")], [(1, "malformed:too_many_columns", "1,2,3")]),
    "too few columns": (b"a,b\n4,5\n1\n", {}, [(1, "4", "5")], [(2, "malformed:missing_columns", "1")]),
    "malformed in a row": (
        b"a,b\n1,2\n1\n1,2,3\n3,4\n1,2,3\n5,6\n",
        {},
        [(1, "1", "2"), (4, "3", "4"), (6, "5", "6")],
        [
            (2, "malformed:missing_columns", "1"),
            (3, "malformed:too_many_columns", "1,2,3"),
            (5, "malformed:too_many_columns", "1,2,3"),
        ],
    ),
    "malformed after a quoted line break": (
        b'a,b\n"x\ny",2\n1,2,3\n4,5\n',
        {},
        [(1, "x\ny", "2"), (3, "4", "5")],
        [(2, "malformed:too_many_columns", "1,2,3")],
    ),
    "text after a closing quote": (
        b'a,b\n1,"x"y\n3,4\n',
        {},
        [(2, "3", "4")],
        [(1, "malformed:unquoted_value", '1,"x"y')],
    ),
    "stray quote": (b'a,b\n1,"x\n3,4\n5,6\n', {}, [(2, "3", "4"), (3, "5", "6")], [(1, "malformed:unquoted_value", '1,"x')]),
    "two stray quotes": (
        b'a,b\n1,"x\n3,4\n5,"y\n7,8\n',
        {},
        [(2, "3", "4"), (4, "7", "8")],
        [(1, "malformed:unquoted_value", '1,"x'), (3, "malformed:unquoted_value", '5,"y')],
    ),
    "cut off inside quotes": (b'a,b\n1,2\n3,"ab', {}, [(1, "1", "2")], [(2, "malformed:unquoted_value", '3,"ab')]),
    "stray quote beside other faults": (
        b'a,b\n1,"x\n\xff,4\n5,6,7\n8,\xc3\xa9\n',
        {},
        [(4, "8", "é")],
        [
            (1, "malformed:unquoted_value", '1,"x'),
            (2, "malformed:invalid_encoding", "?,4"),
            (3, "malformed:too_many_columns", "5,6,7"),
        ],
    ),
    "invalid UTF-8": (b"a,b\n\xff\xfe,2\n3,\xc3\xa9\n", {}, [(2, "3", "é")], [(1, "malformed:invalid_encoding", "??,2")]),
    "several faults in a record": (
        b"a,b\n\xff,2,3\n3,\xc3\xa9\n",
        {},
        [(2, "3", "é")],
        [(1, "malformed:invalid_encoding;malformed:too_many_columns", "?,2,3")],
    ),
    "unnamed columns": (b"a,b,,\n1,2,,\n3,4,x,y\n", {}, [(1, "1", "2"), (2, "3", "4")], []),
    "names that differ in case": (b"a,b,A,_row\n1,2,3,9\n", {}, [(1, "1", "2")], []),
    "line break in the header": (
        b'a,b,"c\nd"\n1,2,3\n1,2,3,4\n5,6,7\n',
        {},
        [(1, "1", "2"), (3, "5", "6")],
        [(2, "malformed:too_many_columns", "1,2,3,4")],
    ),
}


@pytest.mark.parametrize("case", CSV_CASES)
def test_csv_records(engine, tmp_path, case):
    data, options, records, malformed = CSV_CASES[case]
    path = tmp_path / "f.csv"
    path.write_bytes(data)
    found = read(engine, path, **options)
    assert good(engine, found) == records
    assert bad(engine, found) == malformed


@pytest.mark.parametrize("name", ["orders[1].csv", "orders*.csv", "b=7/orders.csv", "it's.csv", "Bücher ä.csv"])
def test_a_file_is_that_file_alone_whatever_its_name(engine, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    (tmp_path / "orders1.csv").write_text("a,b\nother,file\n")
    path.write_text("a,b\n1,2\n")
    assert good(engine, read(engine, path)) == [(1, "1", "2")]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_compressed_files_are_read_and_cut_off_ones_refused(engine, tmp_path, ending):
    text = b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(50_000))
    packed = gzip.compress(text) if ending == ".gz" else zstandard.compress(text)
    path = tmp_path / f"f.csv{ending}"
    path.write_bytes(packed)
    assert engine.count(read(engine, path).records) == 50_000
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(SourceFileError, match=r"f\.csv.*cannot be read"):
        read(engine, path)
    path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(SourceFileError, match=r"f\.csv.*cannot be read"):
        read(engine, path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "f.csv: the file is empty"),
        (b"\n\n", "f.csv: the file is empty"),
        (b"a,M\xfcnze\n1,2\n", "is not utf-8. Name its encoding under csv.encoding"),
    ],
)
def test_headers_that_say_nothing_are_refused(engine, tmp_path, content, message):
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(SourceFileError, match=message):
        engine.file_columns(path, "csv", CsvOptions())
    with pytest.raises(SourceFileError, match=message):
        read(engine, path)


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_folders_missing_files_and_other_formats_are_told_by_name(engine, tmp_path, file_format):
    folder, missing = tmp_path / "folder.x", tmp_path / "missing.x"
    folder.mkdir()
    for path in (folder, missing):
        with pytest.raises(SourceFileError, match=path.name):
            engine.file_columns(path, file_format, CsvOptions())
        with pytest.raises(SourceFileError, match=path.name):
            read(engine, path, file_format)


def test_text_that_calls_itself_parquet_is_refused(engine, tmp_path):
    path = tmp_path / "f.parquet"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(SourceFileError, match=r"f\.parquet: cannot be read"):
        read(engine, path, "parquet")


def test_a_parquet_file_damaged_in_the_middle_is_told_when_its_records_are_read(engine, tmp_path):
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"a": [f"value {n}" for n in range(20_000)], "b": list(range(20_000))}), path)
    content = bytearray(path.read_bytes())
    content[200:20_000] = b"\xff" * 19_800
    path.write_bytes(content)
    with pytest.raises(SourceFileError, match=r"f\.parquet: cannot be read"), engine.reading(path):
        engine.write("a.t", read(engine, path, "parquet").records)


def test_columns_the_file_lacks_are_null(engine, tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("b,a\n1,2\n")
    assert good(engine, read(engine, path, columns=("a", "c"))) == [(1, "2", None)]
    assert engine.file_columns(path, "csv", CsvOptions()) == ["b", "a"]


def _large(path: Path, records: int, *, stray_quote: int | None = None) -> tuple[list[int], list[int]]:
    """Records that bear their own number, some with line breaks, some malformed; the numbers of good and bad ones."""
    good_ones, bad_ones, padding = [], [], "p" * 120
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("a,b\n")
        for number in range(1, records + 1):
            if number == stray_quote:
                line, target = f'{number},"{padding}\n', bad_ones
            elif number % 9973 == 0:
                line, target = f"{number},{padding},extra\n", bad_ones
            elif number % 7919 == 0:
                line, target = f"{number}\n", bad_ones
            elif number % 1000 == 0:
                line, target = f'{number},"new\nline {padding}"\n', good_ones
            else:
                line, target = f"{number},{padding}\n", good_ones
            file.write(line)
            target.append(number)
    return good_ones, bad_ones


@pytest.mark.slow
@pytest.mark.parametrize("stray_quote", [None, 10, 250_001])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_file_larger_than_the_readers_buffer_keeps_every_record_and_its_number(tmp_path, threads, stray_quote):
    path = tmp_path / "large.csv"
    good_ones, bad_ones = _large(path, 300_000, stray_quote=stray_quote)
    engine = DuckDBEngine(None, EngineConfig(threads=threads))
    found = read(engine, path)
    records = found.records
    assert engine.count(records) == len(good_ones)
    assert engine.count(records.filter(records.a.cast("int64") != records._row)) == 0
    assert [row[0] for row in bad(engine, found)] == bad_ones
    engine.close()


def test_a_compressed_file_with_a_stray_quote_keeps_the_other_records(engine, tmp_path):
    path = tmp_path / "f.csv.gz"
    lines = [f'{number},"x\n' if number == 5 else f"{number},x\n" for number in range(1, 30_001)]
    path.write_bytes(gzip.compress(("a,b\n" + "".join(lines)).encode()))
    found = read(engine, path)
    assert engine.count(found.records) == 29_999
    assert bad(engine, found) == [(5, "malformed:unquoted_value", '5,"x')]


def test_a_record_too_long_for_the_reader_is_one_malformed_record(engine, tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(f"a,b\n1,2\n3,{'x' * 3_000_000}\n5,6\n")
    found = read(engine, path)
    assert good(engine, found) == [(1, "1", "2"), (3, "5", "6")]
    assert [row[:2] for row in bad(engine, found)] == [(2, "malformed:line_size_over_maximum")]


JSON_CASES: dict[str, tuple[bytes, list[tuple[object, ...]], list[tuple[object, ...]]]] = {
    "plain": (b'{"a": 1, "b": "x"}\n{"b": null, "a": "2"}\n', [(1, "1", "x"), (2, "2", None)], []),
    "nested values stay JSON": (b'{"a": {"c": 1}, "b": [1]}\n', [(1, '{"c":1}', "[1]")], []),
    "escapes": (b'{"a": "say \\"hi\\", ok", "b": "l1\\nl2"}\n', [(1, 'say "hi", ok', "l1\nl2")], []),
    "byte order mark": (b'\xef\xbb\xbf{"a": 1}\n', [(1, "1", None)], []),
    "Windows line ends": (b'{"a": 1}\r\n{"a": 2}\r\n', [(1, "1", None), (2, "2", None)], []),
    "blank lines do not count": (b'\n{"a": 1}\n\n{"a": 2}\n', [(1, "1", None), (2, "2", None)], []),
    "not an object": (
        b'{"a": 1}\nnope\n[1]\n3\n{"a": 2}\n',
        [(1, "1", None), (5, "2", None)],
        [(2, "malformed:invalid_json", "nope"), (3, "malformed:invalid_json", "[1]"), (4, "malformed:invalid_json", "3")],
    ),
    "cut off": (b'{"a": 1}\n{"a":', [(1, "1", None)], [(2, "malformed:invalid_json", '{"a":')]),
    "invalid UTF-8": (
        b'{"a": 1}\n{"a": "\xff"}\n\n{"a": 3}\n',
        [(1, "1", None), (3, "3", None)],
        [(2, "malformed:invalid_encoding", '{"a": "?"}')],
    ),
    "nothing": (b"", [], []),
}


@pytest.mark.parametrize("case", JSON_CASES)
def test_json_lines(engine, tmp_path, case):
    data, records, malformed = JSON_CASES[case]
    for path, content in ((tmp_path / "f.jsonl", data), (tmp_path / "f.jsonl.gz", gzip.compress(data))):
        path.write_bytes(content)
        found = read(engine, path, "jsonl")
        assert good(engine, found) == records
        assert bad(engine, found) == malformed


def test_a_json_object_that_says_two_things_under_one_key_is_malformed(engine, tmp_path):
    path = tmp_path / "f.jsonl"
    twofold = ['{"a": "no", "b": 2, "a": "yes"}', '{"b": 1, "\\u0062": 2}', '{"a": null, "a": "yes"}']
    harmless = ['{"a": "yes", "b": 2, "a": "yes"}', '{"a": "yes", "other": 1, "other": 2}']
    path.write_text("\n".join(twofold + harmless) + "\n")
    found = read(engine, path, "jsonl")
    assert good(engine, found) == [(4, "yes", "2"), (5, "yes", None)]
    assert bad(engine, found) == [(n, "malformed:repeated_key", line) for n, line in enumerate(twofold, start=1)]


def test_json_columns_are_those_of_all_records(engine, tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text('{"a": 1}\n' * 3_000 + 'broken\n{"rare key": 1}\n')
    assert engine.file_columns(path, "jsonl", CsvOptions()) == ["a", "rare key"]


def test_a_cut_off_json_archive_is_refused(engine, tmp_path):
    path = tmp_path / "f.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(b'{"a": %d}\n' % number for number in range(20_000)))[:2_000])
    for attempt in (lambda: read(engine, path, "jsonl"), lambda: engine.file_columns(path, "jsonl", CsvOptions())):
        with pytest.raises(SourceFileError, match=r"f\.jsonl\.gz: cannot be read"):
            attempt()


def test_parquet_keeps_types_numbers_rows_and_ignores_the_folders_name(engine, tmp_path):
    path = tmp_path / "b=7" / "f[1].parquet"
    path.parent.mkdir()
    at = datetime(2025, 3, 1, 12, tzinfo=UTC)
    pq.write_table(pa.table({"a": [1, 2], "b": [0.5, None], "at": [at, None], "nested": [{"x": 1}, None]}), path)
    assert engine.file_columns(path, "parquet", CsvOptions()) == ["a", "b", "at", "nested"]
    found = read(engine, path, "parquet", ("a", "b", "missing"))
    assert good(engine, found) == [(1, 1, 0.5, None), (2, 2, None, None)]
    assert bad(engine, found) == []
    assert str(found.records.schema()["b"]) == "float64" and str(found.records.schema()["missing"]) == "string"


@pytest.mark.parametrize("encoding", ["windows-1252", "latin-1", "cp850", "shift_jis"])
def test_a_file_that_is_utf8_is_read_as_no_other_encoding_that_is_said(engine, tmp_path, encoding):
    """Else two letters would stand for each that is not ASCII, and a key or an address be another one."""
    path = tmp_path / "f.csv"
    path.write_text("a,b\n1,Müller\n", encoding="utf-8")
    with pytest.raises(SourceFileError, match=f"f.csv: the file is utf-8, and csv.encoding in sources.yaml says {encoding}"):
        read(engine, path, encoding=encoding)
    path.write_text("a,b\n1,Mueller\n", encoding="utf-8")
    assert good(engine, read(engine, path, encoding=encoding)) == [(1, "1", "Mueller")]
