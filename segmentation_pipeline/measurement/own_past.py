"""A figure of a day against the same figure's own earlier days: what was to be expected, and how far off it is.

Belongs here: arithmetic on one figure over days, and what several such have in common.  Which figures are compared is in
``unusual_changes.py``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.models.unusual_change.amounts import Tail, bin_of, fit_tail
from segmentation_pipeline.models.unusual_change.tails import ARRAYS, normal_upper

Vector = NDArray[np.float64]
_PER_WEEKDAY = 4
"""So many earlier days of a weekday tell what is usual on it; with fewer, all days do."""


class Scale(Enum):
    """How days of a figure are made comparable.

    ``COUNT``: of what happens on a day, by the root, where chance alone makes for a spread of 1.  ``AMOUNT``: of money on a day,
    by the logarithm; a day without any is not compared.  ``LEVEL``: of what stands, by the logarithm of its step from the day
    before.  ``SIZE``: the same of whole things, of which one more or less is nothing unusual.
    """

    COUNT = "count"
    AMOUNT = "amount"
    LEVEL = "level"
    SIZE = "size"

    @property
    def least_spread(self) -> float:
        return {Scale.COUNT: 1.0, Scale.AMOUNT: 0.05, Scale.LEVEL: 0.002, Scale.SIZE: 0.002}[self]


_STANDING = (Scale.LEVEL, Scale.SIZE)


@dataclass(frozen=True, slots=True)
class Compared:
    """The day ``now`` and the ``centre`` of its own past on the scale, and the ``spread`` that is usual; ``past`` are the
    distances of earlier days, each from the others, in spreads.  ``base`` is the figure of the day before, of what stands."""

    now: float
    centre: float
    spread: float
    past: Vector
    base: float = 0.0

    @property
    def distance(self) -> float:
        return (self.now - self.centre) / self.spread


def compared(days: Sequence[date], values: Sequence[float | None], scale: Scale, least: int) -> Compared | None:
    """The last of ``days`` (ascending) against those before; None with fewer than ``least`` of these, or where it is unknown."""
    known = [(day, float(value)) for day, value in zip(days, values, strict=True) if value is not None and _fits(value, scale)]
    if not known or known[-1][0] != days[-1]:
        return None
    when, points, base = _points(known, scale)
    if len(points) - 1 < least:
        return None
    *earlier, now = points
    past, weekdays = np.array(earlier), np.array([day.weekday() for day in when])
    centres = _centres(past, weekdays[:-1])
    residuals = past - centres
    usual = 1.4826 * float(np.median(np.abs(residuals)))
    spread = max(usual, scale.least_spread, 1.0 / base if scale is Scale.SIZE else 0.0)
    same = past[weekdays[:-1] == weekdays[-1]]
    centre = float(np.mean(same if len(same) >= _PER_WEEKDAY else past))
    return Compared(now, centre, spread, residuals / spread, base)


def _fits(value: float, scale: Scale) -> bool:
    return value > 0 if scale is not Scale.COUNT else value >= 0


def _points(known: Sequence[tuple[date, float]], scale: Scale) -> tuple[list[date], list[float], float]:
    """Days and figures on the scale; of what stands, steps over as many days as the last one."""
    if scale not in _STANDING:
        to_scale = (lambda value: 2.0 * sqrt(value + 0.375)) if scale is Scale.COUNT else log
        return [day for day, _ in known], [to_scale(value) for _, value in known], 0.0
    if len(known) < 2:
        return [], [], 0.0
    gap = known[-1][0] - known[-2][0]
    steps = [
        (day, log(value / before), before) for (then, before), (day, value) in itertools.pairwise(known) if day - then == gap
    ]
    return [day for day, *_ in steps], [step for _, step, _ in steps], steps[-1][2]


def _centres(past: Vector, weekdays: NDArray[np.int_]) -> Vector:
    """Of each day the mean of the others of its weekday, where there are enough, else of all others."""
    n = len(past)
    centres: Vector = (past.sum() - past) / max(n - 1, 1)
    for weekday in range(7):
        same = weekdays == weekday
        if same.sum() > _PER_WEEKDAY:
            centres[same] = (past[same].sum() - past[same]) / (same.sum() - 1)
    return centres


def tails(figures: Sequence[Compared]) -> tuple[Tail, Tail]:
    """How far days of such figures fall below and rise above what is expected of them."""
    past = np.concatenate([each.past for each in figures])
    sides = []
    for side in (past[past < 0], past[past >= 0]):
        bins, counts = np.unique(np.floor(bin_of(ARRAYS, side)).astype(int), return_counts=True)
        sides.append(fit_tail(dict(zip(bins.tolist(), counts.tolist(), strict=True)), len(past)))
    return sides[0], sides[1]


def probability(figure: Compared, low: Tail, high: Tail) -> float:
    """Of a day so far off on either side."""
    side = low if figure.distance < 0 else high
    return min(2.0 * float(normal_upper(ARRAYS, side.deviate(ARRAYS, np.abs(np.float64(figure.distance))))), 1.0)


def expected_range(figure: Compared, scale: Scale, low: Tail, high: Tail, share: float = 0.95) -> tuple[float, float, float]:
    """What is expected, and the range in which a day lies with a probability of ``share``, in the figure's own unit."""
    from scipy.stats import t as student

    off = [side.scale * float(student.isf((1.0 - share) / 2.0, side.freedom)) * figure.spread for side in (low, high)]
    middle, bottom, top = (
        _back(point, scale, figure.base) for point in (figure.centre, figure.centre - off[0], figure.centre + off[1])
    )
    return middle, bottom, top


def _back(point: float, scale: Scale, base: float) -> float:
    if scale is Scale.COUNT:
        return max((max(point, 0.0) / 2.0) ** 2 - 0.375, 0.0)
    return exp(min(point, 40.0)) * (base if scale in _STANDING else 1.0)


def discovered(probabilities: Sequence[float], share: float) -> float:
    """The largest probability that is told, so that at most ``share`` of what is told is by chance (Benjamini and Hochberg
    1995); below 0 where none is."""
    ordered = sorted(probabilities)
    told = [p for place, p in enumerate(ordered, 1) if p <= share * place / len(ordered)]
    return told[-1] if told else -1.0
