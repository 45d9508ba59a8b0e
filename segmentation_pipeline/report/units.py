"""In what the effects of campaigns are told: money, percentage points, or a plain number."""

from __future__ import annotations

from collections.abc import Callable

from segmentation_pipeline.config.schema.campaign_measurement import MONEY, WINSORISED
from segmentation_pipeline.report.reader import Row
from segmentation_pipeline.report.words import PERCENT, UNKNOWN, figure, is_few, money, share


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


def is_of_few(row: Row) -> bool:
    """Whether an arm, or what it is compared with, has so few people that its effect would tell of single ones."""
    return is_few(row["people"]) or is_few(row["people_control"])


def effect(row: Row, told: Callable[[object], str]) -> tuple[str, ...]:
    """The effect and the ends of its interval in its unit; of few people nothing."""
    return tuple(UNKNOWN if is_of_few(row) else told(row[end]) for end in ("lift", "lift_low", "lift_high"))
