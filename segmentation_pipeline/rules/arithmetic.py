"""Calculating with two numbers: exact while the result surely fits, unknown after division by zero."""

from __future__ import annotations

import operator
from collections.abc import Callable

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import sqlglot.expressions as sge

from segmentation_pipeline.rules.typed_expr import TypedExpr
from segmentation_pipeline.rules.value_kinds import DOUBLE, Kind, as_kind, product, total

Calculation = Callable[[ir.Value, ir.Value], ir.Value]

_SUMS: dict[type[sge.Expr], Calculation] = {sge.Add: operator.add, sge.Sub: operator.sub}

OPERATORS = (sge.Add, sge.Sub, sge.Mul, sge.Div)


def calculated(operation: type[sge.Expr], left: TypedExpr, right: TypedExpr) -> TypedExpr:
    """The result of ``+ - * /`` on two numbers."""
    if operation in _SUMS:
        kind = total(left.kind, right.kind)
        return _in_kind(kind, _SUMS[operation], left, right)
    if operation is sge.Div:
        return _in_kind(DOUBLE, _divide, left, right)
    kind = product(left.kind, right.kind)
    if not kind.is_exact or kind.dtype == dt.int64:
        return _in_kind(kind, operator.mul, left, right)
    # Both as decimals with room for the product: two 64-bit factors could overflow.
    factor = dt.Decimal(kind.precision, kind.scale // 2)
    return TypedExpr(kind, lambda scope: as_kind(left.build(scope).cast(factor) * right.build(scope).cast(factor), kind))


def _in_kind(kind: Kind, calculate: Calculation, left: TypedExpr, right: TypedExpr) -> TypedExpr:
    return TypedExpr(kind, lambda scope: as_kind(calculate(left.build_as(kind, scope), right.build_as(kind, scope)), kind))


def _divide(left: ir.Value, right: ir.Value) -> ir.Value:
    return left / right.nullif(0)
