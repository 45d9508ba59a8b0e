"""Customers as a hazard is learnt from them: once for each period of the horizon in which it could still happen.

Singer and Willett, "It's About Time", Journal of Educational Statistics 18 (1993), section on the person-period data set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segmentation_pipeline.models.predictions.design import Design, Input
from segmentation_pipeline.models.predictions.rows import Rows

PERIOD = "_period"
"""The column with the number of the period, as a text: 1 is the first."""
MOST_ROWS = 1_000_000
"""Learnt from at most, so that memory does not grow with the periods: of more customers every second, third ... is taken."""


def person_periods(rows: Rows, ends: Sequence[int]) -> Rows:
    """A row per customer, day and period to whose begin it had not happened, with ``PERIOD`` beside the features; the outcome is
    1 where it happened in the period, else 0.  ``ends`` are the last days of the periods."""
    taken = rows.where(slice(None, None, -(-len(rows) * len(ends) // MOST_ROWS) or 1))
    parts, begin = [], 0
    for number, end in enumerate(ends, start=1):
        at_risk = taken.where(~(taken.days <= begin))
        period = np.full(len(at_risk), str(number), dtype=object)
        parts.append(Rows({**at_risk.frame, PERIOD: period}, (at_risk.days <= end).astype(float)))
        begin = end
    return Rows.joined(parts)


def with_periods(design: Design, periods: int) -> Design:
    """``design`` and whether it is the second, third ... period: a hazard of any shape over time."""
    return Design((*design.inputs, *(Input(PERIOD, str(number)) for number in range(2, periods + 1))))
