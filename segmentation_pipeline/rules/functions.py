"""The functions of the rule language: what each takes and what it means in Ibis.

A function is one entry in ``FUNCTIONS``.  It gets its checked arguments and returns the part they
make, or the words for what it expects instead; its usage is what the reference of rules says of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.rules.days import in_season
from segmentation_pipeline.rules.typed_expr import BROKEN, Scope, TypedExpr
from segmentation_pipeline.rules.usage import Usage
from segmentation_pipeline.rules.value_kinds import BOOLEAN, DAY, DOUBLE, INTEGER, TEXT, UNKNOWN, Kind, common, number, rounded

Built = TypedExpr | str
"""A checked part, or what the function expects."""


@dataclass(frozen=True, slots=True)
class RuleFunction:
    """``make`` gets the checked arguments; ``usage`` is for the reference."""

    make: Callable[[Sequence[TypedExpr]], Built]
    usage: Usage


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


FUNCTIONS: dict[str, RuleFunction] = {
    "abs": RuleFunction(_abs, Usage("abs(number)", "the number without its sign", "abs(0 - frequency) = 4", "abs(clv) is null")),
    "coalesce": RuleFunction(
        _of_several("coalesce", ibis.coalesce),
        Usage(
            "coalesce(value, value, ...)",
            "the first value that is known",
            "coalesce(clv, monetary, 0) > 300",
            "coalesce(clv, 0) = 0",
        ),
    ),
    "day_of": RuleFunction(
        _of_day("day_of", lambda day, scope: day.day()),
        Usage("day_of(day)", "the day of the month, 1 to 31", "day_of(last_order_date) = 10", "day_of(signed_up_date) is null"),
    ),
    "days_since": RuleFunction(
        _of_day("days_since", lambda day, scope: ibis.literal(scope.as_of).delta(day, unit="day")),
        Usage(
            "days_since(day)",
            "the days from the day to `as_of`; below 0 for a day that is still to come",
            "days_since(last_order_date) = 19",
            "days_since(signed_up_date) is null",
        ),
    ),
    "greatest": RuleFunction(
        _of_several("greatest", ibis.greatest, forbidden=(BOOLEAN,)),
        Usage(
            "greatest(value, value, ...)",
            "the largest of the known values",
            "greatest(frequency, 10) = 10",
            "greatest(clv, 1) = 1",
        ),
    ),
    "in_season": RuleFunction(
        in_season,
        Usage(
            "in_season(day, 'month-day', 'month-day')",
            "whether the day lies in that part of the year, both ends included; the end may lie in the next year",
            "in_season(as_of, '11-15', '03-01')",
            "in_season(signed_up_date, '01-01', '12-31') is null",
        ),
    ),
    "least": RuleFunction(
        _of_several("least", ibis.least, forbidden=(BOOLEAN,)),
        Usage("least(value, value, ...)", "the smallest of the known values", "least(frequency, 10) = 4", "least(clv, 1) = 1"),
    ),
    "lower": RuleFunction(
        _text_function("lower", lambda text: text.lower()),
        Usage("lower(text)", "the text in lower case", "lower(country) = 'de'", "lower(region) is null"),
    ),
    "month_of": RuleFunction(
        _of_day("month_of", lambda day, scope: day.month()),
        Usage("month_of(day)", "the month, 1 to 12", "month_of(last_order_date) = 2", "month_of(signed_up_date) is null"),
    ),
    "round": RuleFunction(
        _round,
        Usage(
            "round(number)` or `round(number, decimals)",
            f"the number rounded to so many decimals, 0 to {MAX_DECIMALS}; left out: to a whole one",
            "round(monetary, 1) = 320.6",
            "round(clv, 1) is null",
        ),
    ),
    "upper": RuleFunction(
        _text_function("upper", lambda text: text.upper()),
        Usage("upper(text)", "the text in upper case", "upper(city) = 'BERLIN'", "upper(region) is null"),
    ),
    "weekday_of": RuleFunction(
        _of_day("weekday_of", lambda day, scope: day.day_of_week.index() + 1),
        Usage(
            "weekday_of(day)",
            "the day of the week, 1 (Monday) to 7 (Sunday)",
            "weekday_of(date '2026-03-01') = 7",
            "weekday_of(signed_up_date) is null",
        ),
    ),
    "year_of": RuleFunction(
        _of_day("year_of", lambda day, scope: day.year()),
        Usage("year_of(day)", "the year", "year_of(last_order_date) = 2026", "year_of(signed_up_date) is null"),
    ),
}
"""Unknown values stay unknown, but for ``coalesce`` (the first known one) and ``greatest`` and
``least`` (the known ones only, on every engine)."""
