"""The doubly robust learner (Kennedy, 2020): a line through what each person's message must have done.

Of each person the order that came is held against what two regressions, fitted on others, expect with the message and
without; as the share that was contacted is known, the result is right on average whatever those regressions miss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import ibis.expr.types as ir
import numpy as np
from scipy.special import expit
from sklearn.linear_model import RidgeCV

from segmentation_pipeline.models.predictions.design import Matrix, number
from segmentation_pipeline.models.predictions.linear import Linear, Scale
from segmentation_pipeline.models.uplift.learner import UpliftLearner
from segmentation_pipeline.models.uplift.people import People

FOLDS = 3
PENALTIES = 10.0 ** np.arange(0.0, 7.0, 0.5)


@dataclass(frozen=True, slots=True)
class DrLearner(UpliftLearner):
    """``change`` is a sum that is the uplift itself; ``control`` gives the log-odds of an order of those kept out."""

    kind = "dr_learner"

    change: Linear
    control: Linear

    @classmethod
    def fit(cls, numbers: Matrix, people: People) -> Self:
        fold = people.folds(FOLDS)
        expected = {contacted: np.empty(len(people)) for contacted in (True, False)}
        for each in range(FOLDS):
            inside = fold == each
            for contacted, found in expected.items():
                of_arm = ~inside & ((people.contacted > 0) == contacted)
                found[inside] = expit(_log_odds(numbers[of_arm], people.ordered[of_arm]).link(numbers[inside]))
        surprise = {contacted: people.ordered - found for contacted, found in expected.items()}
        changed = (
            expected[True]
            - expected[False]
            + people.contacted / people.share * surprise[True]
            - (1.0 - people.contacted) / (1.0 - people.share) * surprise[False]
        )
        kept_out = people.contacted == 0
        return cls(_line(numbers, changed), _log_odds(numbers[kept_out], people.ordered[kept_out]))

    def uplift(self, numbers: Matrix) -> Matrix:
        return self.change.link(numbers)

    def without(self, numbers: Matrix) -> Matrix:
        return cast(Matrix, expit(self.control.link(numbers)))

    def uplift_expression(self, numbers: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        return self.change.link_expression(numbers)

    def without_expression(self, numbers: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        return number(1.0) / (number(1.0) + (-self.control.link_expression(numbers)).exp())

    def to_parameters(self) -> dict[str, Any]:
        return {"change": self.change.to_parameters(), "control": self.control.to_parameters()}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        return cls(*(Linear.from_parameters(parameters[name]) for name in ("change", "control")))


def _log_odds(numbers: Matrix, ordered: Matrix) -> Linear:
    """A logistic regression; the same for everybody where everybody or nobody ordered."""
    if 0 < ordered.sum() < len(ordered):
        return Linear.fit(numbers, ordered, is_probability=True)
    share = (float(ordered.sum()) + 0.5) / (len(ordered) + 1.0)
    return _flat(numbers, float(np.log(share / (1.0 - share))))


def _line(numbers: Matrix, changed: Matrix) -> Linear:
    """A ridge regression on scaled numbers, its penalty chosen by leaving each person out in turn."""
    if not numbers.shape[1]:
        return _flat(numbers, float(np.mean(changed)))
    scales = tuple(Scale.learnt(column) for column in numbers.T)
    shares = np.isnan(numbers).mean(axis=0)
    at = np.flatnonzero(shares > 0)
    scaled = [scale.of(column) for scale, column in zip(scales, numbers.T, strict=True)]
    rows = np.column_stack([*scaled, *(np.isnan(numbers[:, place]) - shares[place] for place in at)])
    model = RidgeCV(alphas=PENALTIES).fit(rows, changed)
    found, unknown = np.ravel(model.coef_), np.zeros(len(scales))
    unknown[at] = found[len(scales) :]
    return Linear(
        scales,
        tuple(map(float, found[: len(scales)])),
        tuple(map(float, unknown)),
        tuple(map(float, shares)),
        float(model.intercept_),
    )


def _flat(numbers: Matrix, value: float) -> Linear:
    """The same for everybody, of as many numbers."""
    count = numbers.shape[1]
    nothing = (0.0,) * count
    return Linear((Scale(0.0, False, 0.0, 1.0),) * count, nothing, nothing, nothing, value)
