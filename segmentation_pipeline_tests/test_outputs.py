"""What two versions publish is compared to the last value; only what names the program may differ."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline_tests.outputs import compare, main

PROFILE = "CREATE TABLE profile AS SELECT * FROM (VALUES ('C1', 3, 0.5), ('C2', 7, NULL)) v(customer_id, orders, clv)"
PUBLICATION = "CREATE TABLE publication AS SELECT 'profile' AS table_name, 2 AS row_count, {} AS fingerprint"


def _kept(folder: Path, *statements: str, fingerprint: int = 1, audience: str = "C1") -> Path:
    project = folder / "shop"
    (project / "files").mkdir(parents=True)
    with duckdb.connect(str(project / "segmentation.duckdb")) as con:
        for statement in (PROFILE, PUBLICATION.format(fingerprint), *statements):
            con.execute(statement)
    (project / "files" / "audience.csv").write_text(f"customer_id\n{audience}\n")
    manifest = {"publication_id": fingerprint, "files": {"audience.csv": {"rows": 1}}}
    (project / "files" / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _differing(before: Path, after: Path) -> list[str]:
    return [words for equal, words in compare(before, after) if not equal]


def test_the_name_of_the_program_is_no_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = _kept(tmp_path / "before"), _kept(tmp_path / "after", fingerprint=2)
    assert main(["compare", str(before), str(after)]) == 0
    assert capsys.readouterr().out.endswith("all 3 equal\n")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE profile SET clv = 0 WHERE clv IS NULL", "clv differs in 1, such as C2: None was, Decimal('0.0') is"),
        ("INSERT INTO profile VALUES ('C3', 1, 0)", "1 keys only after, such as C3"),
        ("INSERT INTO profile FROM profile", "0 of 2 rows only before, 2 of 4 only after"),
        ("ALTER TABLE profile ALTER orders TYPE BIGINT", "type of orders: 'INTEGER' was, 'BIGINT' is"),
        ("ALTER TABLE profile RENAME orders TO purchases", "columns only before: orders"),
        ("COMMENT ON COLUMN profile.orders IS 'How many'", "comment of orders: None was, 'How many' is"),
        ("DROP TABLE profile", "profile: only before"),
        ("CREATE MACRO twice(a) AS 2 * a", "function twice: none was, is: (2 * a)"),
    ],
)
def test_every_other_difference_is_told(tmp_path: Path, change: str, words: str) -> None:
    before, after = _kept(tmp_path / "before"), _kept(tmp_path / "after", change)
    [told] = _differing(before, after)
    assert words in told


def test_files_of_audiences_are_compared_line_by_line(tmp_path: Path) -> None:
    before, after = _kept(tmp_path / "before"), _kept(tmp_path / "after", audience="C2")
    (after / "shop" / "files" / "one_more.csv").write_text("")
    assert _differing(before, after) == [
        "shop  audience.csv: 1 lines only before, such as C1; 1 lines only after, such as C2",
        "shop  one_more.csv: only after",
    ]


def test_a_project_on_one_side_only_differs(tmp_path: Path) -> None:
    before, after = _kept(tmp_path / "before"), tmp_path / "after"
    after.mkdir()
    assert _differing(before, after) == [f"shop: only in {before}"]
