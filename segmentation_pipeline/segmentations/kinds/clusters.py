"""The clusters of a cluster model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Name, Segmentation
from segmentation_pipeline.contracts.scores import CLUSTERS, cluster_columns
from segmentation_pipeline.segmentations.kinds.base import Assigning, SegmentationKind


class ClustersSegmentation(SegmentationKind):
    """The clusters of a cluster model: of ``models.clusters``, or the one of ``models.cluster_models`` named here."""

    kind: Literal["clusters"]
    model: Name = CLUSTERS

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return ()

    def columns_read(self) -> tuple[str, ...]:
        return tuple(column.name for column in cluster_columns(self.model, "")[1:])

    def segment(self, name: str, table: ir.Table, day: Assigning) -> ir.Value:
        return table[self.columns_read()[0]]

    def score(self, profile: ir.Table) -> ir.Value:
        return profile[self.columns_read()[1]].cast("float64")
