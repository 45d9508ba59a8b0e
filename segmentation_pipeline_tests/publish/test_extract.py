"""A published table as a file: a spreadsheet opens it right and runs nothing of it; Parquet keeps the types."""

from __future__ import annotations

import codecs
import csv
import stat
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.publish.extract import NoExtract, extract

TEXTS = ['Größe; "L", rot', "=HYPERLINK(1)", "-2+3", "line\nbreak", "@x", None]


@pytest.fixture
def publication(tmp_path: Path) -> Path:
    path = tmp_path / "segmentation.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE notes AS SELECT row_number() OVER () AS n, unnest($1) AS text, DATE '2026-06-03' AS day, "
            "-1.50::DECIMAL(18,2) AS money, true AS flag",
            [TEXTS],
        )
    return path


def made(publication: Path, name: str, table: str = "notes") -> Path:
    path = publication.parent / name
    assert extract(publication, EngineConfig(), publication.with_name("tmp"), table, path) == len(TEXTS)
    return path


def test_a_spreadsheet_reads_csv_as_what_it_is_and_runs_nothing(publication: Path) -> None:
    path = made(publication, "notes.csv")
    assert path.read_bytes().startswith(codecs.BOM_UTF8), "by which Excel knows that it is UTF-8"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ['Größe; "L", rot', "'=HYPERLINK(1)", "'-2+3", "line\nbreak", "'@x", ""]
    assert rows[0] == {"n": "1", "text": TEXTS[0], "day": "2026-06-03", "money": "-1.50", "flag": "true"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_parquet_keeps_types_and_texts(publication: Path) -> None:
    path = made(publication, "notes.parquet")
    with duckdb.connect(str(publication), read_only=True) as connection:
        assert connection.execute(f"FROM '{path}'").fetchall() == connection.execute("FROM notes").fetchall()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_extract_of_the_name_is_replaced_and_nothing_is_left_beside_it(publication: Path) -> None:
    first = made(publication, "notes.csv").read_bytes()
    assert made(publication, "notes.csv").read_bytes() == first
    assert {path.name for path in publication.parent.iterdir() if path.is_file()} == {"notes.csv", "segmentation.duckdb"}


@pytest.mark.parametrize(
    ("table", "name", "told"),
    [
        ("note", "notes.csv", "did you mean 'notes'?"),
        ("customers", "notes.csv", "there are: notes"),
        ("notes", "notes.xls", r"ends with \.csv or \.parquet"),
        ("notes", "gone/notes.csv", "cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_told_with_what_can(publication: Path, table: str, name: str, told: str) -> None:
    with pytest.raises(NoExtract, match=told):
        made(publication, name, table)


def test_nothing_published_yet_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoExtract, match="nothing is published yet"):
        made(tmp_path / "segmentation.duckdb", "notes.csv")
