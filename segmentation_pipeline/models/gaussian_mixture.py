"""A Gaussian mixture: groups of any size, spread and slant, and how probable each is for a customer.

Fitted by expectation and maximisation from k-means centres grown one by one, so nothing is random
(Fraley and Raftery, "Model-based clustering, discriminant analysis, and density estimation", 2002).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, pi
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import euclidean_distances
from sklearn.mixture import GaussianMixture

from segmentation_pipeline.models.centres import total

Matrix = NDArray[np.float64]

NARROWEST = 0.1
"""No component is narrower than this, in standard deviations of a feature: a value that many share, such as no returns
at all, would be a component of its own with a density without limit."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """Components by ``means``, ``weights`` (summing to 1) and ``precisions``: the upper triangular matrix P with
    P times its transpose the inverse of the covariance, as scikit-learn's ``precisions_cholesky_``."""

    kind: ClassVar[str] = "gaussian_mixture"
    criterion: ClassVar[str] = "bic"
    as_good: ClassVar[float] = 10.0
    """A greater difference is very strong evidence (Kass and Raftery, "Bayes factors", 1995); a smaller is no reason for
    a further component."""

    means: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    precisions: tuple[tuple[tuple[float, ...], ...], ...]

    @classmethod
    def fitted(cls, points: Matrix, centres: Matrix, narrowest: float = NARROWEST) -> Mixture:
        """The local optimum that expectation and maximisation climb to from the groups nearest to ``centres``.

        A centre without points gives no component.
        """
        labels = euclidean_distances(points, centres).argmin(axis=1)
        groups = [points[labels == label] for label in np.unique(labels)]
        floor = narrowest**2 * np.eye(points.shape[1])
        mixture = GaussianMixture(
            len(groups),
            reg_covar=narrowest**2,
            max_iter=200,
            weights_init=np.array([len(group) for group in groups]) / len(points),
            means_init=np.array([group.mean(axis=0) for group in groups]),
            precisions_init=np.array(
                [np.linalg.inv(np.cov(group.T, bias=True).reshape(floor.shape) + floor) for group in groups]
            ),
            random_state=0,
        ).fit(points)
        return cls(
            tuple(map(tuple, mixture.means_.tolist())),
            tuple(mixture.weights_.tolist()),
            tuple(tuple(map(tuple, matrix)) for matrix in mixture.precisions_cholesky_.tolist()),
        )

    @classmethod
    def single(cls) -> Mixture:
        """One component without features: everybody is at its mean."""
        return cls(((),), (1.0,), ((),))

    def probabilities(self, points: Matrix) -> Matrix:
        """Per point how probable each component is, of all components."""
        densities = self._densities(points)
        return np.exp(densities - np.logaddexp.reduce(densities, axis=1, keepdims=True))

    def assigned(self, points: Matrix) -> tuple[NDArray[np.int64], Matrix]:
        """Per point the position of the most probable component and the negative log density of the mixture."""
        densities = self._densities(points)
        return densities.argmax(axis=1), -np.logaddexp.reduce(densities, axis=1)

    def _densities(self, points: Matrix) -> Matrix:
        """Per point the weighted log density of each component."""
        return np.column_stack(
            [
                constant - 0.5 * (((points - np.array(mean)) @ np.array(matrix)) ** 2).sum(axis=1)
                for mean, matrix, constant in zip(self.means, self.precisions, self._constants, strict=True)
            ]
        )

    def quality(self, points: Matrix, labels: NDArray[np.int64], remoteness: Matrix) -> float:
        """The Bayesian information criterion with the sign of Fraley and Raftery: more is better."""
        parts, size = len(self.means), len(self.means[0])
        free = parts - 1 + parts * size + parts * size * (size + 1) // 2
        return round(-2.0 * float(remoteness.sum()) - free * log(len(remoteness)), 6)

    def ranked(self, order: Sequence[int]) -> Mixture:
        return Mixture(
            tuple(self.means[position] for position in order),
            tuple(self.weights[position] for position in order),
            tuple(self.precisions[position] for position in order),
        )

    def scored(self, table: ir.Table, coordinates: Sequence[str]) -> ir.Table:
        """``table`` with ``_position`` of the most probable component and its ``_probability``, ``_distance`` to its mean
        in its own standard deviations (Mahalanobis), and ``_remoteness``, the negative log density."""
        size, parts = len(coordinates), range(len(self.means))
        turned = {
            f"_y{k}_{j}": total([(table[coordinates[i]] - mean[i]) * matrix[i][j] for i in range(j + 1)])
            for k, (mean, matrix) in enumerate(zip(self.means, self.precisions, strict=True))
            for j in range(size)
        }
        table = table.mutate(**turned)
        squares = {f"_m{k}": total([table[f"_y{k}_{j}"] * table[f"_y{k}_{j}"] for j in range(size)]) for k in parts}
        table = table.mutate(**squares)
        table = table.mutate(**{f"_l{k}": constant - table[f"_m{k}"] * 0.5 for k, constant in enumerate(self._constants)})
        table = table.mutate(_best=ibis.greatest(*(table[f"_l{k}"] for k in parts)))
        table = table.mutate(_sum=total([(table[f"_l{k}"] - table._best).exp() for k in parts]))
        return table.mutate(
            _position=ibis.cases(*((table[f"_l{k}"] == table._best, k) for k in parts)),
            _distance=ibis.cases(*((table[f"_l{k}"] == table._best, table[f"_m{k}"]) for k in parts)).sqrt(),
            _probability=1.0 / table._sum,
            _remoteness=-(table._best + table._sum.ln()),
        )

    @property
    def _constants(self) -> list[float]:
        """Per component the log density at its mean, weighted."""
        return [
            log(weight) + sum(log(matrix[i][i]) for i in range(len(mean))) - 0.5 * len(mean) * log(2 * pi)
            for mean, weight, matrix in zip(self.means, self.weights, self.precisions, strict=True)
        ]

    def to_parameters(self) -> dict[str, Any]:
        return {
            "means": [list(mean) for mean in self.means],
            "weights": list(self.weights),
            "precisions": [[list(row) for row in matrix] for matrix in self.precisions],
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Mixture:
        return cls(
            tuple(map(tuple, parameters["means"])),
            tuple(parameters["weights"]),
            tuple(tuple(map(tuple, matrix)) for matrix in parameters["precisions"]),
        )
