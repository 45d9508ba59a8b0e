"""The page of the kinds of segmentations says what loads, of every kind and key, with an example that loads."""

from __future__ import annotations

import re

import pytest
import yaml

from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.project.key_sections import Section, tells_of
from segmentation_pipeline.project.kind_reference import kind_sections, kinds_page
from segmentation_pipeline.segmentations.kinds import SegmentationsConfig
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind
from segmentation_pipeline_tests.end_to_end.project import ROOT

CONFIG = "examples/every_source/config"
PAGE = ROOT / "docs" / "reference" / "kinds.md"
KINDS = [section for section in kind_sections() if issubclass(section.model, SegmentationKind)]


def test_the_page_is_that_of_the_kinds() -> None:
    told = f"write it anew: python -m segmentation_pipeline.project.kind_reference {CONFIG} > docs/reference/kinds.md"
    assert PAGE.read_text(encoding="utf-8") == kinds_page(ROOT / CONFIG), told


@pytest.mark.parametrize("section", kind_sections(), ids=lambda section: section.title)
def test_every_key_is_described_where_its_kind_is(section: Section) -> None:
    assert [key for key in section.keys if not tells_of(section.prose, key)] == []


def test_every_kind_has_examples_that_load() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = {
        name: entry for text in re.findall(r"```yaml\n(.+?)```", page, re.DOTALL) for name, entry in yaml.safe_load(text).items()
    }
    loaded = load_config(ROOT / CONFIG).segmentations
    assert SegmentationsConfig(segmentations=shown).segmentations == {name: loaded[name] for name in shown}
    assert {type(loaded[name]) for name in shown} == {section.model for section in KINDS}
