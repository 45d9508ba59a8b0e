"""What a fitted model is asked for: forecasts of the rows it is judged by, and the columns of everybody it scores.

A kind of model is one file beside this one and one line of ``forecaster_of`` in ``forecasters.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.models.predictions.columns import REASON
from segmentation_pipeline.models.predictions.design import Design, Frame, Matrix
from segmentation_pipeline.models.predictions.reasons import with_reason

DIGITS = 6
"""Enough for ranking, few enough that engines with other mathematical libraries agree."""


class Forecaster(Protocol):
    """A model that scores customers by the numbers of its ``design``."""

    @property
    def design(self) -> Design:
        """The numbers it reads of a customer."""

    @property
    def kind(self) -> str:
        """What the registry calls its learner."""

    @property
    def is_probability(self) -> bool:
        """Whether it foretells if something happens, not how much."""

    @property
    def digits(self) -> Mapping[str, int]:
        """Of each column it gives the decimal places, by what follows its name in the column's; '' is the score's."""

    def link(self, frame: Frame) -> Matrix:
        """Of each row the log-odds, or the logarithm of the amount, that stands behind the score."""

    def forecasts(self, frame: Frame) -> dict[str, Matrix]:
        """Of each row what its columns say, not rounded, by what follows its name; NaN where one says nothing."""

    def with_forecasts(self, table: ir.Table, name: str) -> ir.Table:
        """``table`` with the same, rounded, in columns that begin with ``name``; working columns begin with '_' and it."""

    def contributions(self, table: ir.Table) -> list[tuple[str, ir.FloatingValue]]:
        """By label of a number of the design, how much it moves the score of a row up or down; the most important first."""

    def to_parameters(self) -> dict[str, Any]:
        """What ``forecaster_of`` makes it from again."""


def scored(customers: ir.Table, model: Forecaster, holds: ir.BooleanValue, name: str) -> ir.Table:
    """``customers`` with the model's columns and ``name_reason``; null where the rule of who is scored does not hold."""
    prefix = f"_{name}_"
    contributions = model.contributions(customers)
    parts = {f"{prefix}part_{place}": part for place, (_, part) in enumerate(contributions)}
    # Working columns of their own: written out wherever they are compared, a few features would fill pages.
    table = model.with_forecasts(customers.mutate(**{f"{prefix}holds": holds, **parts}), name)
    table, why = with_reason(table, [label for label, _ in contributions], [*parts], prefix)
    scores = {name + column: table[name + column] for column in model.digits} | {name + REASON: why}
    found = {column: table[f"{prefix}holds"].ifelse(value, ibis.null(value.type())) for column, value in scores.items()}
    return table.select(*customers.columns, **found)
