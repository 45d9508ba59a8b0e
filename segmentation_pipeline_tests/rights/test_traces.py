"""What programs wrote down about a person beside the tables is found, and blotted out of the bytes."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

from segmentation_pipeline.rights.traces import clear_temporary, erase_traces, files_holding
from segmentation_pipeline_tests.engine.workbook_files import write_workbook

WORDS = ["CANARY-17", "ann@canary.test"]


def test_reports_and_records_lose_the_words_and_nothing_else(tmp_path: Path) -> None:
    page, database, picture = tmp_path / "a" / "page.html", tmp_path / "runs.db", tmp_path / "x.png"
    page.parent.mkdir()
    page.write_text("<td>canary-17</td><td>canary-178</td> Ann@Canary.test,", encoding="utf-8")
    picture.write_bytes(b"\x89PNG canary-17")
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, event TEXT)")
        connection.executemany("INSERT INTO events (event) VALUES (?)", [("step of canary-17 failed",), ("fine",), (None,)])
    connection.close()
    (tmp_path / "other.txt").write_text("nobody")
    assert files_holding(tmp_path, WORDS) == [page, database, picture]
    assert files_holding(tmp_path, WORDS, leave={page.parent}) == [database, picture]
    change = erase_traces(page, WORDS)
    assert change is not None
    assert page.read_text(encoding="utf-8") == "<td>[erased]</td><td>canary-178</td> [erased],"
    assert erase_traces(database, WORDS) is not None
    assert b"canary-17" not in database.read_bytes().lower()
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT event FROM events ORDER BY id").fetchall() == [
            ("step of [erased] failed",),
            ("fine",),
            (None,),
        ]
    connection.close()
    assert erase_traces(picture, WORDS) is None, "what cannot be rewritten is left, and told by the search afterwards"


def test_a_word_across_two_pieces_of_a_large_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(b"x" * ((1 << 22) - 4) + b"canary-17" + b"x" * 100)
    assert files_holding(tmp_path, WORDS) == [path]
    assert files_holding(tmp_path, ["c1"]) == [], "short keys are in every file"


def test_temporary_files_go(tmp_path: Path) -> None:
    (tmp_path / "spill").mkdir()
    (tmp_path / "spill" / "block").write_text("canary")
    (tmp_path / "rewritten.csv").write_text("canary")
    assert clear_temporary(tmp_path) == 2
    assert list(tmp_path.iterdir()) == []
    assert clear_temporary(tmp_path / "nowhere") == 0


def test_what_is_within_a_workbook_or_a_compressed_file_is_found(tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "list.xlsx", {"Orders": [["id"]], "Notes": [["call Ann@canary.test"]]})
    squeezed, damaged = tmp_path / "list.csv.gz", tmp_path / "part.xlsx"
    squeezed.write_bytes(gzip.compress(b"id\ncanary-17\n"))
    damaged.write_bytes(b"PK canary-17")
    write_workbook(tmp_path / "nobody.xlsx", {"Orders": [["id"]]})
    assert files_holding(tmp_path, WORDS) == [squeezed, book, damaged]
