"""A source file loses the records of one person, and keeps every other as it was written."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation_pipeline.config.schema import BusinessConfig, SourceConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights.source_files import NotRewritten, rewrite_source_file
from segmentation_pipeline_tests.engine.workbook_files import write_workbook
from segmentation_pipeline_tests.rights.stones import as_tombstones

STONES = as_tombstones(b"k" * 32, datetime(2026, 6, 1), {Kind.CUSTOMER: ["c1"], Kind.EMAIL: ["ann@canary.test"]})
ROWS = [
    ("T1", "C1", "2026-01-01", "mine"),
    ("T2", "C2", "2026-01-01", 'say "hi", please'),
    ("T3", "C2", "2026-01-01", "write to Ann@canary.test or tom@canary.test"),
    ("T4", " c1", "2026-05-01", "also\nmine"),
    ("T5", "C1", "2026-07-01", "later"),
]
KEPT = [
    ("T2", "C2", "2026-01-01", 'say "hi", please'),
    ("T3", "C2", "2026-01-01", "write to [erased] or tom@canary.test"),
    ("T5", "C1", "2026-07-01", "later"),
]
COLUMNS = ("ticket_id", "customer_id", "opened_at", "topic")


def rewrite(path: Path, file_format: str, **config: object) -> object:
    reading = Reading("support", SourceConfig.model_validate({"files": path.name, **config}), BusinessConfig())
    engine = DuckDBEngine(None)
    try:
        return rewrite_source_file(engine, reading, SourceFile(path, path.name, file_format), STONES)
    finally:
        engine.close()


def test_csv_with_quotes_breaks_blank_and_damaged_lines(tmp_path: Path) -> None:
    path = tmp_path / "support.csv"
    lines = [
        "ticket_id,customer_id,opened_at,topic,extra",
        'T1,C1,2026-01-01,mine,"x"',
        'T2,C2,2026-01-01,"say ""hi"", please",ö',
        "",
        "T3,C2,2026-01-01,write to Ann@canary.test,",
        'T4, c1,2026-05-01,"also\r\nmine",',
        "T9,C1,;ann@canary.test;,too,many,values",
        "T8,C2,2026-01-01,too,many,values",
        "T5,C1,2026-07-01,later,",
    ]
    path.write_bytes("\r\n".join(lines).encode() + b"\r\n")
    change = rewrite(path, "csv")
    assert path.read_bytes().decode() == "\r\n".join(
        [lines[0], lines[2], "T3,C2,2026-01-01,write to [erased],", lines[7], lines[8], ""]
    )
    assert (change.rows_before, change.rows_after, change.blotted) == (7, 4, 1)
    assert rewrite(path, "csv") is None, "what has nobody in it is not touched"
    assert [file.name for file in tmp_path.iterdir()] == ["support.csv"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["support.jsonl", "support.jsonl.gz"])
def test_json_lines_also_compressed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    text = "".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in ROWS)
    text += '{"customer_id": "C2", "topic": \n{"ticket_id": "T7", "mail": "ann@canary.test\n'
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    rewrite(path, "jsonl")
    content = path.read_bytes()
    found = (gzip.decompress(content) if name.endswith(".gz") else content).decode().splitlines()
    assert [tuple(json.loads(line).values()) for line in found[:-1]] == KEPT
    assert found[-1] == '{"customer_id": "C2", "topic": '


def test_parquet_keeps_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "support.parquet"
    table = pa.table(dict(zip(COLUMNS, map(list, zip(*ROWS, strict=True)), strict=True)))
    table = table.set_column(2, "opened_at", table["opened_at"].cast(pa.date32()))
    pq.write_table(table, path)
    rewrite(path, "parquet")
    found = pq.read_table(path)
    assert found.schema == table.schema
    assert [tuple(str(value) for value in row.values()) for row in found.to_pylist()] == KEPT


def test_latin_1_and_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "support.csv"
    path.write_bytes("ticket_id;customer_id;opened_at;topic\nT1;C1;2026-01-01;größe\nT2;C2;2026-01-01;größe\n".encode("latin-1"))
    rewrite(path, "csv", csv={"delimiter": ";", "encoding": "latin-1"})
    assert path.read_bytes() == "ticket_id;customer_id;opened_at;topic\nT2;C2;2026-01-01;größe\n".encode("latin-1")


def test_a_number_that_reads_like_the_key_stays_and_the_record_stays_readable(tmp_path: Path) -> None:
    stones = as_tombstones(b"k" * 32, datetime(2026, 6, 1), {Kind.CUSTOMER: ["24103"]})
    path = tmp_path / "support.jsonl"
    row = '{"ticket_id":"T1", "customer_id":"C2","opened_at":"2026-01-01","postal_code":24103,"price":1.10,"topic":"%s"}\n'
    path.write_text(row % 'he \\"said\\" 24103 24103, not 2410399')
    reading = Reading("support", SourceConfig(files=path.name), BusinessConfig())
    change = rewrite_source_file(DuckDBEngine(None), reading, SourceFile(path, path.name, "jsonl"), stones)
    assert change is not None
    assert path.read_text() == row % 'he \\"said\\" [erased] [erased], not 2410399'


def test_a_workbook_that_holds_a_person_is_left_as_it_is_and_told(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "support.xlsx", {"Cases": [COLUMNS, *ROWS]})
    before = path.read_bytes()
    with pytest.raises(NotRewritten, match=r"support.xlsx: a workbook is not rewritten, and holds 3 records of the erased"):
        rewrite(path, "xlsx")
    assert path.read_bytes() == before
    others = write_workbook(tmp_path / "others.xlsx", {"Cases": [COLUMNS, ROWS[1]]})
    assert rewrite(others, "xlsx") is None


def test_a_record_is_a_persons_by_what_a_second_file_says(tmp_path: Path) -> None:
    path = tmp_path / "support.csv"
    lines = ["ticket_id,card,opened_at,topic", "T1,7,2026-01-01,mine", "T2,8,2026-01-01,other", "T3,9,2026-01-01,nobody"]
    path.write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "cards.csv").write_text("card,owner\n7,C1\n8,C2\n")
    config = {
        "files": "support.csv",
        "lookup": {"cards": {"files": "cards.csv", "key": "card"}},
        "columns": {"ticket_id": "ticket_id", "customer_id": "cards.owner", "opened_at": "opened_at", "topic": "topic"},
    }
    reading = Reading("support", SourceConfig.model_validate(config), BusinessConfig())
    engine = DuckDBEngine(None)
    change = rewrite_source_file(engine, reading, SourceFile(path, path.name, "csv", tmp_path), STONES)
    engine.close()
    assert change is not None and (change.rows_before, change.rows_after) == (3, 2)
    assert path.read_text() == "".join(f"{line}\n" for line in (lines[0], *lines[2:])), "one whose card is unknown stays"
