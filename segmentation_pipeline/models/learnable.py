"""Which features a model learns from that is not told."""

from __future__ import annotations

from collections.abc import Collection

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.features.available_columns import ATTRIBUTES
from segmentation_pipeline.features.catalog import feature_columns

USABLE = (Type.INTEGER, Type.NUMBER, Type.MONEY, Type.BOOLEAN, Type.TEXT)


def learnable(config: Config, left_out: Collection[str] = ()) -> tuple[str, ...]:
    """All features that are on and of a usable type, personal attributes and ``left_out`` ones apart."""
    return tuple(
        name
        for name, column in feature_columns(config).items()
        if column.type in USABLE and name not in ATTRIBUTES and name not in left_out
    )
