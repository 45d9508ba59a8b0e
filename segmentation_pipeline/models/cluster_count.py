"""How many clusters there are: as many as the criterion likes best among the numbers that stand up to resampling.

A number of clusters is stable when models of two halves of the customers, who share nobody, put
everybody into the same groups: the mean adjusted Rand index over several halvings (Hubert and Arabie
1985; the idea of Lange, Roth, Braun and Buhmann, "Stability-based validation of clustering
solutions", 2004).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.gaussian_mixture import Mixture
from segmentation_pipeline.models.global_kmeans import grow_clusters

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shape = Centres | Mixture

SHAPES: dict[str, type[Centres] | type[Mixture]] = {shape.kind: shape for shape in (Centres, Mixture)}


@dataclass(frozen=True, slots=True)
class Count:
    """The chosen ``number``, the criterion of every number tried and the stability of those it was measured for."""

    number: int
    qualities: Mapping[int, float]
    stabilities: Mapping[int, float]

    @property
    def stability(self) -> float:
        """Of the chosen number."""
        return self.stabilities[self.number]


def preferred(qualities: Mapping[int, float], as_good: float) -> list[int]:
    """The numbers of clusters in the order they are wanted: of those as good as the best the smallest first, then by quality.

    >>> preferred({2: 0.30, 3: 0.395, 4: 0.40, 5: 0.35}, 0.01)
    [3, 4, 5, 2]
    """
    best = max(qualities.values())
    good = sorted(number for number, quality in qualities.items() if quality >= best - as_good)
    return good + sorted(set(qualities) - set(good), key=lambda number: (-qualities[number], number))


def count_clusters(
    points: Matrix,
    candidate: Mask,
    halves: Sequence[Mask],
    shapes: Mapping[int, Shape],
    min_stability: float,
) -> Count:
    """Choose among ``shapes``, each fitted for its number of clusters; all are compared on ``points``.

    ``candidate`` and ``halves`` mark rows of ``points``.  The first preferred number with at least
    ``min_stability`` is taken; when none has it, the most stable one.
    """
    [shape] = {type(fitted) for fitted in shapes.values()}
    qualities = {number: fitted.quality(points, *fitted.assigned(points)) for number, fitted in shapes.items()}
    stabilities: dict[int, float] = {}
    for number in preferred(qualities, shape.as_good):
        stabilities[number] = stability(points, candidate, halves, shape, number)
        if stabilities[number] >= min_stability:
            return Count(number, qualities, stabilities)
    return Count(max(stabilities, key=lambda number: (stabilities[number], -number)), qualities, stabilities)


def stability(
    points: Matrix, candidate: Mask, halves: Sequence[Mask], shape: type[Centres] | type[Mixture], number: int
) -> float:
    """The mean over ``halves`` of the adjusted Rand index between the groupings of all ``points`` by a model of the
    half and one of the other half; 0 where a half has too few different points."""
    found = []
    for half in halves:
        labels = [_labels(points, candidate, side, shape, number) for side in (half, ~half)]
        agree = [side for side in labels if side is not None]
        found.append(float(adjusted_rand_score(*agree)) if len(agree) == 2 else 0.0)
    return round(float(np.mean(found)), 6)


def _labels(
    points: Matrix, candidate: Mask, side: Mask, shape: type[Centres] | type[Mixture], number: int
) -> NDArray[np.int64] | None:
    own, starts = points[side], points[side & candidate]
    if len(np.unique(own, axis=0)) <= number:
        return None
    grown = grow_clusters(own, starts if len(starts) else own, number)[number]
    return shape.fitted(own, grown.cluster_centers_).assigned(points)[0]
