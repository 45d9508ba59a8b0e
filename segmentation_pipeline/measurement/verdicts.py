"""What may be concluded, in words a person can act on."""

from __future__ import annotations

from segmentation_pipeline.measurement.campaign_result_columns import (
    BROKEN,
    MEASURED,
    NO_CONTROL,
    NOT_ALONE,
    OBSERVATIONAL,
    UNPLANNED,
)
from segmentation_pipeline.measurement.effects import Interval
from segmentation_pipeline.measurement.outcomes import Metric

WORKS, HARMS, EARLY, NOT_COMPARABLE = "works", "harms", "too early", "not comparable"
NO_DIFFERENCE = "no difference larger than"
LEAST_PEOPLE = 30
"""People in each arm below whom no interval is believed."""
LEAST_CONVERTED = 5
"""People of both arms with a value other than 0 below whom none is."""


def verdict(status: str, interval: Interval | None, metric: Metric, *, is_over: bool) -> str | None:
    """The words for an interval; ``is_over``: the planned end has come.  None where nothing was drawn by lot."""
    if status in (OBSERVATIONAL, NO_CONTROL):
        return None
    if status in (BROKEN, UNPLANNED, NOT_ALONE):
        return NOT_COMPARABLE
    if status != MEASURED or interval is None:
        return NOT_COMPARABLE if is_over else EARLY
    if interval.low > 0 or interval.high < 0:
        return WORKS if (interval.low > 0) != metric.lower_is_better else HARMS
    if not is_over:
        return EARLY
    return f"{NO_DIFFERENCE} {_in_words(max(abs(interval.low), abs(interval.high)), metric)}"


def _in_words(size: float, metric: Metric) -> str:
    if metric.is_share:
        return f"{100 * size:.3g} percentage points"
    return f"{size:.2f} per person" if metric.is_money else f"{size:.3g} per person"
