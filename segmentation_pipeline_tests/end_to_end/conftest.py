from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import copy_project, segmentation


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped sample, run once by the CLI; tests must not change the project."""
    project = copy_project(tmp_path_factory.mktemp("sample"))
    run = segmentation(project, "run")
    assert run.returncode == 0, run.stdout + run.stderr
    return project
