"""The centres of k-means: who is nearest to which, and how far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import euclidean_distances, silhouette_score

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Centres:
    """One row per cluster, one coordinate per column of the points."""

    kind: ClassVar[str] = "k_means"
    criterion: ClassVar[str] = "silhouette"
    as_good: ClassVar[float] = 0.01
    """Silhouettes this close say the same; then fewer clusters are better, and a day's new orders do not change their number."""

    means: tuple[tuple[float, ...], ...]

    @classmethod
    def fitted(cls, points: Matrix, centres: Matrix) -> Centres:
        """The ``centres`` k-means found, as they are."""
        return cls(tuple(map(tuple, centres.tolist())))

    @classmethod
    def single(cls) -> Centres:
        """One cluster without features: everybody is at its centre."""
        return cls(((),))

    def distances(self, points: Matrix) -> Matrix:
        """Per point the distance to each centre."""
        return np.asarray(euclidean_distances(points, np.array(self.means)), dtype=np.float64)

    def assigned(self, points: Matrix) -> tuple[NDArray[np.int64], Matrix]:
        """Per point the position of the nearest centre, of equally near ones the first, and its distance."""
        distances = self.distances(points)
        return distances.argmin(axis=1), distances.min(axis=1)

    def quality(self, points: Matrix, labels: NDArray[np.int64], remoteness: Matrix) -> float:
        """The mean silhouette; -1 when there is a single cluster or nothing but singles, which has none."""
        found = len(np.unique(labels))
        return round(float(silhouette_score(points, labels)), 6) if 2 <= found < len(labels) else -1.0

    def ranked(self, order: Sequence[int]) -> Centres:
        return Centres(tuple(self.means[position] for position in order))

    def scored(self, table: ir.Table, coordinates: Sequence[str]) -> ir.Table:
        """``table`` with ``_position`` of the nearest centre, and how far it is as ``_distance`` and ``_remoteness``."""
        squares = {
            f"_d{k}": total(
                [(table[name] - value) * (table[name] - value) for name, value in zip(coordinates, mean, strict=True)]
            )
            for k, mean in enumerate(self.means)
        }
        measured = table.mutate(**squares)
        found = measured.mutate(_nearest=ibis.least(*(measured[name] for name in squares)))
        distance = found._nearest.sqrt()
        position = ibis.cases(*((found[name] == found._nearest, k) for k, name in enumerate(squares)))
        return found.mutate(_position=position, _distance=distance, _remoteness=distance)

    def to_parameters(self) -> dict[str, Any]:
        return {"means": [list(mean) for mean in self.means]}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Centres:
        return cls(tuple(map(tuple, parameters["means"])))


def total(terms: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
    """The sum, added from left to right on every engine."""
    summed = ibis.literal(0.0)
    for term in terms:
        summed = summed + term
    return summed
