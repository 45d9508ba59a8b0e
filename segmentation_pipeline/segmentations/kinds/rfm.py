"""The eleven named segments of the RFM model."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal

import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import ModelsConfig, Segmentation
from segmentation_pipeline.contracts.labels import RfmSegment
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.models.rfm import RFM_DEFINITIONS
from segmentation_pipeline.segmentations.cut_points import CutPoint
from segmentation_pipeline.segmentations.kinds.base import Assigning
from segmentation_pipeline.segmentations.kinds.check import Check
from segmentation_pipeline.segmentations.kinds.of_model import OfModel


class RfmSegmentation(OfModel):
    """The eleven named segments of the RFM model."""

    kind: Literal["rfm"]

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return tuple(segment.value for segment in RfmSegment)

    def problems(self, check: Check) -> Iterator[Diagnostic]:
        return iter(())

    def columns_read(self) -> tuple[str, ...]:
        return ("rfm_segment", "rfm_score")

    def segment(self, name: str, table: ir.Table, day: Assigning) -> ir.Value:
        return table.rfm_segment

    def score(self, profile: ir.Table) -> ir.Value:
        return profile.rfm_score.cast("float64")

    def follows_from_columns(self, cuts: Sequence[CutPoint], following: Collection[str]) -> bool:
        return {*self.columns_read()} <= {*following}

    def words(self, models: ModelsConfig, registered: Registered) -> Mapping[str, str]:
        return {segment.value: text for segment, text in RFM_DEFINITIONS.items()}

    def explaining_columns(self) -> tuple[str, ...]:
        return ("recency_score", "frequency_score", "monetary_score")
