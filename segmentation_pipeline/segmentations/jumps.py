"""Segments that suddenly grow or shrink: more often a change of data or rules than of customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import sqrt
from statistics import median
from typing import cast

import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.segmentations.guards import Guard

TRAILING_DAYS = 7
"""A size is compared with the median of so many observed days before it."""

NOT_SUDDEN_DAYS = 31
"""What was observed longer ago than this says nothing about a sudden change."""

MAX_CHANGE = 0.5
MANY_ERRORS = 4
"""A change is none as long as it is within so many standard errors of a count, which is its square root."""

FEW = 10


def guard_jumps(engine: Engine, sizes: ir.Table, as_of: date, names: Sequence[str]) -> list[Guard]:
    """``size_jump`` for every segmentation of ``names``; ``sizes`` are ``spells.observed_sizes``.

    A jump is a change against the trailing median by more than half, more than ``FEW`` customers and
    more than counts vary by chance.  Known only with an observed day in the ``NOT_SUDDEN_DAYS`` before.
    """
    recent = sizes.filter(
        sizes.as_of >= as_of - timedelta(days=NOT_SUDDEN_DAYS), sizes.as_of <= as_of, sizes.segmentation.isin(list(names))
    )
    by_day: dict[str, dict[date, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in engine.rows(recent):
        by_day[str(row["segmentation"])][cast(date, row["as_of"])][str(row["segment"])] = cast(int, row["customers"])
    return [_judged(name, by_day[name], as_of) for name in names]


def _judged(name: str, by_day: Mapping[date, Mapping[str, int]], as_of: date) -> Guard:
    before = [by_day[day] for day in sorted(by_day) if day < as_of][-TRAILING_DAYS:]
    if not before:
        told = f"not yet known: no day in the {NOT_SUDDEN_DAYS} days before was observed"
        return Guard(name, "size_jump", True, told, {"observed_days": 0})
    now = by_day.get(as_of, {})
    usual = {segment: median(day.get(segment, 0) for day in before) for day in before for segment in day}
    changes = sorted((-abs(now.get(segment, 0) - size) / max(size, 1), segment) for segment, size in usual.items())
    jumped = [segment for _, segment in changes if _is_jump(now.get(segment, 0), usual[segment])]
    largest = -changes[0][0] if changes else 0.0
    listed = ", ".join(f"{segment} from {usual[segment]:g} to {now.get(segment, 0)}" for segment in jumped[:10])
    message = (
        f"{len(jumped)} of {len(usual)} segments changed by more than {MAX_CHANGE:.0%} against the median of the last "
        f"{len(before)} observed days: {listed}"
        if jumped
        else f"the largest change against the median of the last {len(before)} observed days is {largest:.0%}"
    )
    numbers = {"jumps": len(jumped), "largest_change": round(largest, 4), "limit": MAX_CHANGE, "observed_days": len(before)}
    return Guard(name, "size_jump", not jumped, message, numbers)


def _is_jump(now: int, usual: float) -> bool:
    return abs(now - usual) > max(MAX_CHANGE * usual, MANY_ERRORS * sqrt(usual), FEW)
