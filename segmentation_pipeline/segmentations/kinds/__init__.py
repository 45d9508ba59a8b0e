"""The kinds of segmentations there are: a kind is its file, and one line of ``AnySegmentation``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, cast

from pydantic import Field

from segmentation_pipeline.config.schema import Model, Name, Segmentation
from segmentation_pipeline.segmentations.kinds.attribute import AttributeSegmentation
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind
from segmentation_pipeline.segmentations.kinds.clusters import ClustersSegmentation
from segmentation_pipeline.segmentations.kinds.hybrid import HybridSegmentation
from segmentation_pipeline.segmentations.kinds.quantiles import QuantilesSegmentation
from segmentation_pipeline.segmentations.kinds.rfm import RfmSegmentation
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline.segmentations.kinds.survey_classes import SurveyClassesSegmentation

AnySegmentation = Annotated[
    RulesSegmentation
    | RfmSegmentation
    | QuantilesSegmentation
    | ClustersSegmentation
    | AttributeSegmentation
    | HybridSegmentation
    | SurveyClassesSegmentation,
    Field(discriminator="kind"),
]


class SegmentationsConfig(Model):
    segmentations: dict[Name, AnySegmentation]


def kinds_of(segmentations: Mapping[str, Segmentation]) -> dict[str, SegmentationKind]:
    """The segmentations of a loaded configuration, with all that a kind answers: there they are of a kind listed above."""
    return cast("dict[str, SegmentationKind]", dict(segmentations))
