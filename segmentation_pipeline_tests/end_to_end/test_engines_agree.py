"""The same project on both engines: the same customers, labels, counts and keys, everywhere.

In ``make test`` a small shop with consent and a campaign; in ``make test-wide`` the sample.
"""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from segmentation_pipeline.demo.generate import generate
from segmentation_pipeline_tests.end_to_end.agreement import differences
from segmentation_pipeline_tests.end_to_end.project import (
    ROOT,
    SMALL_SEGMENTATIONS,
    copy_project,
    on_spark,
    orders_alone,
    published,
    published_by_spark,
    segmentation,
)

pytestmark = pytest.mark.slow

MAY_BE_EMPTY = frozenset({"segment_transitions", "segment_movements", "unusual_changes", "send_affinity", "unmatched_opt_outs"})
"""There is but one day, and in a small shop few are sent to and all opt-outs are of somebody."""
CAMPAIGN = """campaigns:
  news: {title: News, channel: email, purpose: marketing, audience: frequency >= 2, rank_by: monetary, limit: 50, holdout_share: 0.2}
  test:
    title: Test
    channel: email
    audience: frequency >= 1
    rank_by: monetary
    languages: [de, en]
    holdout_share: 0.2
    stratify_by: [lifecycle]
    arms: {plain: {content: tpl-17}, voucher: {content: tpl-18}}
  control: {title: Control, channel: email, audience: frequency >= 3, rank_by: monetary, holdout: global}
decision: {global_holdout_share: 0.1}
"""


def small_shop(folder: Path) -> Path:
    """Three hundred customers with orders and consents, two segmentations and campaigns that draw in every way."""
    orders_alone(folder)
    shutil.rmtree(folder / "data" / "raw")
    names = ("orders", "customers", "consents")
    generate(300, 3, folder / "data" / "raw", sources=names)
    every = yaml.safe_load((ROOT / "config" / "sources.yaml").read_text())["sources"]
    for name, text in (
        ("sources", yaml.safe_dump({"sources": {name: every[name] for name in names}})),
        ("segmentations", SMALL_SEGMENTATIONS),
        ("campaigns", CAMPAIGN),
    ):
        (folder / "config" / f"{name}.yaml").write_text(text)
    shutil.copy(ROOT / "config" / "privacy.yaml", folder / "config")
    return folder


@pytest.fixture(scope="module", params=[small_shop, pytest.param(copy_project, marks=pytest.mark.wide)])
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The project run by the command line on DuckDB and on Spark in the pipeline's own process."""
    folder = tmp_path_factory.mktemp("engines")
    made: Callable[[Path], Path] = request.param
    projects = made(folder / "duckdb"), on_spark(made(folder / "spark"))
    for project in projects:
        run = segmentation(project, "run")
        assert run.returncode == 0, run.stdout + run.stderr
    return projects


def test_every_published_table_is_the_same(runs: tuple[Path, Path]) -> None:
    on_duckdb, sparks = runs
    assert differences(published(on_duckdb), published_by_spark(sparks), MAY_BE_EMPTY) == []


def test_every_audience_file_is_the_same_to_the_byte(runs: tuple[Path, Path]) -> None:
    on_duckdb, sparks = runs
    made = {path.relative_to(on_duckdb) for path in (on_duckdb / "data" / "audiences").rglob("*") if path.is_file()}
    assert len(made) >= 3
    assert {path.relative_to(sparks) for path in (sparks / "data" / "audiences").rglob("*") if path.is_file()} == made
    assert filecmp.cmpfiles(on_duckdb, sparks, list(map(str, made)), shallow=False)[1:] == ([], [])
