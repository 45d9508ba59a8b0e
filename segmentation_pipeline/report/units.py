"""In what the effects of campaigns are told: money, percentage points, or a plain number."""

from __future__ import annotations

from collections.abc import Callable

from segmentation_pipeline.config.schema.campaign_measurement import MONEY, WINSORISED
from segmentation_pipeline.report.words import PERCENT, UNKNOWN, figure, money, share


def unit(metric: str) -> Callable[[object], str]:
    """How a difference of a metric is written."""
    if metric.removesuffix(WINSORISED) in MONEY:
        return money
    return points if metric in ("conversion", "first_orders") else figure


def points(value: object) -> str:
    """A difference of shares.

    >>> points(0.0769)
    '7.7 points'
    """
    return UNKNOWN if value is None else f"{share(value).removesuffix(PERCENT)} points"
