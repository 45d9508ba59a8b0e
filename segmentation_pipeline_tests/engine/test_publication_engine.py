"""A finished publication can be computed with, whichever engine made it, and stays as it is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.published import publication_engine


@pytest.fixture(params=["duckdb", "parquet"])
def publication(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One table of three rows, as the file of DuckDB or the folders Spark writes behind a link."""
    if request.param == "duckdb":
        with duckdb.connect(str(tmp_path / "p.duckdb")) as connection:
            connection.execute("CREATE TABLE people AS FROM (VALUES ('a', 1), ('b', 2), ('c', NULL)) t(name, n)")
        return tmp_path / "p.duckdb"
    folder = tmp_path / "generation" / "people"
    folder.mkdir(parents=True)
    for number, rows in enumerate(("('a', 1)", "('b', 2), ('c', NULL)")):
        duckdb.execute(f"COPY (FROM (VALUES {rows}) t(name, n)) TO '{folder}/{number}.parquet'")
    (tmp_path / "p.parquet").symlink_to(folder.parent)
    return tmp_path / "p.parquet"


def test_published_tables_are_read_and_nothing_is_written(publication: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    with publication_engine(publication, EngineConfig(), tmp_path / "temp") as engine:
        people = engine.table("published.people")
        assert engine.rows(people.agg(rows=people.count(), total=people.n.sum())) == [{"rows": 3, "total": 3}]
        with engine.staged(people.filter(people.n > 1)) as kept:
            assert [row["name"] for row in engine.rows(kept)] == ["b"]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before


def test_several_may_read_it_at_once(publication: Path, tmp_path: Path) -> None:
    with (
        publication_engine(publication, EngineConfig(), tmp_path / "t") as one,
        publication_engine(publication, EngineConfig(), tmp_path / "t") as other,
    ):
        assert one.count(one.table("published.people")) == other.count(other.table("published.people")) == 3
