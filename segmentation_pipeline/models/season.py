"""A shop's season: how much faster or slower its customers buy again in each calendar month.

Models of purchases take it in by counting time in seasonal days, of which a December has more than a February: a process whose
rate moves in a known way runs at a steady rate on a clock that moves with it (time change of a Poisson process; Cinlar,
Introduction to Stochastic Processes, 1975, section 4.7).  The mathematics of the models stays as it is.

Belongs here: the indices, and what time is on their clock.  Whether a season foretells later periods better is judged in
``purchase_models``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.purchase_history import History, Vector

MIN_MONTHS = 24
"""Whole months of history, so that each month of the year can be held against the year around it."""
MIN_ORDER_DAYS = 240
"""Repeat order days in them: fewer a month are more chance than season."""

_LEAST = 0.05
"""Of an index: a shop that is closed in winter does not stop the clock."""
_DAYS = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@dataclass(frozen=True, slots=True)
class Season:
    """The index of each month, January first: how often customers buy again on a day of it, 1 on the average day of a year."""

    indices: tuple[float, ...]

    def since(self, as_of: date, days: ArrayLike) -> Vector:
        """Seasonal days of the last so many days up to ``as_of``."""
        return self._elapsed(as_of, np.asarray(days), -1)

    def ahead(self, as_of: date, days: ArrayLike) -> Vector:
        """Seasonal days of the next so many days after ``as_of``."""
        return self._elapsed(as_of, np.asarray(days), 1)

    def history(self, history: History, as_of: date) -> History:
        """The histories, told in days as of ``as_of``, in seasonal days; row by row."""
        T = self.since(as_of, history.T)
        t_x = T - self.since(as_of, history.T - history.t_x)
        return History(history.x, np.maximum(t_x, 0.0), T, history.weights, history.counts)

    def _elapsed(self, as_of: date, days: NDArray[np.float64], step: int) -> Vector:
        """Sums over the days from ``as_of`` itself backwards, or from the next forwards."""
        whole = days.astype(int)
        offsets = np.arange(whole.max(initial=0)) if step < 0 else np.arange(1, whole.max(initial=0) + 1)
        months = (np.datetime64(as_of) + step * offsets).astype("datetime64[M]").astype(int) % 12
        sums = np.concatenate([[0.0], np.cumsum(np.array(self.indices)[months])])
        return cast(Vector, sums[whole])


def read_months(engine: Engine, orders: ir.Table, as_of: date) -> dict[int, int]:
    """By ``month_number`` the days on which a customer bought again in it, up to ``as_of``.

    ``orders`` of a bounded number of customers needs customer_id and event_date.
    """
    daily = orders.filter(orders.event_date <= as_of).select("customer_id", "event_date").distinct()
    first = daily.event_date.min().over(ibis.window(group_by="customer_id"))
    again = daily.mutate(is_again=daily.event_date > first, year=daily.event_date.year(), month=daily.event_date.month())
    counted = again.group_by("year", "month").agg(again=again.is_again.cast("int64").sum())
    return {_number(row["year"], row["month"]): int(row["again"]) for row in engine.rows(counted)}


def month_number(day: date) -> int:
    """Months since the year 0, so that those of neighbours differ by one."""
    return _number(day.year, day.month)


def fit_season(months: Mapping[int, int], until: date) -> Season | None:
    """The season of the whole months up to ``until``; None where they are fewer than ``MIN_MONTHS`` or their orders too few.

    Each month is held against the mean of the twelve around it (ratio to moving average), which takes growth out; a month of
    the year has the ratio of its sums over the years.  The first month, which the history may begin in, is left out.
    """
    if not months:
        return None
    first, end = min(months) + 1, month_number(until + timedelta(days=1))
    counts = np.array([months.get(month, 0) for month in range(first, end)])
    if counts.size < MIN_MONTHS or counts.sum() < MIN_ORDER_DAYS:
        return None
    of_year = (first + np.arange(counts.size)) % 12
    rates = counts / _DAYS[of_year]
    around = np.convolve(rates, np.array([0.5, *[1.0] * 11, 0.5]) / 12.0, mode="valid")
    inner, place = rates[6:-6], of_year[6:-6]
    expected = np.bincount(place, around, minlength=12)
    if (expected <= 0).any():
        return None
    indices = np.maximum(np.bincount(place, inner, minlength=12) / expected, _LEAST)
    return Season(tuple(float(index) for index in (indices * _DAYS.sum() / (indices @ _DAYS)).round(6)))


def with_seasonal_days(table: ir.Table, columns: Sequence[str], season: Season, engine: Engine, as_of: date) -> ir.Table:
    """``table`` with columns that count whole days up to ``as_of`` in seasonal days."""
    longest = engine.rows(table.agg(longest=ibis.greatest(*(table[name].max() for name in columns))))[0]["longest"] or 0
    days = np.arange(int(longest) + 1)
    clock = {"day": days.tolist(), "elapsed": season.since(as_of, days).tolist()}
    return _looked_up(table, columns, engine.memtable(clock, {"day": "int64", "elapsed": "float64"}))


def in_calendar_days(
    table: ir.Table, columns: Sequence[str], season: Season, engine: Engine, as_of: date, farthest: int
) -> ir.Table:
    """``table`` with columns that count seasonal days after ``as_of`` in whole days, one more than ``farthest`` beyond that."""
    reached = season.ahead(as_of, np.arange(farthest + 1))
    seasonal = np.arange(int(reached[-1]) + 2)
    days = np.searchsorted(reached, seasonal)
    clock = {"day": seasonal.tolist(), "elapsed": days.astype(float).tolist()}
    whole = {name: table[name].ceil().clip(lower=0, upper=int(seasonal[-1])).cast("int64") for name in columns}
    return _looked_up(table.mutate(**whole), columns, engine.memtable(clock, {"day": "int64", "elapsed": "float64"}))


def _looked_up(table: ir.Table, columns: Sequence[str], clock: ir.Table) -> ir.Table:
    for name in columns:
        read = clock.select(**{f"{name}_day": clock.day, f"{name}_elapsed": clock.elapsed})
        joined = table.left_join(read, table[name].cast("int64") == read[f"{name}_day"])
        table = joined.mutate(**{name: joined[f"{name}_elapsed"]}).select(table.columns)
    return table


def _number(year: int, month: int) -> int:
    return year * 12 + month - 1
