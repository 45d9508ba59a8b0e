"""What BI tools read with reads the published file: every table, its rows, its sums, its descriptions."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import adbc_driver_duckdb
import duckdb
import pytest
from adbc_driver_manager import dbapi

from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.publication_tables import DICTIONARY, PUBLICATION
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.table_contracts import published
from segmentation_pipeline_tests.end_to_end.bi_clients import python_of, run
from segmentation_pipeline_tests.end_to_end.project import ROOT, segmentation
from segmentation_pipeline_tests.end_to_end.project import published as published_file

pytestmark = pytest.mark.slow

Read = dict[str, dict[str, float]]
"""By table: ``rows``, and of each column of numbers the sum of its values, 0 without any."""

DUCKDB = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
numbers = ("BIGINT", "DOUBLE", "DECIMAL(18,2)")
found = {}
for (table,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall():
    columns = [name for name, kind, *_ in connection.execute(f'DESCRIBE "{table}"').fetchall() if kind in numbers]
    asked = ", ".join(["count(*) AS rows", *(f'coalesce(sum("{name}"), 0)::DOUBLE' for name in columns)])
    found[table] = dict(zip(["rows", *columns], connection.execute(f'SELECT {asked} FROM "{table}"').fetchone()))
members = connection.execute("SELECT count(*) FROM members_as_of('lifecycle', 'at_risk', DATE '2026-06-30')").fetchone()[0]
print(json.dumps({"version": duckdb.__version__, "read": found, "members": members}))
"""

POLARS = """
import duckdb, json, sys
import polars, polars.selectors as cs
connection = duckdb.connect(sys.argv[1], read_only=True)
found = {}
for (table,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall():
    frame = connection.table(f'"{table}"').pl()
    found[table] = {"rows": len(frame)} | {name: float(frame[name].sum()) for name in frame.select(cs.numeric()).columns}
print(json.dumps({"version": polars.__version__, "read": found}))
"""

SQLALCHEMY = """
import json, sys
import sqlalchemy as sa
engine = sa.create_engine(f"duckdb:///{sys.argv[1]}", connect_args={"read_only": True})
reflected = sa.MetaData()
reflected.reflect(engine)
tables, found = reflected.tables.values(), {}
with engine.connect() as connection:
    for table in tables:
        numbers = [column for column in table.c if isinstance(column.type, (sa.Numeric, sa.Integer, sa.Float))]
        sums = [sa.func.coalesce(sa.func.sum(column), 0) for column in numbers]
        rows = connection.execute(sa.select(*([sa.func.count(), *sums])).select_from(table)).fetchone()
        found[table.name] = dict(zip(["rows", *(column.name for column in numbers)], map(float, rows)))
told = {table.name: [table.comment, [[c.name, str(c.type), c.comment] for c in table.c], [c.name for c in table.primary_key]] for table in tables}
print(json.dumps({"version": sa.__version__, "read": found, "told": told}))
"""


PANDAS = """
import duckdb, json, pandas, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
found = {}
for (table,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall():
    frame = connection.table(f'"{table}"').df()
    numbers = frame.select_dtypes("number")
    found[table] = {"rows": len(frame)} | {name: float(numbers[name].sum()) for name in numbers}
print(json.dumps({"version": pandas.__version__, "read": found}))
"""


def close(found: Read) -> dict[str, object]:
    """Sums of doubles depend on the order they are added in."""
    return {table: pytest.approx(sums, rel=1e-9, abs=1e-6) for table, sums in found.items()}


@pytest.fixture(scope="module")
def file(sample_run: Path) -> str:
    return str(published_file(sample_run))


@pytest.fixture(scope="module")
def expected(file: str) -> dict:
    """As the installed DuckDB, which wrote the file, reads it."""
    return json.loads(run(sys.executable, "-c", DUCKDB, file))


