"""The clusters of a cluster model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from segmentation_pipeline.config.schema import Name, Segmentation
from segmentation_pipeline.contracts.scores import CLUSTERS
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind


class ClustersSegmentation(SegmentationKind):
    """The clusters of a cluster model: of ``models.clusters``, or the one of ``models.cluster_models`` named here."""

    kind: Literal["clusters"]
    model: Name = CLUSTERS

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return ()
