"""Days that come back every year: whose it is on the days that are asked for."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from segmentation_pipeline.campaigns.triggers.trigger import Inputs

LeapDay = Literal["feb_28", "mar_1"]
"""On which day 29 February is kept in years without one."""
_LEAP_DAY = 229


def kept_on(day: date, leap_day: LeapDay) -> tuple[int, ...]:
    """The days of the year that are kept on ``day``, as month times 100 plus day.

    >>> kept_on(date(2025, 2, 28), "feb_28"), kept_on(date(2024, 2, 28), "feb_28"), kept_on(date(2025, 3, 1), "mar_1")
    ((228, 229), (228,), (301, 229))
    """
    own = day.month * 100 + day.day
    instead = 228 if leap_day == "feb_28" else 301
    return (own, _LEAP_DAY) if own == instead and not isleap(day.year) else (own,)


def comes_back(dated: ir.Table, column: str, inputs: Inputs, leap_day: LeapDay) -> ir.Table:
    """customer_id and ``trigger_on`` of the rows of ``dated`` whose day of the year is among those asked for, in a later year.

    Found by month and day alone: a join with at most as many rows as days are asked for.
    """
    kept: dict[int, date] = {}
    for number in range((inputs.last - inputs.first).days + 1):
        day = inputs.first + timedelta(days=number)
        kept |= dict.fromkeys(kept_on(day, leap_day), day)
    days = ibis.memtable(
        pa.table({"day_of_year": pa.array(kept, pa.int64()), "trigger_on": pa.array(kept.values(), pa.date32())})
    )
    known = dated.filter(dated[column].notnull())
    day = known[column]
    placed = known.select("customer_id", day_of_year=day.month().cast("int64") * 100 + day.day().cast("int64"), year=day.year())
    found = placed.inner_join(days, "day_of_year")
    return found.filter(found.trigger_on.year() > found.year).select("customer_id", "trigger_on")
