"""Months as numbers since the year 0: consecutive months are consecutive numbers."""

from __future__ import annotations

import calendar
from datetime import date
from typing import cast

import ibis.expr.types as ir


def month_index(day: date) -> int:
    """The number of a day's month.

    >>> month_index(date(2026, 1, 31)) - month_index(date(2025, 12, 1))
    1
    """
    return day.year * 12 + day.month - 1


def month_of(day: ir.DateValue) -> ir.IntegerValue:
    """``month_index`` in the engine."""
    return cast(ir.IntegerValue, (day.year().cast("int64") * 12 + day.month().cast("int64") - 1).cast("int64"))


def month_name(index: int) -> str:
    """As it is published.

    >>> month_name(month_index(date(2026, 3, 5)))
    '2026-03'
    """
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def last_day(index: int) -> date:
    """The last day of the month.

    >>> last_day(month_index(date(2024, 2, 5)))
    datetime.date(2024, 2, 29)
    """
    year, month = index // 12, index % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])
