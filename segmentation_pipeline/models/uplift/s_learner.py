"""The single learner: boosted trees that know of each person whether the message was for them, asked twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import ibis.expr.types as ir
import numpy as np
from scipy.special import expit

from segmentation_pipeline.models.predictions.boosted import Boosted
from segmentation_pipeline.models.predictions.design import Matrix, number
from segmentation_pipeline.models.uplift.learner import UpliftLearner
from segmentation_pipeline.models.uplift.people import People


@dataclass(frozen=True, slots=True)
class SLearner(UpliftLearner):
    """``trees`` give the log-odds of an order; their last number is 1 with the message and 0 without."""

    kind = "s_learner"

    trees: Boosted

    @classmethod
    def fit(cls, numbers: Matrix, people: People) -> Self:
        return cls(Boosted.fit(_with(numbers, people.contacted), people.ordered, is_probability=True))

    def uplift(self, numbers: Matrix) -> Matrix:
        return self._probability(numbers, 1.0) - self.without(numbers)

    def without(self, numbers: Matrix) -> Matrix:
        return self._probability(numbers, 0.0)

    def uplift_expression(self, numbers: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        return self._expression(numbers, 1.0) - self._expression(numbers, 0.0)

    def without_expression(self, numbers: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        return self._expression(numbers, 0.0)

    def _probability(self, numbers: Matrix, contacted: float) -> Matrix:
        return cast(Matrix, expit(self.trees.link(_with(numbers, np.full(len(numbers), contacted)))))

    def _expression(self, numbers: Sequence[ir.FloatingValue], contacted: float) -> ir.FloatingValue:
        link = self.trees.link_expression([*numbers, number(contacted)])
        return number(1.0) / (number(1.0) + (-link).exp())

    def to_parameters(self) -> dict[str, Any]:
        return self.trees.to_parameters()

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        return cls(Boosted.from_parameters(parameters))


def _with(numbers: Matrix, contacted: Matrix) -> Matrix:
    return np.column_stack([numbers, contacted])
