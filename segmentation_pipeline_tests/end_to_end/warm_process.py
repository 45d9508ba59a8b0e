"""New processes that have the pipeline's libraries already: importing them is a quarter of a small run.

A server process imports them once and every command of a test is forked from it
(``multiprocessing``'s fork server), so each still has a process, an environment and an output of its own.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from segmentation_pipeline.cli import main

if multiprocessing.current_process().name == "MainProcess" and "pytest" not in sys.modules:
    # In the server, once: what a run imports when it needs it.  What is there now stays, so no collector looks at it.
    import pyspark.sql  # noqa: F401 - before the checks, which else would not know Spark

    import segmentation_pipeline.cli.daily_job
    import segmentation_pipeline.definitions
    import segmentation_pipeline.quality.gx_context  # noqa: F401

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
