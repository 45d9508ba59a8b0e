"""Values worth trying for one column of one customer: those beside which a rule may change its mind.

Between two edges of a rule nothing changes, so a value on an edge and its neighbours on both sides
stand for all others.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.rules.decision_boundaries import DecisionBoundaries

STEPS = {Type.INTEGER: Decimal(1), Type.MONEY: Decimal("0.01"), Type.NUMBER: Decimal("0.0001")}
"""The least change of a number; of a day it is a day."""

_YEARS = range(1900, 2200)
_OF_YEAR = re.compile(r"(\d{2})-(\d{2})\Z", re.ASCII)


def counterfactual_values(
    column: Column, own: object, edges: Iterable[DecisionBoundaries], flips: Iterable[float], as_of: date
) -> list[object]:
    """Values for ``column`` other than ``own``, allowed by its contract; unknown (None) where it may be.

    ``edges`` are of the rules that read it; ``flips`` are the values (of days: days after ``as_of``)
    at which what they compare is equal.
    """
    edges = list(edges)
    numbers = [number for each in edges for number in each.numbers]
    if column.type in STEPS:
        found: Iterator[object] = _numbers(column, [*numbers, *map(_decimal, flips), Decimal(0)])
    elif column.type is Type.DAY:
        named = [day for each in edges for day in each.days]
        texts = [text for each in edges for text in each.texts]
        found = _days(column, own, [*named, *_days_off(numbers, as_of), *_days_off(flips, as_of, -1)], numbers, texts, as_of)
    elif column.type is Type.TEXT:
        found = iter([*column.allowed, *(text.replace("%", "") for each in edges for text in each.texts)])
    else:
        found = iter((True, False))
    unknown = [None] if column.null_means is not None else []
    return [value for value in dict.fromkeys((*found, *unknown)) if value != own or (value is None) != (own is None)]


def _numbers(column: Column, near: Iterable[Decimal]) -> Iterator[object]:
    step = STEPS[column.type]
    for number in near:
        below = (number / step).to_integral_value(ROUND_FLOOR) * step
        for value in (number, *(below + places * step for places in (-1, 0, 1, 2))):
            if (column.minimum is None or value >= column.minimum) and (column.maximum is None or value <= column.maximum):
                if column.type is Type.NUMBER:
                    yield float(value)
                elif value % step == 0:
                    yield int(value) if column.type is Type.INTEGER else value.quantize(step)


def _days(
    column: Column, own: object, near: Iterable[date], numbers: Iterable[Decimal], texts: Iterable[str], as_of: date
) -> Iterator[object]:
    found = [as_of, *near]
    around = own if isinstance(own, date) else as_of
    found += [date(year, month, 1) for year in (around.year - 1, around.year, around.year + 1) for month in range(1, 13)]
    found += [date(int(number), 1, 1) for number in numbers if number in _YEARS]
    found += [
        _day(as_of.year - back, int(part[1]), int(part[2])) for text in texts if (part := _OF_YEAR.match(text)) for back in (0, 1)
    ]
    for day in found:
        for value in (day - timedelta(days=1), day, day + timedelta(days=1)):
            if value <= as_of or column.ahead:
                yield value


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _days_off(numbers: Iterable[Decimal] | Iterable[float], as_of: date, sign: int = 1) -> Iterator[date]:
    """So many days before ``as_of``, where the calendar has such a day."""
    for number in numbers:
        days = round(sign * float(number))
        if abs(days) < 300_000:
            yield as_of - timedelta(days=days)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(round(number, 6)))
