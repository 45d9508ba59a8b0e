"""The page of the configuration says what loads, of every key of every file."""

from __future__ import annotations

import re

import pytest

from segmentation_pipeline.config.field_docs import FieldDoc
from segmentation_pipeline.project.configuration import FILES as READ
from segmentation_pipeline.project.configuration import SEGMENTATIONS, SOURCES
from segmentation_pipeline.project.configuration_reference import FILES, HOW_TO, configuration_page, file_sections
from segmentation_pipeline.project.key_sections import Section, tells_of, within
from segmentation_pipeline_tests.end_to_end.project import ROOT

PAGE = ROOT / "docs" / "reference" / "configuration.md"
SECTIONS = [section for name in FILES for section in file_sections(name)]


def test_the_page_is_that_of_the_schema() -> None:
    told = "write it anew: python -m segmentation_pipeline.project.configuration_reference > docs/reference/configuration.md"
    assert PAGE.read_text(encoding="utf-8") == configuration_page(), told


def test_every_file_that_is_read_is_here_or_has_a_page_of_its_own() -> None:
    assert set(READ) - {SOURCES, SEGMENTATIONS} <= set(FILES)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_every_key_is_described_where_its_model_is_or_has_a_section(section: Section) -> None:
    silent = [key for key in section.keys if not tells_of(section.prose, key)]
    assert [key for key in silent if not list(within("", FieldDoc.of_field(section.keys[key])))] == []


def test_every_section_has_a_place_of_its_own() -> None:
    headings = re.findall(r"^#+ (.+)$", configuration_page(), re.MULTILINE)
    assert len(set(headings)) == len(headings)


def test_keys_that_triggers_share_stand_once_and_the_kinds_of_destinations_are_there() -> None:
    of_triggers = [section for section in SECTIONS if section.path == "campaigns.NAME.trigger"]
    assert [section.chosen_by for section in of_triggers if "within_days" in section.keys] == [""]
    assert "on: birthday" in [section.chosen_by for section in of_triggers]
    assert {"destinations.postgres", "alerts.email", "features.region_maps.NAME[]"} <= {section.path for section in SECTIONS}


def test_each_link_to_a_how_to_belongs_to_a_section() -> None:
    assert set(HOW_TO) <= {section.path for section in SECTIONS}
