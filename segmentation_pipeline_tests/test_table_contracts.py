"""What is published is one list: what the publication holds and what destinations accept are the same names."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.table_contracts import published, published_names
from segmentation_pipeline_tests.end_to_end.project import ROOT

SOURCES = {"orders": {"files": "o.csv"}}
ALL_SOURCES = {**SOURCES, "surveys": {"files": "s.csv"}, "identities": {"files": "i.csv"}, "products": {"files": "p.csv"}}
CONSTRUCTS = {"features": {"constructs": {"trust": {"kind": "attitude", "items": ["t_1", "t_2"]}}}}
OF_SOURCES = {"customer_merges", "blocked_merges", "households", "identity_health", "construct_reliability"}


def project(folder: Path, sources: dict[str, object], **pipeline: object) -> Path:
    folder.mkdir()
    (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}))
    if pipeline:
        (folder / "pipeline.yaml").write_text(yaml.safe_dump(pipeline))
    return folder


def test_every_published_table_may_be_delivered(tmp_path: Path) -> None:
    config = load_config(project(tmp_path / "without", ALL_SOURCES, **CONSTRUCTS))
    names = published_names(config)
    assert names == (*(table.name for table in published(config)), "data_dictionary", "publication")
    assert set(names) >= OF_SOURCES
    destinations = {
        "postgres": {"url_env": "URL", "schema": "bi", "tables": list(names)},
        "object_store": {"url": "s3://shop/out", "tables": list(names)},
    }
    assert load_config(project(tmp_path / "with", ALL_SOURCES, **CONSTRUCTS, destinations=destinations))


@pytest.mark.parametrize("example", [ROOT, *sorted((ROOT / "examples").iterdir())], ids=lambda path: path.name)
def test_both_lists_agree_for_every_example(example: Path) -> None:
    config = load_config(example / "config")
    assert published_names(config)[:-2] == tuple(table.name for table in published(config))


def test_tables_of_sources_a_project_does_not_have_are_not_published(tmp_path: Path) -> None:
    assert not OF_SOURCES & set(published_names(load_config(project(tmp_path / "config", SOURCES))))
