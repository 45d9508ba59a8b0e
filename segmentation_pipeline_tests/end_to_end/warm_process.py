"""New processes that have the pipeline's libraries already: importing them is a quarter of a small run.

A server process imports them once and every command of a test is forked from it
(``multiprocessing``'s fork server), so each still has a process, an environment and an output of its own.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from alembic.script import ScriptDirectory
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.sql import get_alembic_config

from segmentation_pipeline.cli import main

WANTED = (
    "pyspark.sql",  # before the checks, which else would not know Spark
    "segmentation_pipeline.cli.daily_job",
    "segmentation_pipeline.cli.event_log",
    "segmentation_pipeline.cli.summary",
    "segmentation_pipeline.definitions",
    "segmentation_pipeline.models.cluster_champion",
    "segmentation_pipeline.models.clusters",
    "segmentation_pipeline.models.clv",
    "segmentation_pipeline.models.clv_fit",
    "segmentation_pipeline.models.survey_classes",
    "segmentation_pipeline.quality.docs",
    "segmentation_pipeline.quality.duckdb_datasource",
    "segmentation_pipeline.quality.gx_context",
    "segmentation_pipeline.segmentations.duplicates",
    "segmentation_pipeline.segmentations.outcomes",
    "sklearn.cluster",
    "sklearn.metrics",
    "sklearn.mixture",
    "great_expectations.render.renderer.site_builder",
    "ibis.backends.duckdb.converter",
    "ibis.formats.pandas",
    "jinja2.ext",
    "pyarrow.dataset",
    "tzdata.zoneinfo",
    # Where Dagster keeps runs and events.
    "alembic.command",
    "dagster._core.execution.execute_in_process",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster._core.instance.runs.run_domain",
    "dagster._core.remote_representation.external",
    "dagster._core.secrets.env_file",
    "dagster._core.storage.event_log.sqlite",
    "dagster._core.storage.legacy_storage",
    "dagster._core.storage.noop_compute_log_manager",
    "dagster._core.storage.root",
    "dagster._core.storage.runs.sqlite",
    "dagster._core.storage.schedules.sqlite",
    "dagster._daemon.daemon",
    "upath.implementations.local",
)
"""What a run imports when it needs it: some 900 modules, a third of a small run."""


def _read_migrations_once() -> None:
    """Those of Dagster's tables are some eighty modules, which a process would import up to seven times."""
    migrations = ScriptDirectory.from_config(get_alembic_config(sqlite_run_storage.__file__))  # its storages share them
    assert migrations.get_current_head()
    ScriptDirectory.from_config = staticmethod(lambda config: migrations)  # type: ignore[method-assign, assignment]


if multiprocessing.current_process().name == "MainProcess" and "pytest" not in sys.modules:
    # In the server, once.  What is there now stays, so no collector looks at it.
    for name in WANTED:
        importlib.import_module(name)
    _read_migrations_once()
    gc.freeze()

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def run_cli(arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end; ``arguments`` are what stands behind ``segmentation``."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = _processes.Process(target=_run, args=(arguments, dict(environment), out, err))
        process.start()
        process.join()
        assert process.exitcode is not None
        return subprocess.CompletedProcess(["segmentation", *arguments], process.exitcode, out.read_text(), err.read_text())


def _run(arguments: list[str], environment: dict[str, str], out: Path, err: Path) -> None:
    for descriptor, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["segmentation", *arguments]
    main()
