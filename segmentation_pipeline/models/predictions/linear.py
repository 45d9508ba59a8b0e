"""Logistic and Poisson regression: the link is a sum, so each feature's part in a score is exact."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from typing import Any, Self

import ibis
import ibis.expr.types as ir
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from threadpoolctl import threadpool_limits

from segmentation_pipeline.models.predictions.design import Matrix, number
from segmentation_pipeline.models.predictions.learner import Learner

TAIL = 2.0
"""The skewness from which a number that is never negative is taken as ln(1 + it): a few large ones would lead."""
RIDGE = 1.0
SOLVER = "newton-cholesky"
"""A handful of steps where there are many more rows than numbers; the default takes hundreds to the same place."""
FAR = 5.0
"""Standard deviations from the mean at which a number counts as no further: outside what was learnt nobody knows more."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Unknown takes ``middle``; then ln(1 + it) if ``log``, then (it - mean) / std within ``FAR``."""

    middle: float
    log: bool
    mean: float
    std: float

    @classmethod
    def learnt(cls, values: Matrix) -> Scale:
        known = values[~np.isnan(values)]
        if not known.size:
            return cls(0.0, False, 0.0, 1.0)
        spread = float(np.std(known))
        skewness = float(np.mean(((known - known.mean()) / spread) ** 3)) if spread > 0 else 0.0
        log = bool(known.min() >= 0 and skewness > TAIL)
        scaled = np.log1p(known) if log else known
        return cls(float(np.median(known)), log, float(scaled.mean()), float(np.std(scaled)) or 1.0)

    def of(self, values: Matrix) -> Matrix:
        filled = np.where(np.isnan(values), self.middle, values)
        scaled = np.log(1.0 + np.maximum(filled, 0.0)) if self.log else filled
        return np.clip((scaled - self.mean) / self.std, -FAR, FAR)

    def expression(self, value: ir.FloatingValue) -> ir.FloatingValue:
        filled = value.fill_null(number(self.middle))
        scaled = (ibis.greatest(filled, number(0.0)) + 1.0).ln() if self.log else filled
        return ibis.least(ibis.greatest((scaled - number(self.mean)) / number(self.std), number(-FAR)), number(FAR))


@dataclass(frozen=True, slots=True)
class Linear(Learner):
    """``weights`` of the scaled numbers, ``unknown`` of their being unknown (0 where that never was), and ``intercept``."""

    kind = "linear"

    scales: tuple[Scale, ...]
    weights: tuple[float, ...]
    unknown: tuple[float, ...]
    shares_unknown: tuple[float, ...]
    intercept: float

    @classmethod
    def fit(cls, numbers: Matrix, outcomes: Matrix, *, is_probability: bool) -> Self:
        scales = tuple(Scale.learnt(column) for column in numbers.T)
        shares = np.isnan(numbers).mean(axis=0) if numbers.shape[1] else np.empty(0)
        at = np.flatnonzero(shares > 0)
        if not scales:
            mean = float(np.mean(outcomes))
            return cls((), (), (), (), float(np.log(mean / (1.0 - mean)) if is_probability else np.log(mean)))
        scaled = [scale.of(column) for scale, column in zip(scales, numbers.T, strict=True)]
        rows = np.column_stack([*scaled, *(np.isnan(numbers[:, place]) - shares[place] for place in at)])
        if is_probability:
            model = LogisticRegression(C=RIDGE, solver=SOLVER, max_iter=100, tol=1e-8)
        else:
            model = PoissonRegressor(alpha=RIDGE / max(len(rows), 1), solver=SOLVER, max_iter=100, tol=1e-8)
        # Threads would add up in another order on each machine.
        with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(rows, outcomes)
        found = np.ravel(model.coef_)
        unknown = np.zeros(len(scales))
        unknown[at] = found[len(scales) :]
        return cls(
            scales,
            tuple(map(float, found[: len(scales)])),
            tuple(map(float, unknown)),
            tuple(map(float, shares)),
            float(np.ravel(model.intercept_)[0]),
        )

    def link(self, numbers: Matrix) -> Matrix:
        made = np.full(len(numbers), self.intercept)
        for place, scale in enumerate(self.scales):
            made += self.weights[place] * scale.of(numbers[:, place])
            made += self.unknown[place] * (np.isnan(numbers[:, place]) - self.shares_unknown[place])
        return made

    def link_expression(self, numbers: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        return reduce(add, (self._part(place, value) for place, value in enumerate(numbers)), number(self.intercept))

    def contributions(self, numbers: Sequence[ir.FloatingValue]) -> Iterator[tuple[int, ir.FloatingValue]]:
        importances = np.asarray(self.importances())
        for place in map(int, np.argsort(-importances, kind="stable")):
            if importances[place] > 0:
                yield place, self._part(place, numbers[place])

    def importances(self) -> Sequence[float]:
        return [
            abs(weight) + abs(unknown) * share
            for weight, unknown, share in zip(self.weights, self.unknown, self.shares_unknown, strict=True)
        ]

    def _part(self, place: int, value: ir.FloatingValue) -> ir.FloatingValue:
        made = number(self.weights[place]) * self.scales[place].expression(value)
        if self.unknown[place] == 0.0:
            return made
        share, weight = self.shares_unknown[place], self.unknown[place]
        return made + value.isnull().ifelse(number(weight * (1.0 - share)), number(-weight * share))

    def to_parameters(self) -> dict[str, Any]:
        return {
            "scales": [asdict(scale) for scale in self.scales],
            "weights": list(self.weights),
            "unknown": list(self.unknown),
            "shares_unknown": list(self.shares_unknown),
            "intercept": self.intercept,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        scales = tuple(Scale(**scale) for scale in parameters["scales"])
        weights, unknown, shares = (tuple(parameters[name]) for name in ("weights", "unknown", "shares_unknown"))
        return cls(scales, weights, unknown, shares, parameters["intercept"])
