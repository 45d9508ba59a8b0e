"""What kinds share whose segments are those of a fitted model: the model says what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.kinds.base import Assigned, SegmentationKind


class OfModel(SegmentationKind):
    """Segments of a fitted model; a refit one with other words is another version."""

    def define(self, name: str, assigned: Assigned) -> list[SegmentDefinition]:
        return [SegmentDefinition(name, segment, words) for segment, words in assigned.words.items()]

    def decisions(self, definitions: Sequence[SegmentDefinition]) -> Mapping[str, object]:
        return {"segments": sorted([d.segment, d.definition] for d in definitions)}
