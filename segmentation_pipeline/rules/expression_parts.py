"""Parts of expressions over a file: values that are read as what they are used as, and doubt about what cannot be read.

Belongs here: what the columns of a file are, whose kinds nobody knows before they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.rules.typed_expr import Doubt, Reader, Scope, TypedExpr, balanced
from segmentation_pipeline.rules.value_kinds import DAY, DOUBLE, TEXT, Kind, number

RECEIVED = Kind("value of the file")
READ_NUMBER = number(18, 6)
"""What a text of a file is as a number: exact, and the product of two still fits."""


@dataclass(frozen=True, slots=True)
class Received(TypedExpr):
    """A value of the file: a text unless it is used as a number or a day."""

    use: Callable[[Kind], TypedExpr] = lambda kind: TypedExpr(kind, lambda scope: ibis.null())

    def used_as(self, kind: Kind) -> TypedExpr:
        """The value read as a number, a day or a text; what other kinds there are it cannot be."""
        return self.use(kind if kind.name in (DOUBLE.name, DAY.name) else TEXT)


def reader_of(scope: Scope) -> Reader:
    assert scope.reader is not None
    return scope.reader


def file_column(name: str) -> Received:
    """A column of the file by its name there."""

    def text(scope: Scope) -> ir.StringValue:
        return reader_of(scope).text(scope.table[name])

    def use(kind: Kind) -> TypedExpr:
        if kind.name == DOUBLE.name:
            return read_as(READ_NUMBER, lambda scope: scope.table[name], (), column=name)
        if kind == DAY:
            return read_as(DAY, lambda scope: scope.table[name], (), column=name)
        return TypedExpr(TEXT, text, column=name)

    return Received(RECEIVED, text, column=name, use=use)


def read_as(kind: Kind, value: Callable[[Scope], ir.Value], formats: Sequence[str], column: str | None = None) -> TypedExpr:
    """A value read as a number or a day; in doubt where something stands there that is none."""

    def build(scope: Scope) -> ir.Value:
        reader = reader_of(scope)
        return reader.day(value(scope), formats) if kind == DAY else reader.number(value(scope))

    def doubt(scope: Scope) -> ir.BooleanValue:
        return cast(ir.BooleanValue, reader_of(scope).text(value(scope)).notnull() & build(scope).isnull())

    return TypedExpr(kind, build, column=column, doubt=Doubt(doubt, ((column, doubt),) if column else ()))


def settled(part: TypedExpr, kind: Kind) -> TypedExpr:
    """The part, a value of the file read as ``kind``."""
    return part.used_as(kind) if isinstance(part, Received) else part


def settled_together(parts: Sequence[TypedExpr]) -> list[TypedExpr]:
    """Parts that are compared: values of the file are of the kind of the first part whose kind is known, else texts."""
    kind = next((part.kind for part in parts if not isinstance(part, Received)), TEXT)
    return [settled(part, kind) for part in parts]


def any_doubt(doubts: Iterable[Doubt | None]) -> Doubt | None:
    """In doubt where one of them is."""
    there = [doubt for doubt in doubts if doubt is not None]
    if not there:
        return None
    return Doubt(lambda scope: balanced([doubt.holds(scope) for doubt in there], lambda left, right: left | right), _about(there))


def _about(doubts: Iterable[Doubt | None]) -> tuple[tuple[str, Callable[[Scope], ir.BooleanValue]], ...]:
    return tuple(dict.fromkeys(about for doubt in doubts if doubt is not None for about in doubt.about))


def doubted(part: TypedExpr, doubt: Doubt | None) -> TypedExpr:
    return part if doubt is None else replace(part, doubt=doubt)


def first_known(parts: Sequence[TypedExpr], kind: Kind) -> TypedExpr:
    """The first known value; one that cannot be read before it leaves the whole in doubt."""

    def doubt(scope: Scope) -> ir.BooleanValue:
        found: ir.BooleanValue = ibis.literal(False)
        for part in reversed(parts):
            rest = part.build_whole(scope).isnull() & found
            found = rest if part.doubt is None else part.doubt.holds(scope) | rest
        return found

    def build(scope: Scope) -> ir.Value:
        return ibis.coalesce(*(part.build_as(kind, scope) for part in parts))

    return TypedExpr(kind, build, doubt=_precise(doubt, [part.doubt for part in parts]))


def _precise(holds: Callable[[Scope], ir.BooleanValue], of_parts: Sequence[Doubt | None]) -> Doubt | None:
    return Doubt(holds, _about(of_parts)) if any(of_parts) else None


def first_that_holds(branches: Sequence[tuple[TypedExpr, TypedExpr]], otherwise: TypedExpr | None, kind: Kind) -> TypedExpr:
    """The value of the first condition that holds, else ``otherwise``; doubt about what comes after is none."""
    everything = [*branches, *([(None, otherwise)] if otherwise else [])]

    def doubt(scope: Scope) -> ir.BooleanValue:
        found: ir.BooleanValue = ibis.literal(False)
        for condition, value in reversed(everything):
            of_value = ibis.literal(False) if value.doubt is None else value.doubt.holds(scope)
            if condition is None:
                found = of_value
                continue
            found = ibis.ifelse(condition.build(scope).fill_null(False), of_value, found)
            found = found if condition.doubt is None else condition.doubt.holds(scope) | found
        return found

    def build(scope: Scope) -> ir.Value:
        chosen = [(condition.build(scope), value.build_as(kind, scope)) for condition, value in branches]
        return ibis.cases(*chosen, else_=otherwise.build_as(kind, scope) if otherwise else ibis.null(kind.dtype))

    parts = [part for pair in everything for part in pair if part is not None]
    return TypedExpr(kind, build, doubt=_precise(doubt, [part.doubt for part in parts]))
