"""What the clock of the business showed at an instant.

Engines convert time zones at a microsecond a row, which for every order of a large shop is too dear.
Offsets change on a few known instants, so comparisons do the same for a tenth of it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

_MINUTE = timedelta(minutes=1)


def business_time(instant: ir.TimestampValue, zone: ZoneInfo, first: date, last: date) -> ir.TimestampValue:
    """A naive UTC timestamp of the business days ``first`` to ``last`` as the naive local timestamp of ``zone``."""
    offsets = clock_changes(zone, first, last)
    shifted = [(since, instant + ibis.interval(seconds=int(offset.total_seconds()))) for since, offset in offsets]
    (_, earliest), later = shifted[0], shifted[1:]
    if not later:
        return cast(ir.TimestampValue, earliest)
    # The latest offset first: most orders are of late.
    return cast(ir.TimestampValue, ibis.cases(*((instant >= since, local) for since, local in reversed(later)), else_=earliest))


@lru_cache
def clock_changes(zone: ZoneInfo, first: date, last: date) -> tuple[tuple[datetime, timedelta], ...]:
    """The offsets from UTC between two days, each with the naive UTC instant from which it holds."""
    before = datetime.combine(first, time(), UTC) - timedelta(days=1)
    end = datetime.combine(last, time(), UTC) + timedelta(days=2)
    found = [(before.replace(tzinfo=None), _offset(zone, before))]
    while before < end:
        after = before + timedelta(days=1)
        if _offset(zone, after) != found[-1][1]:
            change = _first_minute(zone, before, after)
            found.append((change.replace(tzinfo=None), _offset(zone, change)))
        before = after
    return tuple(found)


def _first_minute(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The minute between two instants of different offset from which the later offset holds."""
    while after - before > _MINUTE:
        middle = before + (after - before) // _MINUTE // 2 * _MINUTE
        before, after = (middle, after) if _offset(zone, middle) == _offset(zone, before) else (before, middle)
    return after


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return cast(timedelta, instant.astimezone(zone).utcoffset())
