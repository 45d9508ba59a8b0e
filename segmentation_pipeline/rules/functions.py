"""The functions of the rule language: what each takes and what it means in Ibis.

A function is one entry in ``FUNCTIONS``.  It gets its checked arguments and returns the part they
make, or the words for what it expects instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.rules.days import in_season
from segmentation_pipeline.rules.typed_expr import BROKEN, Scope, TypedExpr
from segmentation_pipeline.rules.value_kinds import BOOLEAN, DAY, DOUBLE, INTEGER, TEXT, UNKNOWN, Kind, common, number, rounded

Built = TypedExpr | str
"""A checked part, or what the function expects."""

MAX_DECIMALS = 6
_INTEGERS_FROM = 2.0**52
"""From here on every double is a whole number."""


def _fits(part: TypedExpr, kind: Kind) -> bool:
    return part.kind.name == kind.name or part.kind == UNKNOWN


def _abs(arguments: Sequence[TypedExpr]) -> Built:
    if len(arguments) != 1 or not _fits(arguments[0], DOUBLE):
        return "one number, such as abs(monetary)"
    (part,) = arguments
    return TypedExpr(part.kind, lambda scope: part.build(scope).abs())


def _round(arguments: Sequence[TypedExpr]) -> Built:
    expected = f"a number and perhaps the decimals to keep (0 to {MAX_DECIMALS}), such as round(clv, 2)"
    if len(arguments) not in (1, 2) or not _fits(arguments[0], DOUBLE):
        return expected
    part, digits = arguments[0], 0
    if len(arguments) == 2:
        if not isinstance(arguments[1].value, int) or arguments[1].value > MAX_DECIMALS:
            return expected
        digits = arguments[1].value
    if part.kind == UNKNOWN:
        return BROKEN
    result = rounded(part.kind, digits)
    if result == part.kind and result.is_exact:
        return part
    return TypedExpr(result, lambda scope: _rounded(part, result, digits, scope))


def _rounded(part: TypedExpr, result: Kind, digits: int, scope: Scope) -> ir.Value:
    if result.is_exact:
        # One digit of room first: 99.95 needs more digits once it is 100.0.
        wide = number(result.precision + part.kind.scale - digits, part.kind.scale)
        value = part.build_as(wide if wide.is_exact else DOUBLE, scope)
        return value.round(digits)
    value = part.build_as(DOUBLE, scope)
    if digits:
        return value.round(digits)
    # Ibis makes the result a 64-bit integer, which large doubles do not fit.
    return ibis.ifelse(value.abs() < _INTEGERS_FROM, value.round(0).cast("float64"), value)


def _text_function(name: str, method: Callable[[ir.StringValue], ir.StringValue]) -> Callable[[Sequence[TypedExpr]], Built]:
    def make(arguments: Sequence[TypedExpr]) -> Built:
        if len(arguments) != 1 or not _fits(arguments[0], TEXT):
            return f"one text, such as {name}(city)"
        return TypedExpr(TEXT, lambda scope: method(arguments[0].build(scope)))

    return make


def _of_several(
    name: str, combine: Callable[..., ir.Value], forbidden: tuple[Kind, ...] = ()
) -> Callable[[Sequence[TypedExpr]], Built]:
    def make(arguments: Sequence[TypedExpr]) -> Built:
        kind = common([part.kind for part in arguments]) if len(arguments) >= 2 else None
        if kind is None or kind in forbidden:
            return f"two or more values of one kind, such as {name}(monetary_30d, 0)"
        if kind == UNKNOWN:
            return BROKEN
        return TypedExpr(kind, lambda scope: combine(*(part.build_as(kind, scope) for part in arguments)))

    return make


def _of_day(name: str, method: Callable[[ir.DateValue, Scope], ir.Value]) -> Callable[[Sequence[TypedExpr]], Built]:
    def make(arguments: Sequence[TypedExpr]) -> Built:
        if len(arguments) != 1 or not _fits(arguments[0], DAY):
            return f"one day, such as {name}(last_order_date)"
        return TypedExpr(INTEGER, lambda scope: method(arguments[0].build(scope), scope).cast(INTEGER.dtype))

    return make


FUNCTIONS: dict[str, Callable[[Sequence[TypedExpr]], Built]] = {
    "abs": _abs,
    "coalesce": _of_several("coalesce", ibis.coalesce),
    "day_of": _of_day("day_of", lambda day, scope: day.day()),
    "days_since": _of_day("days_since", lambda day, scope: ibis.literal(scope.as_of).delta(day, unit="day")),
    "greatest": _of_several("greatest", ibis.greatest, forbidden=(BOOLEAN,)),
    "in_season": in_season,
    "least": _of_several("least", ibis.least, forbidden=(BOOLEAN,)),
    "lower": _text_function("lower", lambda text: text.lower()),
    "month_of": _of_day("month_of", lambda day, scope: day.month()),
    "round": _round,
    "upper": _text_function("upper", lambda text: text.upper()),
    # Monday is 1.
    "weekday_of": _of_day("weekday_of", lambda day, scope: day.day_of_week.index() + 1),
    "year_of": _of_day("year_of", lambda day, scope: day.year()),
}
"""Unknown values stay unknown, but for ``coalesce`` (the first known one) and ``greatest`` and
``least`` (the known ones only, on every engine)."""
