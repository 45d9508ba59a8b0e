"""What was published, brought to where others read it."""

from __future__ import annotations

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config


def steps(config: Config) -> list[Step]:
    return []
