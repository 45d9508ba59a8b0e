"""The page of published tables says what is published, and says it of every table and column."""

from __future__ import annotations

import re

import pytest

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.project.table_reference import tables_page
from segmentation_pipeline.table_contracts import PROFILE, TABLES, contracts
from segmentation_pipeline_tests.end_to_end.project import ROOT

PAGE = ROOT / "docs" / "reference" / "tables.md"
CONFIG = "examples/every_source/config"


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(ROOT / CONFIG)


@pytest.fixture(scope="module")
def sections(config: Config) -> dict[str, str]:
    """The part of the page about each table."""
    _, *found = re.split(r"^## `(\w+)`$", tables_page(config), flags=re.MULTILINE)
    return dict(zip(found[::2], found[1::2], strict=True))


def test_the_page_is_that_of_the_contracts(config: Config) -> None:
    told = f"write it anew: python -m segmentation_pipeline.project.table_reference {CONFIG} > docs/reference/tables.md"
    assert PAGE.read_text(encoding="utf-8") == tables_page(config), told


def test_every_published_table_has_a_section_also_those_the_configuration_lacks(sections: dict[str, str]) -> None:
    assert list(sections) == [table.name for table in TABLES if table.published]
    assert "| `customer_group` |" in sections["audience_fairness"]


def test_every_column_has_one_row_but_features_which_have_a_page_of_their_own(config: Config, sections: dict[str, str]) -> None:
    features = feature_columns(config)
    for table in contracts(config).values():
        if table.published:
            columns = [column.name for column in table.columns if table.name != PROFILE.name or column.name not in features]
            assert sorted(re.findall(r"^\| `(\w+)` \|", sections[table.name], re.MULTILINE)) == sorted(columns)


def test_no_cell_is_cut_by_a_bar_or_taken_for_markup(sections: dict[str, str]) -> None:
    rows = [line for section in sections.values() for line in section.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
    assert "valid_from &lt;= day" in sections["segment_history"]
