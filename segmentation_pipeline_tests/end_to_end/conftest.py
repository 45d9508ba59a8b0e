from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from segmentation_pipeline_tests.end_to_end.project import copy_project, segmentation


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The shipped sample, run once by the CLI for all processes of the tests; tests must not change the project."""
    own = tmp_path_factory.getbasetemp()
    project = (own if worker_id == "master" else own.parent) / "sample"
    made = project / "made"
    with FileLock(f"{project}.lock"):
        if not made.exists():
            run = segmentation(copy_project(project), "run")
            assert run.returncode == 0, run.stdout + run.stderr
            made.touch()
    return project
