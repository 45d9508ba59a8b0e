"""A cold run of the sample beside ``dbt build`` of a project of the same shape, and what a second day in one process adds.

``benchmarks/dbt`` is what a user of dbt would have instead: 48 models and 150 tests over the same files, from raw tables to
segments and audiences.  ``sample_config`` is the configuration the two were first compared with; all that the sample has gained
since is a row of its own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.full import dearest_first, step_table
from benchmarks.measured import HERE, PROJECT, CommandFailed, Cost, measure, middle, pipeline, progress
from benchmarks.pipeline_run import step_times
from benchmarks.report import Finding, Grid
from benchmarks.workload import forget_results, work
from segmentation_pipeline.demo.generate import AS_OF
from segmentation_pipeline.settings import Settings

CUSTOMERS = 2_000
ROUNDS = 3
HEADINGS = ("", "customers", "orders", "wall s", "CPU s", "peak MB", "to dbt, CPU")
DBT, TWO_DAYS, ONE_DAY, TODAY = "dbt build", "pipeline, two days", "pipeline", "pipeline, all the sample has today"
PACKAGES = ("dbt-core==1.10.23", "dbt-duckdb==1.10.1", f"duckdb=={duckdb.__version__}")
"""The newest dbt that is Python alone, on the engine the pipeline has."""


def run(customers: int) -> Finding:
    """The sides in turn, so that what else the machine does meets all of them.  The sample has the customers it has: another
    size is refused with ``CommandFailed``."""
    if customers != CUSTOMERS:
        raise CommandFailed(f"the sample has {CUSTOMERS:,} customers")
    root, today = project("sample", HERE / "sample_config"), project("sample_today", PROJECT / "config")
    dbt, database = environment(), root / "dbt.duckdb"
    day_before = (AS_OF - timedelta(days=1)).isoformat()
    sides: dict[str, Callable[[], Cost]] = {
        DBT: lambda: build(dbt, root / "data" / "raw", database),
        TWO_DAYS: lambda: anew(root, "--from", day_before, "--as-of", AS_OF.isoformat()),
        ONE_DAY: lambda: anew(root),
        TODAY: lambda: anew(today),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in sides}
    files = {DBT: database, TODAY: Settings(today).published}
    made: dict[str, tuple[int, int]] = {}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            progress.print(f"  {name}")
            costs[name].append(side())
            made[name] = counted(files.get(name, Settings(root).published))
    usual = {name: middle(found) for name, found in costs.items()}
    cpu = {name: cost.cpu_seconds for name, cost in usual.items()}
    rows = [
        [name, *(f"{count:,}" for count in made[name]), *cost.cells, f"{cost.cpu_seconds / cpu[DBT]:.2f}x"]
        for name, cost in usual.items()
    ]
    figures = {"cpu_to_dbt": cpu[ONE_DAY] / cpu[DBT], "cpu_today_to_dbt": cpu[TODAY] / cpu[DBT]}
    figures["cpu_second_day_to_first"] = cpu[TWO_DAYS] / cpu[ONE_DAY] - 1
    grids = [
        Grid(f"a cold run of the sample (medians of {ROUNDS}, in turn)", HEADINGS, rows),
        step_table("sample", CUSTOMERS, dearest_first(step_times(root), costs[ONE_DAY][-1])),
    ]
    off = [f"{name}: {people:,} customers" for name, (people, _) in made.items() if people != CUSTOMERS]
    return Finding("sample", customers, grids, figures, off)


def project(name: str, config: Path) -> Path:
    """The sample's files with a configuration."""
    root = work() / name
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(PROJECT / "data" / "raw", root / "data" / "raw")
    shutil.copytree(config, root / "config")
    return root


def environment() -> Path:
    """The program ``dbt``, in an environment of its own that is made once."""
    folder = work() / f"dbt-{'-'.join(package.split('==')[1] for package in PACKAGES)}"
    if not (folder / "complete").is_file():
        progress.print(f"  installing {', '.join(PACKAGES)}")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-I", "-m", "pip", "install", "--quiet", *PACKAGES]
        if subprocess.run(pip, check=False).returncode:
            raise CommandFailed(f"dbt could not be installed into {folder}")
        (folder / "complete").touch()
    return folder / "bin" / "dbt"


def build(dbt: Path, raw: Path, database: Path) -> Cost:
    """``dbt build`` from nothing: project parsed, tables made, tests run."""
    kept = database.with_suffix(".dbt")
    shutil.rmtree(kept, ignore_errors=True)
    database.unlink(missing_ok=True)
    variables = {"RAW": raw, "DATABASE": database, "DBT_TARGET_PATH": kept, "DBT_LOG_PATH": kept, "DO_NOT_TRACK": 1}
    said = [f"{name}={value}" for name, value in variables.items()]
    folder = HERE / "dbt"
    log = database.with_suffix(".log")
    cost = measure(["env", *said, str(dbt), "build", "--project-dir", str(folder), "--profiles-dir", str(folder)], log)
    if cost.failure:
        raise CommandFailed(f"dbt build: {cost.failure}; its output is in {log}")
    return cost


def anew(root: Path, *arguments: str) -> Cost:
    """``segmentation run`` of a project that has never run."""
    forget_results(root)
    return pipeline(root, *arguments)


def counted(database: Path) -> tuple[int, int]:
    """Customers and orders of a table ``customer_profile``."""
    with duckdb.connect(str(database), read_only=True) as con:
        [(customers, orders)] = con.execute("SELECT count(*), sum(frequency)::BIGINT FROM customer_profile").fetchall()
    return customers, orders
