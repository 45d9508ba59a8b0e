"""Two publications are compared row by row, whatever makes them differ."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.published_diff import TableDiff, compare, differing

SAME = "CREATE TABLE t AS SELECT * FROM (VALUES (1, 'a', NULL), (1, 'a', NULL), (2, 'b', 0.5)) v(i, s, d)"


def _file(path: Path, *statements: str) -> Path:
    with duckdb.connect(str(path)) as con:
        for statement in statements:
            con.execute(statement)
    return path


def test_equal_files_differ_in_nothing_whatever_the_order_of_rows(tmp_path: Path) -> None:
    left = _file(tmp_path / "left.duckdb", SAME)
    right = _file(tmp_path / "it's right.duckdb", f"{SAME} ORDER BY i DESC")
    assert compare(left, right) == [TableDiff("t", 3, 0, 0)]
    assert differing(compare(left, right)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param("UPDATE t SET s = 'c' WHERE i = 2", TableDiff("t", 3, 1, 1), id="a value"),
        pytest.param("UPDATE t SET d = 0 WHERE d IS NULL", TableDiff("t", 3, 2, 2), id="null is not nought"),
        pytest.param("INSERT INTO t VALUES (2, 'b', 0.5)", TableDiff("t", 3, 0, 1), id="a row once more"),
        pytest.param("DELETE FROM t WHERE i = 2", TableDiff("t", 3, 1, 0), id="a row less"),
        pytest.param("ALTER TABLE t ALTER i TYPE BIGINT", TableDiff("t", 3, 3, 3), id="another type"),
        pytest.param("DROP TABLE t", TableDiff("t", 3, 3, 0), id="no table"),
    ],
)
def test_every_difference_is_counted(tmp_path: Path, change: str, expected: TableDiff) -> None:
    left, right = _file(tmp_path / "left.duckdb", SAME), _file(tmp_path / "right.duckdb", SAME, change)
    assert compare(left, right) == [expected]
    [words] = differing(compare(left, right))
    assert words.startswith("t: ")


def test_a_table_only_the_second_file_has_differs(tmp_path: Path) -> None:
    left = _file(tmp_path / "left.duckdb", "CREATE TABLE t AS SELECT 1 AS i")
    right = _file(tmp_path / "right.duckdb", "CREATE TABLE t AS SELECT 1 AS i", "CREATE TABLE u AS SELECT 1 AS i")
    assert differing(compare(left, right)) == ["u: 0 rows only in the first, 1 only in the second"]
