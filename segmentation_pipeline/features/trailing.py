"""Trailing windows of days: the only way in which the stored rows of most families depend on the day.

A window is declared once, in ``Family.windows``.  Which rows lie in it on the day of a run, and which leave or
enter it between two days, both come from that declaration, so a row cannot be counted by one rule and forgotten
by another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

ORDER_EVENTS = "order_events"
"""The source of windows over completed orders and returns."""

BusinessDay = Callable[[ir.TimestampValue], ir.DateValue]


@dataclass(frozen=True, slots=True)
class Trailing:
    """The last ``days`` days by ``column`` of a source, ``as_of`` included; an instant counts for its business day.

    What lies after ``as_of`` is inside as well, so a window of 0 days holds what has not happened yet (a request
    that is settled tomorrow), and one of -60 days what is more than 60 days ahead.
    """

    source: str
    days: int
    column: str = "event_date"

    def inside(self, rows: ir.Table, as_of: date, business_day: BusinessDay) -> ir.BooleanValue:
        """Whether a row lies in the window on the day; null where its day is not known."""
        return self._day(rows, business_day) > self._before(as_of)

    def expired(self, rows: ir.Table, earlier: date, later: date, business_day: BusinessDay) -> ir.BooleanValue:
        """Whether a row lies in the window on the earlier day and no longer on the later one; null where unknown."""
        day = self._day(rows, business_day)
        return (day > self._before(earlier)) & (day <= self._before(later))

    def _before(self, as_of: date) -> ir.DateScalar:
        """The last day before the window."""
        return ibis.literal(as_of - timedelta(days=self.days))

    def _day(self, rows: ir.Table, business_day: BusinessDay) -> ir.DateValue:
        value = rows[self.column]
        return business_day(value) if value.type().is_timestamp() else value

    def __str__(self) -> str:
        return f"the last {self.days} days by {self.source}.{self.column}"


Inside = Callable[[Trailing], ir.BooleanValue]
"""Whether a row lies in a window on the run's day."""


def expired_rows(rows: ir.Table, windows: Iterable[Trailing], earlier: date, later: date, business_day: BusinessDay) -> ir.Table:
    """The rows that leave one of the windows between two days, in one pass."""
    once = sorted(set(windows), key=lambda window: (window.column, window.days))
    return rows.filter(ibis.or_(*(window.expired(rows, earlier, later, business_day) for window in once)).fill_null(False))
