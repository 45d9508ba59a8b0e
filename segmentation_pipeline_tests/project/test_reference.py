"""The page of everything that may be said about a source says what loads, and says it of every key."""

from __future__ import annotations

from pathlib import Path

import pytest

import segmentation_pipeline
from segmentation_pipeline.config.field_docs import FieldDoc
from segmentation_pipeline.project.reference import models, source_keys

PAGE = Path(segmentation_pipeline.__file__).parents[1] / "docs" / "reference" / "source_keys.md"


def test_the_page_is_that_of_the_schema() -> None:
    told = "write it anew: python -m segmentation_pipeline.project.reference > docs/reference/source_keys.md"
    assert PAGE.read_text(encoding="utf-8") == source_keys(), told


@pytest.mark.parametrize(("path", "model"), list(models()))
def test_every_key_is_described_where_its_model_is(path: str, model: type) -> None:
    text = model.__doc__ or ""
    assert [key for key in FieldDoc(model).fields if f"``{key}``" not in text and f"``{key}:" not in text] == []


def test_lookups_and_workbooks_are_among_them() -> None:
    paths = [path for path, _ in models()]
    assert {"sources.SOURCE.lookup.NAME", "sources.SOURCE.xlsx", "sources.SOURCE.columns.COLUMN"} <= set(paths)
    assert "| **`order_id`** | text |" in source_keys()
