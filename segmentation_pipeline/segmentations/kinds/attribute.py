"""One segment per value of a text column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from segmentation_pipeline.config.schema import Name, Segmentation
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind


class AttributeSegmentation(SegmentationKind):
    """One segment per value of a text column; values below ``min_size`` customers go to ``other``."""

    kind: Literal["attribute"]
    column: str
    other: Name = "other"

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return ()
