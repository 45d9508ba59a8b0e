"""The page of everything that may be said about a source says what loads, and says it of every key."""

from __future__ import annotations

import pytest

from segmentation_pipeline.project.key_sections import Section, tells_of
from segmentation_pipeline.project.reference import source_keys, source_sections
from segmentation_pipeline_tests.end_to_end.project import ROOT

PAGE = ROOT / "docs" / "reference" / "source_keys.md"


def test_the_page_is_that_of_the_schema() -> None:
    told = "write it anew: python -m segmentation_pipeline.project.reference > docs/reference/source_keys.md"
    assert PAGE.read_text(encoding="utf-8") == source_keys(), told


@pytest.mark.parametrize("section", source_sections(), ids=lambda section: section.title)
def test_every_key_is_described_where_its_model_is(section: Section) -> None:
    assert [key for key in section.keys if not tells_of(section.prose, key)] == []


def test_lookups_and_workbooks_are_among_them() -> None:
    paths = [section.path for section in source_sections()]
    assert {"sources.SOURCE.lookup.NAME", "sources.SOURCE.xlsx", "sources.SOURCE.columns.COLUMN"} <= set(paths)
    assert "| **`order_id`** | text |" in source_keys()
