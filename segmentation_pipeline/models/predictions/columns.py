"""The columns a predictive model adds to a customer: their names and what they say.

Belongs here: what is known without a fit.  Does not belong here: how they are computed, which is ``forecaster.py``.
"""

from __future__ import annotations

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.contracts.columns import Column, Type

MEDIAN, REASON = "_median_days", "_reason"
"""What follows the name of a model in the names of its columns."""
UNSCORED = "the rule of who is scored does not hold, or no forecast is credible on the day"


def within(days: int) -> str:
    """What follows the name of a model in the name of its forecast for the first ``days`` of the horizon.

    >>> "cancels" + within(30)
    'cancels_within_30'
    """
    return f"_within_{days}"


def prediction_columns(name: str, asked: PredictiveModel) -> tuple[Column, ...]:
    """What a predictive model adds to a customer."""
    unit = "probability 0-1" if asked.is_probability else "base currency" if asked.predicts == "revenue" else "orders"
    maximum = 1 if asked.is_probability else None
    null_means = f"in the segment already, {UNSCORED}" if asked.segment else UNSCORED

    def forecast(column: str, days: int) -> Column:
        return Column(column, Type.NUMBER, _foretold(asked, days), unit, null_means, minimum=0, maximum=maximum)

    earlier = (forecast(name + within(days), days) for days in asked.period_ends[:-1])
    median = (_median(name, asked),) if asked.periods else ()
    why = f"The features that move {name} most."
    return (
        forecast(name, asked.horizon_days),
        *earlier,
        *median,
        Column(name + REASON, Type.TEXT, why, null_means=f"{null_means}, or nothing stands out"),
    )


def _foretold(asked: PredictiveModel, days: int) -> str:
    segment = "{1} of {0}".format(*asked.segment) if asked.segment else ""
    if asked.is_lookalike:
        return f"Probability that somebody like this would be in segment {segment}, by what does not define it."
    if asked.campaign:
        return f"Probability of a completed order within {days} days after a message of campaign {asked.campaign}."
    if asked.segment:
        return f"Probability of being in segment {segment} {days} days later."
    return {
        "no_order": f"Probability of no completed order within {days} days.",
        "orders": f"Expected completed orders within {days} days.",
        "revenue": f"Expected net revenue within {days} days, in the base currency.",
    }.get(asked.predicts, f"Probability of {asked.predicts} within {days} days.")


def _median(name: str, asked: PredictiveModel) -> Column:
    what = "a completed order" if asked.predicts == "no_order" else asked.predicts
    return Column(
        name + MEDIAN,
        Type.NUMBER,
        f"The day by which half of such customers have had {what}, counted from the day of the run.",
        "days",
        f"{UNSCORED}, or fewer than half have had it within {asked.horizon_days} days",
        minimum=0,
        maximum=asked.horizon_days,
    )
