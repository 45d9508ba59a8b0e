"""The clusters of a cluster model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import ModelsConfig, Name, Segmentation
from segmentation_pipeline.contracts.scores import CLUSTERS, cluster_columns
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.segmentations.kinds.base import Assigning
from segmentation_pipeline.segmentations.kinds.check import Check
from segmentation_pipeline.segmentations.kinds.of_model import OfModel


class ClustersSegmentation(OfModel):
    """The clusters of a cluster model: of ``models.clusters``, or the ``model`` of ``models.cluster_models`` that is named."""

    kind: Literal["clusters"]
    model: Name = CLUSTERS

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return ()

    def problems(self, check: Check) -> Iterator[Diagnostic]:
        models = check.config.pipeline.models.by_cluster_model
        if self.model not in models:
            hint = did_you_mean(self.model, models) or "declare it in pipeline.yaml, models.cluster_models"
            yield check.problem(("model",), f"the unknown cluster model '{self.model}'", one_of(models, "model"), hint)

    def columns_read(self) -> tuple[str, ...]:
        return tuple(column.name for column in cluster_columns(self.model, "")[1:])

    def segment(self, name: str, table: ir.Table, day: Assigning) -> ir.Value:
        return table[self.columns_read()[0]]

    def score(self, profile: ir.Table) -> ir.Value:
        return profile[self.columns_read()[1]].cast("float64")

    def words(self, models: ModelsConfig, registered: Registered) -> Mapping[str, str]:
        from segmentation_pipeline.models.cluster_model import ClusterModel

        return ClusterModel.from_parameters(registered(self.model)).definitions

    def notes(self, customer: Mapping[str, object], registered: Registered) -> tuple[str, ...]:
        """What sets the cluster apart, and how far the customer is from its border."""
        from segmentation_pipeline.models.cluster_border import border
        from segmentation_pipeline.models.cluster_model import ClusterModel

        near = border(ClusterModel.from_parameters(registered(self.model)), customer)
        return near.words() if near else ()
