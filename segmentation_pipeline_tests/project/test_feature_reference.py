"""The page of features says what is computed, and says it of every feature."""

from __future__ import annotations

import re

import pytest

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.features.catalog import FAMILIES, feature_columns
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.project.feature_reference import features_page
from segmentation_pipeline_tests.end_to_end.project import ROOT

PAGE = ROOT / "docs" / "reference" / "features.md"
CONFIG = "examples/every_source/config"


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(ROOT / CONFIG)


def test_the_page_is_that_of_the_families(config: Config) -> None:
    told = f"write it anew: python -m segmentation_pipeline.project.feature_reference {CONFIG} > docs/reference/features.md"
    assert PAGE.read_text(encoding="utf-8") == features_page(config), told


def test_every_feature_has_one_row_also_those_that_are_off(config: Config) -> None:
    told = re.findall(r"^\| `(\w+)` \|", features_page(config), re.MULTILINE)
    of_families = {feature.column.name for family in FAMILIES for feature in family.features(config)}
    assert len(set(told)) == len(told)
    assert set(told) == of_families | set(feature_columns(config))


def test_a_feature_names_what_it_is_made_from_and_its_family_how_far_it_looks_back(config: Config) -> None:
    page = features_page(config)
    assert "nothing discounted | `orders.discount_amount` |" in page
    assert "| `web_sessions` | 30, 90 days of `web_sessions` |" in page


def test_no_cell_is_cut_by_a_bar(config: Config) -> None:
    rows = [line for line in features_page(config).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5, 7}
