"""A project loaded whole: its configuration, checked against the files that are there."""

from __future__ import annotations

from segmentation_pipeline.config.load import load_config
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.ingest.headers import columns_of_files
from segmentation_pipeline.settings import Settings


def load_project(settings: Settings) -> Config:
    """The configuration of the project.

    Raises ``ConfigError`` as ``load_config`` does, and where a rule, segmentation or model names a column that comes
    from one no file of its source has.
    """
    return load_config(settings.config, of_files=lambda config: columns_of_files(settings.root, config))
