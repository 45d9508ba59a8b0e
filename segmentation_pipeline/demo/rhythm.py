"""The shop's calendar: busy days, quiet days and the gift season, as a clock that runs unevenly.

A purchase process that is plain on this clock is seasonal on the calendar: each day gets as many
ticks as it is busy, and a customer whose next purchase is so many ticks away lands on a day.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import duckdb

YEARS = 3
TICKS_PER_DAY = 10
"""On average; a year has the same number of ticks in every rhythm."""

_ALL_YEAR = (
    "[100, 95, 95, 100, 120, 150, 60][isodow(day)::INTEGER] "  # Saturdays are busy, Sundays online only
    "* CASE month(day) WHEN 11 THEN 130 WHEN 12 THEN 150 WHEN 2 THEN 85 WHEN 8 THEN 90 ELSE 100 END"
)
_GIFT_SEASON = "CASE WHEN month(day) = 12 AND day(day) <= 21 THEN 60 WHEN month(day) = 11 AND day(day) >= 18 THEN 40 ELSE 0 END"


def history_days(years: int) -> int:
    """Days of a history, the last one included: 1096 for three years."""
    return math.ceil(years * 365.25)


def first_day(as_of: date, years: int = YEARS) -> date:
    """The first day of the history that ends with ``as_of``."""
    return as_of - timedelta(days=history_days(years) - 1)


def create_rhythms(con: duckdb.DuckDBPyConnection, as_of: date, years: int) -> None:
    """Tables ``opening`` (rhythm, day, first tick of the day or of the next busy one) and
    ``clock`` (rhythm, tick, day)."""
    days, start = history_days(years), first_day(as_of, years).isoformat()
    ticks = days * TICKS_PER_DAY
    con.execute(f"""
        CREATE TABLE opening AS
        WITH days AS (SELECT d AS day_number, DATE '{start}' + d::INTEGER AS day FROM range({days}) t(d)),
        weights AS (SELECT 'all_year' AS rhythm, *, {_ALL_YEAR} AS weight FROM days
                    UNION ALL SELECT 'gift_season', *, {_GIFT_SEASON} FROM days),
        sums AS (SELECT *, sum(weight) OVER (PARTITION BY rhythm ORDER BY day) AS upto,
                        sum(weight) OVER (PARTITION BY rhythm) AS total FROM weights)
        SELECT rhythm, day_number, day, ((upto - weight) * {ticks} // total)::BIGINT AS opens,
               (upto * {ticks} // total)::BIGINT AS closes
        FROM sums""")
    con.execute("CREATE TABLE clock AS SELECT rhythm, unnest(range(opens, closes)) AS tick, day FROM opening")
