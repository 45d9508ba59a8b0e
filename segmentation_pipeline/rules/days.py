"""Days in rules: spans of time added to them, and the part of the year they fall in.

    last_order_date < as_of - 90 days
    first_order_date <= signed_up_date + 2 weeks
    in_season(as_of, '11-15', '12-24')

A month or year later is the same day of the month, or the last one of a month that is shorter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.rules.typed_expr import Scope, TypedExpr
from segmentation_pipeline.rules.value_kinds import BOOLEAN, DAY, INTEGER, SPAN, UNKNOWN

MAX_SPANS = {"days": 36_500, "weeks": 5_200, "months": 1_200, "years": 100}
"""A hundred years by each unit; engines end their calendars far later."""

_LEAP_YEAR = 2024
_OF_YEAR = re.compile(r"\d{2}-\d{2}\Z", re.ASCII)


def unit_of(word: str) -> str | None:
    """The unit a word after a number names: ``day`` and ``days`` are one."""
    plural = word.lower().removesuffix("s") + "s"
    return plural if plural in MAX_SPANS else None


def span(count: int, unit: str) -> TypedExpr:
    """So many days, weeks, months or years; no value by itself, see ``shifted``."""

    def build(scope: Scope) -> ir.Value:
        return ibis.interval(days=7 * count) if unit == "weeks" else ibis.interval(**{unit: count})

    return TypedExpr(SPAN, build, constant=True)


def shifted(day: TypedExpr, by: TypedExpr, *, back: bool) -> TypedExpr:
    """The day a span after ``day``, or before it."""

    def build(scope: Scope) -> ir.Value:
        return day.build(scope) - by.build(scope) if back else day.build(scope) + by.build(scope)

    return TypedExpr(DAY, build, constant=day.constant)


def in_season(arguments: Sequence[TypedExpr]) -> TypedExpr | str:
    """Whether a day lies in a part of the year, both ends included; one that begins after its end spans the new year."""
    days = [_of_year(part.text) for part in arguments[1:]]
    first, last = days if len(days) == 2 else (None, None)
    if len(arguments) != 3 or arguments[0].kind not in (DAY, UNKNOWN) or first is None or last is None:
        return "a day and two days of the year, such as in_season(as_of, '11-15', '12-24')"
    day = arguments[0]

    def build(scope: Scope) -> ir.Value:
        value = _number(day.build(scope))
        return value.between(first, last) if first <= last else (value >= first) | (value <= last)

    return TypedExpr(BOOLEAN, build)


def _number(day: ir.DateValue) -> ir.IntegerValue:
    return day.month().cast(INTEGER.dtype) * 100 + day.day().cast(INTEGER.dtype)


def _of_year(text: str | None) -> int | None:
    """``11-15`` as 1115; None when there is no such day."""
    if text is None or not _OF_YEAR.match(text):
        return None
    month, day = map(int, text.split("-"))
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError:
        return None
    return 100 * month + day
