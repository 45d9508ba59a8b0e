"""The latent classes of a model of survey answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from segmentation_pipeline.config.schema import Name, Segmentation
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind


class SurveyClassesSegmentation(SegmentationKind):
    """The latent classes of ``models.survey_classes``; without ``inferred`` only customers who answered."""

    kind: Literal["survey_classes"]
    model: Name
    inferred: bool = True

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return ()
