"""The graph on the workers of a standalone cluster, driven through Spark Connect, gives what DuckDB gives."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation_pipeline_tests.conftest import SMALL
from segmentation_pipeline_tests.end_to_end.agreement import differences
from segmentation_pipeline_tests.end_to_end.project import on_spark, orders_alone, published, published_by_spark, segmentation
from segmentation_pipeline_tests.end_to_end.spark_cluster import cluster, connect_server

pytestmark = pytest.mark.slow

MAY_BE_EMPTY = frozenset({"campaign_audiences", "campaign_funnel", "customer_categories", "segment_transitions"})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Orders alone, run on DuckDB."""
    folder = orders_alone(tmp_path_factory.mktemp("orders"))
    run = segmentation(folder, "run")
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


def test_a_cluster_behind_spark_connect_gives_the_same_tables(project: Path, master: str, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    for part in ("config", "data/raw"):
        shutil.copytree(project / part, folder / part)
    with connect_server(tmp_path, master) as remote:
        run = segmentation(on_spark(folder, remote=remote, conf=SMALL), "run")
    assert run.returncode == 0, run.stdout + run.stderr
    assert differences(published(project), published_by_spark(folder), MAY_BE_EMPTY) == []
