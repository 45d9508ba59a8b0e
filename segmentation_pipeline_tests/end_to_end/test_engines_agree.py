"""The sample on both engines: the same customers, labels, counts and keys, everywhere."""

from __future__ import annotations

import filecmp
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.agreement import differences
from segmentation_pipeline_tests.end_to_end.project import (
    copy_project,
    on_spark,
    published,
    published_by_spark,
    segmentation,
)

pytestmark = pytest.mark.slow

ONE_DAY = frozenset({"segment_transitions"})


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
