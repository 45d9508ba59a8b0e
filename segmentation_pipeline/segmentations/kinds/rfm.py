"""The eleven named segments of the RFM model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.contracts.labels import RfmSegment
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind


class RfmSegmentation(SegmentationKind):
    """The eleven named segments of the RFM model."""

    kind: Literal["rfm"]

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return tuple(segment.value for segment in RfmSegment)
