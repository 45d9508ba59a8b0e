"""The windows of an occasion: the stretches of days it lasts.

Windows that touch or overlap are one: a salary that comes on the 25th and lasts to the 3rd is one
payday.  A birthday has windows of each customer's own; they are worked out in ``features/birthday.py``.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from segmentation_pipeline.calendars.public_holidays import feasts, is_named
from segmentation_pipeline.config.schema import (
    BirthdayOccasion,
    DatesOccasion,
    HolidayOccasion,
    MonthDaysOccasion,
    MonthsOccasion,
    Occasion,
    YearlyOccasion,
)
from segmentation_pipeline.config.schema.occasions import CUSTOMER

Window = tuple[date, date]
"""First and last day, both inside."""

_ONE_DAY = timedelta(days=1)


def windows(occasion: Occasion, first: date, last: date, place: str | None = None) -> list[Window]:
    """The windows of an occasion that have a day from ``first`` to ``last``, in order and whole.

    ``place`` stands for the country where the occasion takes that of the customer; without a place
    such an occasion has no windows.
    """
    found = _joined(_each(occasion, first.year - 1, last.year + 1, place))
    return [window for window in found if window[0] <= last and window[1] >= first]


def _each(occasion: Occasion, first_year: int, last_year: int, place: str | None) -> Iterator[Window]:
    years = range(first_year, last_year + 1)
    match occasion:
        case YearlyOccasion(start=start, end=end):
            for year in years:
                yield _day(year, start), _day(year + (end < start), end)
        case HolidayOccasion():
            where = place if occasion.country == CUSTOMER else occasion.country
            before, after = timedelta(days=occasion.days_before), timedelta(days=occasion.days_after)
            for day, feast in feasts(where, first_year, last_year) if where else ():
                if any(is_named(feast, name) for name in occasion.names):
                    yield day - before, day + after
        case MonthDaysOccasion(days=days):
            for year in years:
                for month in range(1, 13):
                    length = monthrange(year, month)[1]
                    for given in days:
                        start, _, end = given.partition("-")
                        yield date(year, month, min(int(start), length)), date(year, month, min(int(end or start), length))
        case MonthsOccasion(months=months):
            for year in years:
                for month in months:
                    yield date(year, month, 1), date(year, month, monthrange(year, month)[1])
        case DatesOccasion(ranges=ranges):
            yield from ((given.start, given.end) for given in ranges)
        case BirthdayOccasion():
            raise ValueError("a birthday has no windows that are everybody's")


def _day(year: int, day_of_year: str) -> date:
    month, day = map(int, day_of_year.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


def _joined(found: Iterable[Window]) -> list[Window]:
    joined: list[Window] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1] + _ONE_DAY:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined
