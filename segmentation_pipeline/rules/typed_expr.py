"""A checked rule, and its parts: each one's kind, and how to build its Ibis value for a table and a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import NamedTuple, Protocol, cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.rules.value_kinds import BOOLEAN, UNKNOWN, Kind, as_kind


class Scope(NamedTuple):
    """What a rule is built over: the values of its columns by name, and the day."""

    table: ir.Table | Mapping[str, ir.Value]
    as_of: date
    reader: Reader | None = None
    """Of an expression over a file: how its values are read."""


class Reader(Protocol):
    """How a value of a file is read; what cannot be is null."""

    def text(self, value: ir.Value) -> ir.StringValue: ...

    def number(self, value: ir.Value) -> ir.DecimalValue: ...

    def day(self, value: ir.Value, formats: Sequence[str]) -> ir.DateValue: ...


@dataclass(frozen=True, slots=True)
class Doubt:
    """Whether a value depends on something that is there and cannot be read: true or false, never null.

    ``about`` has the columns of the file that may be at fault, each with whether it is.
    """

    holds: Callable[[Scope], ir.BooleanValue]
    about: tuple[tuple[str, Callable[[Scope], ir.BooleanValue]], ...] = ()


@dataclass(frozen=True, slots=True)
class TypedExpr:
    """``column`` names a bare column, ``value`` is that of a literal, ``constant`` parts read no column.

    ``doubt`` is of what is read from files.
    """

    kind: Kind
    build: Callable[[Scope], ir.Value]
    column: str | None = None
    value: object = None
    constant: bool = False
    doubt: Doubt | None = None

    @property
    def text(self) -> str | None:
        """The text, where the part is a literal text."""
        return self.value if isinstance(self.value, str) else None

    def is_more_than(self, other: TypedExpr) -> bool:
        """Whether both are literals of the same kind, numbers or days, and this is the greater one."""
        if isinstance(self.value, date) and isinstance(other.value, date):
            return self.value > other.value
        numbers = (int, float, Decimal)
        return isinstance(self.value, numbers) and isinstance(other.value, numbers) and self.value > other.value

    def build_as(self, kind: Kind, scope: Scope) -> ir.Value:
        return as_kind(self.build_whole(scope), kind)

    def build_whole(self, scope: Scope) -> ir.Value:
        """The value, such that what is asked of it is asked of all of it.

        Ibis puts no parentheses around NOT, IN, BETWEEN and LIKE, of whose last part SQL would ask ``IS NULL``: a condition is
        put in a call.
        """
        value = self.build(scope)
        is_condition = self.kind == BOOLEAN and not (self.column or self.constant)
        return ibis.coalesce(value, ibis.null("boolean")) if is_condition else value


def literal(value: object, kind: Kind) -> TypedExpr:
    return TypedExpr(kind, lambda scope: ibis.literal(value, kind.dtype), value=value, constant=True)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A checked rule.  ``columns`` are the columns it reads, in the order they are first named."""

    text: str
    columns: tuple[str, ...]
    _condition: TypedExpr = field(repr=False, compare=False)

    def bind(self, table: ir.Table | Mapping[str, ir.Value], as_of: date) -> ir.BooleanValue:
        """The condition over the rows of ``table`` on the day ``as_of``: true or false, never null."""
        condition = cast(ir.BooleanValue, self._condition.build(Scope(table, as_of)))
        return condition.fill_null(False)


@dataclass(frozen=True, slots=True)
class Calculation:
    """A checked calculation of one number.  ``columns`` are the columns it reads, in the order they are first named."""

    text: str
    columns: tuple[str, ...]
    _number: TypedExpr = field(repr=False, compare=False)

    def bind(self, table: ir.Table | Mapping[str, ir.Value], as_of: date) -> ir.FloatingValue:
        """The number over the rows of ``table`` on the day ``as_of``, as a double; null = not known."""
        number = self._number.build(Scope(table, as_of)).cast("float64")
        return cast(ir.FloatingValue, (number.isnan() | number.isinf()).ifelse(ibis.null("float64"), number))


BROKEN = TypedExpr(UNKNOWN, lambda scope: ibis.null(), constant=True)
"""Stands for a part that is already reported, so that checking can go on."""


def balanced(values: list[ir.Value], combine: Callable[[ir.Value, ir.Value], ir.Value]) -> ir.Value:
    """Combine many values pairwise: a chain of hundreds would be too deep for the SQL writer."""
    if len(values) < 4:
        return reduce(combine, values)
    half = len(values) // 2
    return combine(balanced(values[:half], combine), balanced(values[half:], combine))
