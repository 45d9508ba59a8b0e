"""The committed configuration reads the generated files: what it maps is there, in both formats."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from segmentation_pipeline.config.schema import PipelineConfig, PrivacyConfig, SourcesConfig
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.demo.files import Format
from segmentation_pipeline.demo.generate import AS_OF, generate
from segmentation_pipeline.demo.layout import CORE, LAYOUTS
from segmentation_pipeline.demo.products import CATEGORIES

ROOT = Path(__file__).parents[2]
SAMPLE, EVERYTHING = ROOT / "config", ROOT / "examples" / "every_source" / "config"


NOT_GENERATED = {"restrictions", "exchange_rates"}
"""Restricted people would leave the segments whose truth the generator tells."""


def _read(name: str, folder: Path = SAMPLE) -> object:
    return yaml.safe_load((folder / name).read_text(encoding="utf-8"))


SOURCES_CONFIG = SourcesConfig.model_validate(_read("sources.yaml", EVERYTHING))


def test_every_source_is_generated_and_configured() -> None:
    assert set(SOURCES_CONFIG.sources) == set(LAYOUTS) == set(SOURCES) - NOT_GENERATED
    assert set(_read("sources.yaml")["sources"]) == set(CORE)


def _adds_to(more: object, less: object) -> bool:
    """Whether ``more`` says all that ``less`` says, and perhaps more."""
    if isinstance(less, dict) and isinstance(more, dict):
        return all(key in more and _adds_to(more[key], value) for key, value in less.items())
    if isinstance(less, list) and isinstance(more, list):
        return all(item in more for item in less)
    return more == less


@pytest.mark.parametrize("name", ["sources.yaml", "segmentations.yaml", "pipeline.yaml", "privacy.yaml", "campaigns.yaml"])
def test_the_example_of_every_source_adds_to_the_sample_and_changes_nothing(name: str) -> None:
    assert _adds_to(_read(name, EVERYTHING), _read(name))
    assert not _adds_to(_read(name), {**_read(name), "unheard_of": 1})


@pytest.mark.parametrize("source", sorted(set(SOURCES) - NOT_GENERATED))
def test_mapped_columns_are_contract_columns_and_all_required_ones_are_mapped(source: str) -> None:
    mapped = set(SOURCES_CONFIG.sources[source].columns) or set(LAYOUTS[source].columns)
    assert mapped <= set(SOURCES[source].names)
    assert {column.name for column in SOURCES[source].columns if column.required} <= mapped


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_patterns_find_the_files_and_the_files_have_the_mapped_columns(tmp_path: Path, file_format: Format) -> None:
    report = generate(100, 1, tmp_path / "data" / "raw", file_format=file_format, dirt=False, sources=tuple(LAYOUTS))
    found: set[str] = set()
    for source, config in SOURCES_CONFIG.sources.items():
        files = [path for pattern in config.patterns for path in tmp_path.glob(pattern)]
        assert files, source
        found |= {path.name for path in files}
        for path in files:
            columns = {row[0] for row in duckdb.execute(f"DESCRIBE FROM '{path}'").fetchall()}
            required = {column.name for column in SOURCES[source].columns if column.required}
            wanted = {mapping.source_column for mapping in config.columns.values()} or required
            assert wanted <= columns, path.name
    assert found == set(report.rows)


def test_the_pipeline_is_set_to_the_sample() -> None:
    pipeline = PipelineConfig.model_validate(_read("pipeline.yaml"))
    assert pipeline.run.as_of == AS_OF
    business = pipeline.business
    assert (business.timezone, business.currency, business.key_case) == ("Europe/Berlin", "EUR", "upper")
    assert set(pipeline.features.categories) == set(CATEGORIES)
    channels = SOURCES_CONFIG.sources["orders"].columns["channel"].values
    assert set(pipeline.features.channels) == set(channels.values())


def test_contact_needs_consent() -> None:
    assert PrivacyConfig.model_validate(_read("privacy.yaml")).consent == "required"