@pytest.mark.parametrize("version", ["1.0.0", "2.0.1"])
def test_the_oldest_and_the_newest_duckdb_read_all_of_it(file: str, expected: dict, version: str) -> None:
    told = json.loads(python_of(f"duckdb-{version}", DUCKDB, file))
    assert told["version"] == version
    assert told["read"] == close(expected["read"]) and len(told["read"]) > 25
    assert told["members"] == expected["members"] > 0, "functions of the publication work too"


def test_pandas_reads_all_of_it(file: str, expected: dict) -> None:
    assert json.loads(run(sys.executable, "-c", PANDAS, file))["read"] == close(expected["read"])


def test_polars_reads_all_of_it(file: str, expected: dict) -> None:
    told = json.loads(python_of("polars-2.1.0", POLARS, file))
    assert told["version"] == "2.1.0"
    assert told["read"] == close(expected["read"])


def test_adbc_reads_all_of_it(file: str, expected: dict) -> None:
    """The driver manager in place of ODBC and JDBC; it knows DuckDB by its library alone."""
    options = {"path": file, "access_mode": "READ_ONLY"}
    with dbapi.connect(driver=adbc_driver_duckdb.driver_path(), entrypoint="duckdb_adbc_init", db_kwargs=options) as connection:
        for table, sums in expected["read"].items():
            columns = [name for name in sums if name != "rows"]
            asked = ", ".join(["count(*)", *(f'coalesce(sum("{name}"), 0)::DOUBLE' for name in columns)])
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT {asked} FROM "{table}"')
                assert cursor.fetchone() == pytest.approx(tuple(sums.values()), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("version", ["1.4.54", "2.0.44"])
def test_sqlalchemy_reflects_what_the_contracts_say(file: str, expected: dict, sample_run: Path, version: str) -> None:
    """1.4 is what Superset has. Keys are not in the file: an index for each would double it, and some have empty parts."""
    told = json.loads(python_of(f"sqlalchemy-{version}", SQLALCHEMY, file))
    assert told["version"] == version
    assert told["read"] == close(expected["read"])
    types = {
        Type.TEXT: "VARCHAR",
        Type.INTEGER: "BIGINT",
        Type.NUMBER: "FLOAT",
        Type.MONEY: "NUMERIC(18, 2)",
        Type.BOOLEAN: "BOOLEAN",
        Type.DAY: "DATE",
        Type.INSTANT: "TIMESTAMP",
    }
    contracts = [*published(load_config(sample_run / "config")), DICTIONARY, PUBLICATION]
    assert told["told"] == {
        table.name: [table.description, [[c.name, types[c.type], c.description] for c in table.columns], []]
        for table in contracts
    }


def test_what_the_page_on_bi_tools_shows_works(sample_run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
    [python] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(sample_run)
    exec(python, made := {})
    assert len(made["segments"]) > 3
    made["connection"].close()
    [commands] = re.findall(r"```\n(segmentation extract .*?)```", page, re.DOTALL)
    for line in commands.splitlines():
        *words, name = shlex.split(line)[1:]
        assert segmentation(sample_run, *words, str(tmp_path / name)).returncode == 0
        assert (tmp_path / name).stat().st_size > 1000


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_an_extract_has_every_row(sample_run: Path, expected: dict, tmp_path: Path, ending: str) -> None:
    """LibreOffice and Excel read CSV as Python's csv module does; the texts are in publish/test_extract.py."""
    path = tmp_path / f"segment_kpis.{ending}"
    done = segmentation(sample_run, "extract", "segment_kpis", "--out", str(path))
    assert done.returncode == 0, done.stderr
    [(rows, revenue)] = duckdb.sql(f"SELECT count(*), sum(net_revenue)::DOUBLE FROM '{path}'").fetchall()
    assert {"rows": rows, "net_revenue": revenue} == pytest.approx(
        {name: expected["read"]["segment_kpis"][name] for name in ("rows", "net_revenue")}
    )
