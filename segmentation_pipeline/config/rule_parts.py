"""A checked part of a rule: its kind, and how to build its Ibis value for a table and a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.rule_kinds import UNKNOWN, Kind, as_kind


class Scope(NamedTuple):
    """What a rule is built over."""

    table: ir.Table
    as_of: date


@dataclass(frozen=True, slots=True)
class Part:
    """``column`` names a bare column, ``value`` is that of a literal, ``constant`` parts read no column."""

    kind: Kind
    build: Callable[[Scope], ir.Value]
    column: str | None = None
    value: object = None
    constant: bool = False

    @property
    def text(self) -> str | None:
        """The text, where the part is a literal text."""
        return self.value if isinstance(self.value, str) else None

    def build_as(self, kind: Kind, scope: Scope) -> ir.Value:
        return as_kind(self.build(scope), kind)


def literal(value: object, kind: Kind) -> Part:
    return Part(kind, lambda scope: ibis.literal(value, kind.dtype), value=value, constant=True)


BROKEN = Part(UNKNOWN, lambda scope: ibis.null(), constant=True)
"""Stands for a part that is already reported, so that checking can go on."""


def balanced(values: list[ir.Value], combine: Callable[[ir.Value, ir.Value], ir.Value]) -> ir.Value:
    """Combine many values pairwise: a chain of hundreds would be too deep for the SQL writer."""
    if len(values) < 4:
        return reduce(combine, values)
    half = len(values) // 2
    return combine(balanced(values[:half], combine), balanced(values[half:], combine))
