"""How long the members of a segment have been in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, cast

import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine

_DIGITS = 4


class DaysInSegment(NamedTuple):
    """Days since the present stays of a segment's members began."""

    mean: float
    median: float


def days_in_segment(engine: Engine, standing: ir.Table, as_of: date) -> dict[tuple[str, str], DaysInSegment]:
    """By (segmentation, segment), of the stays of ``spells.active_on`` on day ``as_of``.

    A stay counts from the first observed day of it, so after one observed day everybody has 0.
    Stays are counted by their first day in the engine: as many rows as segments and observed days.
    """
    began = standing.group_by("segmentation", "segment", "since").agg(customers=standing.count())
    counted: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for row in engine.rows(began):
        days = (as_of - cast(date, row["since"])).days
        counted[str(row["segmentation"]), str(row["segment"])].append((days, cast(int, row["customers"])))
    return {segment: DaysInSegment(_mean(days), _median(sorted(days))) for segment, days in counted.items()}


def _mean(counted: Sequence[tuple[int, int]]) -> float:
    return round(sum(days * customers for days, customers in counted) / sum(customers for _, customers in counted), _DIGITS)


def _median(counted: Sequence[tuple[int, int]]) -> float:
    """Of values in order with their counts: the middle value, or the mean of the two in the middle."""
    customers = sum(count for _, count in counted)
    return (_at(counted, (customers - 1) // 2) + _at(counted, customers // 2)) / 2


def _at(counted: Sequence[tuple[int, int]], place: int) -> int:
    for value, count in counted:
        if place < count:
            return value
        place -= count
    raise IndexError(place)
