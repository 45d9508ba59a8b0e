"""The same project on both engines: what each run costs, and whether they publish the same.

    python -m benchmarks.engines PROJECT      such as examples/complete_journey

Spark runs on this machine, with all its cores and in its own Java process, whose CPU and memory count.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from benchmarks.measured import CommandFailed, Cost, measure, progress, segmentation
from benchmarks.report import Finding, Grid, shown
from benchmarks.workload import copy, forget_results, prepare, work
from segmentation_pipeline_tests.end_to_end.agreement import differences

HEADINGS = ("project", "engine", "wall s", "CPU s", "peak MB", "tables that differ")
SPARK_MEMORY = "3g"
COMPARED_UPTO = 100_000
"""Customers; above it the comparison, which holds all rows, is left out."""


def run(customers: int) -> Finding:
    """The workload of the size on DuckDB, then on Spark."""
    root = prepare(customers)
    forget_results(root)
    project = copy(root, "engines")
    ours, sparks, differ = compare(project, compared=customers <= COMPARED_UPTO)
    shutil.rmtree(project)
    figures = {"duckdb_wall_seconds": ours.wall_seconds, "spark_wall_seconds": sparks.wall_seconds}
    figures |= {"duckdb_cpu_seconds": ours.cpu_seconds, "spark_cpu_seconds": sparks.cpu_seconds}
    figures["cpu_spark_to_duckdb"] = sparks.cpu_seconds / ours.cpu_seconds
    told = str(len(differ)) if customers <= COMPARED_UPTO else "not compared"
    return Finding("engines", customers, [_grid(f"{customers:,} customers", ours, sparks, told)], figures, differ)


def compare(project: Path, compared: bool = True) -> tuple[Cost, Cost, list[str]]:
    """Run the project on DuckDB and on Spark; the costs and what differs, in words.

    Raises ``CommandFailed`` when one of them does not come to its end.
    """
    costs = []
    for engine in ("duckdb", "spark"):
        choose(project, engine)
        progress.print(f"  {engine}")
        cost = measure(segmentation(project, "run"), project / f"{engine}.log")
        if cost.failure:
            raise CommandFailed(f"{project.name} on {engine}: {cost.failure}; its output is in {project / engine}.log")
        costs.append(cost)
    published = project / "data" / "published"
    one_day = frozenset({"segment_transitions"})
    differ = differences(published / "segmentation.duckdb", published / "segmentation.parquet", one_day) if compared else []
    return costs[0], costs[1], differ


def choose(project: Path, engine: str) -> None:
    """Write the engine into the project's configuration."""
    path = project / "config" / "pipeline.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    chosen = dict(config.get("engine") or {}) | {"kind": engine}
    if engine == "spark":
        chosen["spark"] = {"conf": {"spark.driver.memory": SPARK_MEMORY}}
    path.write_text(yaml.safe_dump(config | {"engine": chosen}, sort_keys=False), encoding="utf-8")


def _grid(name: str, ours: Cost, sparks: Cost, told: str) -> Grid:
    rows = [[name, "DuckDB", *ours.cells, ""], [name, "Spark", *sparks.cells, told]]
    return Grid("the same run on both engines", HEADINGS, rows)


def main(project: Annotated[Path, typer.Argument(help="A project folder; it is copied, without what runs made.")]) -> None:
    folder = work() / f"{project.name}_engines"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project / "config", folder / "config")
    if (project / "data" / "raw").is_dir():
        shutil.copytree(project / "data" / "raw", folder / "data" / "raw")
    try:
        ours, sparks, differ = compare(folder)
    except CommandFailed as error:
        raise typer.BadParameter(str(error)) from None
    console = Console(width=150, highlight=False)
    console.print(shown(_grid(project.name, ours, sparks, str(len(differ)))), *differ)
    if differ:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
