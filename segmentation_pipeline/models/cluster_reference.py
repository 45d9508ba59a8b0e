"""Do customers fall into types, or is one cloud of them cut into bands?

k-means and mixtures find as many groups as they are asked for, in any cloud, and find the same ones again in every half of
it.  So the criterion of the chosen number is compared with what it is for clouds without groups: samples of one correlated
Gaussian with the same means and covariances (a parametric bootstrap; McLachlan, "On bootstrapping the likelihood ratio test
statistic for the number of components in a normal mixture", 1987).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.gaussian_mixture import Mixture
from segmentation_pipeline.models.global_kmeans import grow_clusters

Matrix = NDArray[np.float64]

REFERENCES = 19
"""Clouds drawn: that customers beat all of them happens to one cloud in twenty by chance."""
COMPARED = 1_000
"""About so many customers are compared, the same number in each cloud."""
STARTS = 50
"""About so many of them are looked at for a place where a further cluster may start."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The criterion of the compared customers, and the best of the clouds without groups."""

    observed: float
    best: float

    @property
    def is_beaten(self) -> bool:
        return self.observed > self.best


def compare(points: Matrix, shape: type[Centres] | type[Mixture], number: int) -> Reference:
    """Cluster some of ``points`` and as large clouds without groups into ``number`` clusters, all in the same way.

    Nothing is left to chance: the same points give the same comparison.
    """
    some = points[:: -(-len(points) // COMPARED)]
    if len(np.unique(some, axis=0)) <= number:
        some = points
    draws = np.random.default_rng(0)
    with threadpool_limits(limits=1):  # the same digits on every run, and small fits gain nothing from threads
        clouds = (one_cloud(some, draws) for _ in range(REFERENCES))
        return Reference(_quality(some, shape, number), max(_quality(cloud, shape, number) for cloud in clouds))


def one_cloud(points: Matrix, draws: np.random.Generator) -> Matrix:
    """As many points of one Gaussian; their means and covariances are those of ``points``, but for rounding."""
    centred = points - points.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(points))
    spread = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn = draws.standard_normal(points.shape)
    drawn -= drawn.mean(axis=0)
    if len(drawn) > drawn.shape[1]:
        # Uncorrelated and of variance 1 to the last digit, so that no draw is wider than another.
        drawn = np.linalg.qr(drawn)[0] * np.sqrt(len(points))
    return cast(Matrix, drawn @ spread.T + points.mean(axis=0))


def _quality(points: Matrix, shape: type[Centres] | type[Mixture], number: int) -> float:
    starts = points[:: -(-len(points) // STARTS)]
    grown = grow_clusters(points, starts, number)[number]
    fitted = shape.fitted(points, grown.cluster_centers_)
    return fitted.quality(points, *fitted.assigned(points))
