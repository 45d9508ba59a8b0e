"""A model of uplift as it scores: the numbers it reads, its learner, and the borders of its groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.contracts.labels import UpliftGroup
from segmentation_pipeline.models.predictions.design import Design, Frame, Matrix, number
from segmentation_pipeline.models.uplift.dr_learner import DrLearner
from segmentation_pipeline.models.uplift.learner import UpliftLearner
from segmentation_pipeline.models.uplift.s_learner import SLearner

LEARNERS: tuple[type[UpliftLearner], ...] = (DrLearner, SLearner)
"""Every learner there is, the simplest first."""
DIGITS = 6
"""Enough for ranking, few enough that engines with other mathematical libraries agree."""


@dataclass(frozen=True, slots=True)
class UpliftModel:
    """``slope`` and ``shift`` make of what the learner says what came true of it.

    ``least`` is the change in the probability of an order from which a message matters, ``sure`` the probability without one from
    which a customer counts as buying anyway.
    """

    design: Design
    learner: UpliftLearner
    least: float
    sure: float
    slope: float = 1.0
    shift: float = 0.0

    def uplift(self, frame: Frame) -> Matrix:
        return np.clip(self.slope * self.learner.uplift(self.design.matrix(frame)) + self.shift, -1.0, 1.0)

    def without(self, frame: Frame) -> Matrix:
        return self.learner.without(self.design.matrix(frame))

    def groups(self, frame: Frame) -> NDArray[np.str_]:
        uplift = np.round(self.uplift(frame), DIGITS)
        without = np.round(self.without(frame), DIGITS)
        found = [uplift >= self.least, uplift <= -self.least, without >= self.sure]
        named = [UpliftGroup.PERSUADABLE, UpliftGroup.DO_NOT_DISTURB, UpliftGroup.SURE_THING]
        return np.select(found, [each.value for each in named], UpliftGroup.LOST_CAUSE.value)

    def scored(self, customers: ir.Table) -> tuple[ir.FloatingValue, ir.FloatingValue]:
        """Of every row the uplift and the probability of an order without the message, rounded."""
        numbers = self.design.expressions(customers)
        uplift = number(self.slope) * self.learner.uplift_expression(numbers) + number(self.shift)
        bounded = ibis.least(ibis.greatest(uplift, number(-1.0)), number(1.0))
        return bounded.round(DIGITS), self.learner.without_expression(numbers).round(DIGITS)

    def to_parameters(self) -> dict[str, Any]:
        return {
            "kind": self.learner.kind,
            "learner": self.learner.to_parameters(),
            "design": self.design.to_parameters(),
            "least": self.least,
            "sure": self.sure,
            "slope": self.slope,
            "shift": self.shift,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> UpliftModel:
        """A model that scores like the one the parameters came from."""
        of_kind = {each.kind: each for each in LEARNERS}
        learner = of_kind[parameters["kind"]].from_parameters(parameters["learner"])
        design = Design.from_parameters(parameters["design"])
        return cls(design, learner, *(parameters[name] for name in ("least", "sure", "slope", "shift")))


def with_uplift(customers: ir.Table, model: UpliftModel, holds: ir.BooleanValue, name: str) -> ir.Table:
    """``customers`` with ``name`` and ``name_group``; null where the rule of who is scored does not hold."""
    uplift, without = model.scored(customers)
    at, before, inside = f"_{name}_uplift", f"_{name}_without", f"_{name}_holds"
    # Working columns of their own: written out wherever they are compared, a few trees would fill pages.
    table = customers.mutate(**{at: uplift, before: without, inside: holds.fill_null(False)})
    group = ibis.cases(
        (~table[inside], ibis.null("string")),
        (table[at] >= model.least, UpliftGroup.PERSUADABLE.value),
        (table[at] <= -model.least, UpliftGroup.DO_NOT_DISTURB.value),
        (table[before] >= model.sure, UpliftGroup.SURE_THING.value),
        else_=UpliftGroup.LOST_CAUSE.value,
    )
    scores = {name: table[inside].ifelse(table[at], ibis.null("float64")), f"{name}_group": group}
    return table.select(*customers.columns, **scores)
