"""Every recipe runs on generated data, and its page names all there is in its configuration."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.end_to_end.project import ROOT, everybody_assigned_has_results, query, segmentation

RECIPES = ("ecommerce", "saas", "hospitality", "microfinance")
CUSTOMERS = 600
PAGES = {**{name: name for name in RECIPES}, "complete_journey": "grocery"}
"""By example: the page about it."""


def _config(example: str) -> Config:
    return load_config(ROOT / "examples" / example / "config")


@pytest.mark.parametrize("example", PAGES)
def test_a_page_names_every_source_segmentation_and_campaign(example: str) -> None:
    page = (ROOT / "docs" / "recipes" / f"{PAGES[example]}.md").read_text(encoding="utf-8")
    config = _config(example)
    assert [
        name for part in (config.sources, config.segmentations, config.campaigns) for name in part if f"`{name}`" not in page
    ] == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_reads_the_generated_files_as_the_example_with_every_source_does(recipe: str) -> None:
    """It may leave columns out, but not all: then the names in the files would have to be the pipeline's own."""
    everything = _config("every_source").sources
    for name, source in _config(recipe).sources.items():
        assert bool(source.columns) == bool(everything[name].columns), name
        columns = {column: everything[name].columns[column] for column in source.columns}
        assert source == everything[name].model_copy(update={"columns": columns}), name


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipes") / "raw"
    made = segmentation(folder.parent, "generate", "--sources", "all", "--customers", str(CUSTOMERS), "--out", str(folder))
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.mark.parametrize(
    "recipe", [pytest.param(name, marks=pytest.mark.long if name == "saas" else pytest.mark.wide) for name in RECIPES]
)
def test_a_recipe_runs_and_every_segmentation_and_campaign_finds_somebody(recipe: str, raw: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / recipe / "config", tmp_path / "config")
    shutil.copytree(raw, tmp_path / "data" / "raw")
    run = segmentation(tmp_path, "run")
    assert run.returncode == 0, run.stdout + run.stderr
    config = _config(recipe)
    members = query(tmp_path, "SELECT segmentation, count(DISTINCT segment) FROM segment_profiles GROUP BY 1")
    assert {name for name, segments in members if segments >= 2} == config.segmentations.keys()
    found = query(tmp_path, "SELECT campaign, remained FROM campaign_funnel WHERE step_number = 1")
    assert {campaign for campaign, remained in found if remained > 0} == config.campaigns.keys()
    everybody_assigned_has_results(tmp_path)
    assert query(tmp_path, "SELECT rule FROM data_quality WHERE NOT passed AND severity = 'error'") == []
