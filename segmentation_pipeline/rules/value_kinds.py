"""The kinds of value a rule can hold, and the arithmetic of their exactness.

Whole numbers and decimals stay exact as long as the result surely fits 38 digits, the widest
decimal of every engine; what does not fit, and every division, continues as a double.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Column, Type

WIDEST = 38
INTEGER_DIGITS = 18
"""Digits a whole number has at most: counts, days and scores stay far below 10**18."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is.  ``precision`` and ``scale`` describe exact numbers, as in DECIMAL(p, s)."""

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        return self.name

    @property
    def is_exact(self) -> bool:
        return self.precision > 0

    @property
    def dtype(self) -> dt.DataType:
        if self.is_exact:
            whole = self.scale == 0 and self.precision <= INTEGER_DIGITS
            return dt.int64 if whole else dt.Decimal(self.precision, self.scale)
        return _DTYPES[self.name]


TEXT = Kind("text")
BOOLEAN = Kind("true/false")
DAY = Kind("day")
DOUBLE = Kind("number")
SPAN = Kind("span of time")
"""Such as ``90 days``: added to days and nothing else, so it mixes with no kind, not even its own."""
UNKNOWN = Kind("unknown")
"""Of a part that is already reported: it fits everywhere, so that one mistake is told once."""

_DTYPES = {TEXT.name: dt.string, BOOLEAN.name: dt.boolean, DAY.name: dt.date, DOUBLE.name: dt.float64}


def number(precision: int, scale: int = 0) -> Kind:
    """An exact number, or a double when it might not fit."""
    return DOUBLE if precision > WIDEST else Kind(DOUBLE.name, precision, scale)


INTEGER = number(INTEGER_DIGITS)

_OF_COLUMN = {
    Type.TEXT: TEXT,
    Type.INTEGER: INTEGER,
    Type.NUMBER: DOUBLE,
    Type.MONEY: number(18, 2),
    Type.BOOLEAN: BOOLEAN,
    Type.DAY: DAY,
}


def kind_of(column: Column) -> Kind | None:
    """The kind of a column; None for instants, which rules do not know."""
    return _OF_COLUMN.get(column.type)


def common(kinds: Iterable[Kind | None]) -> Kind | None:
    """The kind that holds all of ``kinds`` without loss; None when they do not mix.

    >>> common([number(18, 2), number(3)]).dtype
    Decimal(precision=18, scale=2, nullable=True)
    """
    return reduce(_common_of_two, kinds)


def _common_of_two(left: Kind | None, right: Kind | None) -> Kind | None:
    if left is None or right is None:
        return None
    if UNKNOWN in (left, right):
        return UNKNOWN
    if left.name != right.name or left == SPAN:
        return None
    if not (left.is_exact and right.is_exact):
        return DOUBLE if left.name == DOUBLE.name else left
    scale = max(left.scale, right.scale)
    return number(max(left.precision - left.scale, right.precision - right.scale) + scale, scale)


def total(left: Kind, right: Kind) -> Kind:
    """The kind of a sum or difference of two numbers: one digit more than the wider one."""
    both = common([left, right])
    return number(both.precision + 1, both.scale) if both and both.is_exact else DOUBLE


def product(left: Kind, right: Kind) -> Kind:
    """The kind of a product of two numbers with one scale: the digits of both."""
    both = common([left, right])
    if not (both and both.is_exact):
        return DOUBLE
    return number(left.precision - left.scale + right.precision - right.scale + 2 * both.scale, 2 * both.scale)


def rounded(kind: Kind, digits: int) -> Kind:
    """The kind of a number rounded to ``digits`` decimals; rounding up may add a digit in front."""
    if not kind.is_exact:
        return DOUBLE
    return kind if kind.scale <= digits else number(kind.precision - kind.scale + digits + 1, digits)


def as_kind(value: ir.Value, kind: Kind) -> ir.Value:
    """``value`` in the engine type of ``kind``."""
    return value if value.type() == kind.dtype else value.cast(kind.dtype)
