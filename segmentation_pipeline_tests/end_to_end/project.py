"""A throw-away project for a whole run: the shipped configuration and sample, run by the real CLI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import yaml

from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.conftest import SMALL
from segmentation_pipeline_tests.end_to_end.warm_process import run_cli

ROOT = Path(__file__).parents[2]
AS_OF = "2026-06-30"


def copy_project(folder: Path) -> Path:
    """The shipped project without anything a run made."""
    shutil.copytree(ROOT / "config", folder / "config")
    shutil.copytree(ROOT / "data" / "raw", folder / "data" / "raw")
    return folder


SMALL_SEGMENTATIONS = """segmentations:
  rfm: {kind: rfm, title: RFM}
  lifecycle:
    kind: rules
    title: Lifecycle
    segments:
      - {name: active, when: recency_days <= 90}
      - {name: lost, when: true}
"""


def orders_alone(folder: Path, orders: str = "") -> Path:
    """The shipped orders, or a file with ``orders`` in the pipeline's own columns: a run has little to do."""
    (folder / "config").mkdir(parents=True)
    (folder / "data" / "raw").mkdir(parents=True)
    source: object = {"files": "data/raw/*.csv"}
    if orders:
        (folder / "data" / "raw" / "orders.csv").write_text(orders)
    else:
        source = yaml.safe_load((ROOT / "config" / "sources.yaml").read_text())["sources"]["orders"]
        for file in (ROOT / "data" / "raw").glob("orders_*"):
            shutil.copy(file, folder / "data" / "raw")
    (folder / "config" / "sources.yaml").write_text(yaml.safe_dump({"sources": {"orders": source}}))
    (folder / "config" / "pipeline.yaml").write_text(f"business: {{timezone: Europe/Berlin}}\nrun: {{as_of: {AS_OF}}}\n")
    (folder / "config" / "segmentations.yaml").write_text(SMALL_SEGMENTATIONS)
    return folder


def command(project: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-c", "from segmentation_pipeline.cli import main; main()", "--project", str(project), *arguments]


def segmentation(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the CLI to its end and return what it said, wide enough that lines do not wrap."""
    environment = os.environ | {"COLUMNS": "240", "DAGSTER_HOME": ""}
    return run_cli(["--project", str(project), *arguments], environment)


def published(project: Path) -> Path:
    return project / "data" / "published" / "segmentation.duckdb"


def query(project: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(published(project)), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def all_rows(project: Path) -> dict[str, list[str]]:
    """Every published table as sorted lines, to compare publications row by row."""
    with duckdb.connect(str(published(project)), read_only=True) as connection:
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
        return {name: sorted(map(repr, connection.execute(f'FROM "{name}"').fetchall())) for name in names}


def everybody_assigned_has_results(project: Path) -> None:
    """Every campaign that contacts somebody, and every experiment of the configuration, has rows in ``campaign_results``."""
    assigned = {name for (name,) in query(project, "SELECT DISTINCT campaign FROM campaign_audiences WHERE arm <> 'holdout'")}
    measured = dict(query(project, "SELECT DISTINCT campaign, source FROM campaign_results WHERE wave = 'all'"))
    assert {name for name, source in measured.items() if source == "lists"} == assigned
    assert load_config(project / "config").experiments.keys() <= measured.keys()


def on_spark(project: Path, **spark: object) -> Path:
    """The project with Spark for an engine, in the CLI's own process unless ``spark`` says otherwise."""
    chosen = {"kind": "spark", "spark": {"master": "local[2]", "conf": SMALL} | spark}
    with (project / "config" / "pipeline.yaml").open("a") as file:
        file.write(f"\n{yaml.safe_dump({'engine': chosen})}")
    return project


def published_by_spark(project: Path) -> Path:
    return project / "data" / "published" / "segmentation.parquet"
