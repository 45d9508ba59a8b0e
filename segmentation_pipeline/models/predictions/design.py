"""Features as numbers: the same for the rows a model learns from (NumPy) and for everybody (expressions).

A number, amount or truth value is itself, unknown where it is null.  A text becomes a number for each common value: 1 where
it has it, else 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.contracts.columns import Column, Type

Matrix = NDArray[np.float64]
Frame = Mapping[str, NDArray[Any]]
Columns: TypeAlias = ir.Table | Mapping[str, ir.Value]

MAX_LEVELS = 8
MIN_SHARE = 0.02
"""A value that fewer have tells of few, and is none of its own."""


@dataclass(frozen=True, slots=True)
class Input:
    """One number: of column ``name`` itself, or whether the column has ``level``."""

    name: str
    level: str | None = None

    @property
    def label(self) -> str:
        """As people are told it.

        >>> Input("main_channel", "web").label
        'main_channel = web'
        """
        return self.name if self.level is None else f"{self.name} = {self.level}"


@dataclass(frozen=True, slots=True)
class Design:
    """The numbers of a model in their order."""

    inputs: tuple[Input, ...]

    @classmethod
    def learnt(cls, frame: Frame, columns: Sequence[Column]) -> Design:
        """From the rows to learn from: columns that vary among them."""
        inputs: list[Input] = []
        for column in columns:
            values = frame[column.name]
            if column.type is Type.TEXT:
                known = np.array([value for value in values if value is not None], dtype=str)
                found, counts = np.unique(known, return_counts=True)
                order = np.lexsort((found, -counts))
                common = [str(found[place]) for place in order if counts[place] >= MIN_SHARE * len(values)]
                inputs += [
                    Input(column.name, level) for level in common[:MAX_LEVELS] if len(found) > 1 or len(known) < len(values)
                ]
            else:
                numbers = values.astype(float)
                known = numbers[~np.isnan(numbers)]
                if known.size and (np.ptp(known) > 0 or known.size < numbers.size):
                    inputs.append(Input(column.name))
        return cls(tuple(inputs))

    @property
    def columns(self) -> tuple[str, ...]:
        """The features it reads."""
        return tuple(dict.fromkeys(each.name for each in self.inputs))

    def matrix(self, frame: Frame) -> Matrix:
        """A row per row of the frame, unknown as NaN."""
        rows = len(next(iter(frame.values()))) if frame else 0
        made = np.empty((rows, len(self.inputs)))
        for place, each in enumerate(self.inputs):
            values = frame[each.name]
            made[:, place] = values.astype(float) if each.level is None else [value == each.level for value in values]
        return made

    def expressions(self, columns: Columns) -> list[ir.FloatingValue]:
        """The same numbers of every row of a table, or of columns by name."""
        return [_expression(columns, each) for each in self.inputs]

    def to_parameters(self) -> list[list[str | None]]:
        return [[each.name, each.level] for each in self.inputs]

    @classmethod
    def from_parameters(cls, parameters: Sequence[Sequence[Any]]) -> Design:
        return cls(tuple(Input(str(name), level) for name, level in parameters))


def _expression(columns: Columns, each: Input) -> ir.FloatingValue:
    value = columns[each.name]
    if each.level is not None:
        return (value == each.level).fill_null(False).ifelse(1.0, 0.0).cast("float64")
    return value.cast("int8").cast("float64") if value.type().is_boolean() else value.cast("float64")


def frame_columns(table: ir.Table, columns: Sequence[Column]) -> dict[str, ir.Value]:
    """What a frame is read from: numbers as doubles, texts as they are."""
    numbers = {column.name: _expression(table, Input(column.name)) for column in columns if column.type is not Type.TEXT}
    return numbers | {column.name: table[column.name] for column in columns if column.type is Type.TEXT}


def number(value: float) -> ir.FloatingValue:
    """A constant with all its digits: engines read a plain one as a decimal of few."""
    return ibis.literal(repr(float(value))).cast("float64")
