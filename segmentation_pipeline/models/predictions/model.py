"""A model of one horizon as it scores: the numbers it reads, its learner, and the calibration of a later period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

import ibis.expr.types as ir
import numpy as np
from scipy.special import expit

from segmentation_pipeline.models.predictions.design import Columns, Design, Frame, Matrix, number
from segmentation_pipeline.models.predictions.forecaster import DIGITS
from segmentation_pipeline.models.predictions.judge import recalibrated
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.learners import learner_of
from segmentation_pipeline.models.predictions.rows import Rows


@dataclass(frozen=True, slots=True)
class PredictionModel:
    """``slope`` and ``shift`` calibrate the learner's link."""

    design: Design
    learner: Learner
    is_probability: bool
    slope: float = 1.0
    shift: float = 0.0

    @classmethod
    def learnt(cls, kind: type[Learner], design: Design, training: Rows, calibration: Rows, *, is_probability: bool) -> Self:
        learner = kind.fit(design.matrix(training.frame), training.outcomes, is_probability=is_probability)
        link = learner.link(design.matrix(calibration.frame))
        return cls(design, learner, is_probability, *recalibrated(link, calibration.outcomes, is_probability=is_probability))

    @property
    def kind(self) -> str:
        return self.learner.kind

    @property
    def digits(self) -> Mapping[str, int]:
        return {"": DIGITS}

    def link(self, frame: Frame) -> Matrix:
        return self.slope * self.learner.link(self.design.matrix(frame)) + self.shift

    def forecasts(self, frame: Frame) -> dict[str, Matrix]:
        # Certainty included, which judging holds forecasts off from.
        link = self.link(frame)
        return {"": expit(link) if self.is_probability else np.exp(link)}

    def score(self, columns: Columns) -> ir.FloatingValue:
        """Of each row the probability, or the amount, not rounded."""
        link = number(self.slope) * self.learner.link_expression(self.design.expressions(columns)) + number(self.shift)
        return number(1.0) / (number(1.0) + (-link).exp()) if self.is_probability else link.exp()

    def with_forecasts(self, table: ir.Table, name: str) -> ir.Table:
        return table.mutate(**{name: self.score(table).round(DIGITS)})

    def contributions(self, columns: Columns, but: str = "") -> list[tuple[str, ir.FloatingValue]]:
        """Of all its numbers, or of all but those of the column ``but``."""
        parts = self.learner.contributions(self.design.expressions(columns))
        found = ((self.design.inputs[place], part) for place, part in parts)
        return [(each.label, part) for each, part in islice((f for f in found if f[0].name != but), self.learner.told)]

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
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        """A model that scores like the one the parameters came from."""
        learner = learner_of(parameters["kind"], parameters["learner"])
        design = Design.from_parameters(parameters["design"])
        return cls(design, learner, parameters["is_probability"], parameters["slope"], parameters["shift"])
