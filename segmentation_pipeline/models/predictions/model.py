"""A predictive model as it scores: the numbers it reads, its learner, and the calibration of a later period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.models.predictions.design import Design, Frame, Matrix, number
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.learners import learner_of
from segmentation_pipeline.models.predictions.reasons import with_reason

DIGITS = 6
"""Enough for ranking, few enough that engines with other mathematical libraries agree."""


@dataclass(frozen=True, slots=True)
class PredictionModel:
    """``slope`` and ``shift`` calibrate the learner's link."""

    design: Design
    learner: Learner
    is_probability: bool
    slope: float = 1.0
    shift: float = 0.0

    def link(self, frame: Frame) -> Matrix:
        """Of each row, calibrated."""
        return self.slope * self.learner.link(self.design.matrix(frame)) + self.shift

    def score(self, table: ir.Table) -> ir.FloatingValue:
        """Of each row the probability, or the amount."""
        link = number(self.slope) * self.learner.link_expression(self.design.expressions(table)) + number(self.shift)
        score = number(1.0) / (number(1.0) + (-link).exp()) if self.is_probability else link.exp()
        return score.round(DIGITS)

    def to_parameters(self) -> dict[str, Any]:
        return {
            "kind": self.learner.kind,
            "learner": self.learner.to_parameters(),
            "design": self.design.to_parameters(),
            "is_probability": self.is_probability,
            "slope": self.slope,
            "shift": self.shift,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> PredictionModel:
        """A model that scores like the one the parameters came from."""
        learner = learner_of(parameters["kind"], parameters["learner"])
        design = Design.from_parameters(parameters["design"])
        return cls(design, learner, parameters["is_probability"], parameters["slope"], parameters["shift"])


def scored(customers: ir.Table, model: PredictionModel, holds: ir.BooleanValue, name: str) -> ir.Table:
    """``customers`` with columns ``name`` and ``name_reason``; null where the rule of who is scored does not hold."""
    prefix = f"_{name}_"
    contributions = model.learner.contributions(model.design.expressions(customers))
    parts = {f"{prefix}part_{place}": part for place, part in contributions}
    # Working columns of their own: written out wherever they are compared, a few features would fill pages.
    table = customers.mutate(**{f"{prefix}holds": holds, name: model.score(customers), **parts})
    labels = [model.design.inputs[place].label for place, _ in contributions]
    table, why = with_reason(table, labels, [*parts], prefix)
    scores = {name: table[name], f"{name}_reason": why}
    found = {column: table[f"{prefix}holds"].ifelse(value, ibis.null(value.type())) for column, value in scores.items()}
    return table.select(*customers.columns, **found)
