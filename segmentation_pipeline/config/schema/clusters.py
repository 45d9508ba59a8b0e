"""``pipeline.yaml``, models.clusters and models.cluster_models: how groups of similar customers are found."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import Model, Share


class ClustersConfig(Model):
    """``kind`` is the method.  ``features`` left out: the customary ones, as far as this project's sources give them.  k-means
    also takes text and truth values.  It is fitted on at most about ``sample_size`` customers.

    The number of clusters, ``min_clusters`` to ``max_clusters``, is chosen by silhouette (k_means, of ``silhouette_sample_size``
    customers) or BIC (gaussian_mixture) among those whose ``min_stability`` holds: the adjusted Rand index between models of two
    halves of the customers.  0.65 is moderate, 0.8 good agreement (Steinley, "Properties of the Hubert-Arabie adjusted Rand
    index", 2004).

    ``min_clusters: 1`` makes one cluster an answer: it is given where more part customers no better than a cloud without
    groups would be parted (``models/cluster_reference.py``).  With 2 and more the clusters are made all the same, and a
    warning says that they are bands, not types.

    ``refit``: when a challenger is fitted; between, and when it is not stable or not clearly better, the
    champion stays.  ``independent``: every day has a model of its own, which depends on no other day's run.

    ``outlier_fence``: customers are outliers who are so many interquartile ranges above the upper quartile
    of distances (k_means) or log improbabilities (gaussian_mixture); 3 is Tukey's outer fence; null: nobody is.
    """

    kind: Literal["k_means", "gaussian_mixture"] = "k_means"
    features: tuple[str, ...] | None = None
    min_clusters: Annotated[int, Field(ge=1, le=20)] = 3
    max_clusters: Annotated[int, Field(ge=2, le=20)] = 8
    sample_size: Annotated[int, Field(ge=100, le=100_000)] = 20_000
    silhouette_sample_size: Annotated[int, Field(ge=100, le=20_000)] = 4_000
    min_stability: Share = 0.65
    refit: Literal["daily", "weekly", "monthly", "independent"] = "monthly"
    outlier_fence: Annotated[float, Field(ge=1.5)] | None = 3.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_clusters < self.min_clusters:
            raise ValueError("'max_clusters' is below 'min_clusters'")
        return self
