"""A project loaded whole: its configuration, checked against the files that are there."""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import ConfigError, Diagnostic
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import read_yaml
from segmentation_pipeline.ingest.column_checks import derivation_problems
from segmentation_pipeline.ingest.headers import columns_of_files
from segmentation_pipeline.models.catalog import available_columns
from segmentation_pipeline.profiles.by_name import read_sources
from segmentation_pipeline.project.configuration import CAMPAIGNS, SOURCES, load_config
from segmentation_pipeline.project.decision_checks import decision_warnings
from segmentation_pipeline.project.rule_warnings import rule_warnings
from segmentation_pipeline.settings import Settings


def load_project(settings: Settings) -> Config:
    """The configuration of the project.

    Raises ``ConfigError`` as ``load_config`` does, and where a rule, segmentation or model names a column that comes
    from one no file of its source has, or an expression, list or condition of a source names such a one itself.
    """
    config = load_config(settings.config, of_files=lambda config: columns_of_files(settings.root, config))
    if problems := list(derivation_problems(settings.root, config, read_sources(settings.config / SOURCES))):
        raise ConfigError(problems)
    return config


def project_warnings(settings: Settings, config: Config) -> Iterator[Diagnostic]:
    """What of the configuration may be used and was probably meant otherwise."""
    yield from rule_warnings(config, available_columns(config, columns_of_files(settings.root, config)), settings.config)
    if (file := settings.config / CAMPAIGNS).exists():
        yield from decision_warnings(config, read_yaml(file))
