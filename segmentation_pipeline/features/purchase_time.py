"""When in the day and in the week a customer buys, by the clock of the business time zone."""

from __future__ import annotations

from functools import reduce

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs
from segmentation_pipeline.features.purchase import NO_ORDERS
from segmentation_pipeline.features.trailing import Inside

DAYPARTS = {"morning": (5, 12), "afternoon": (12, 17), "evening": (17, 22), "night": (22, 5)}
"""Parts of the day: from which hour, up to which hour (not included)."""
_SATURDAY = 5
_NO_TIME = "no order whose time of day is known"


def _features(config: Config) -> tuple[Feature, ...]:
    shares = tuple(
        Feature(
            Column(
                f"{part}_order_share",
                Type.NUMBER,
                f"Share of orders placed from {first} to {last} o'clock, of those whose time of day is known.",
                "share 0-1",
                _NO_TIME,
                minimum=0,
                maximum=1,
            )
        )
        for part, (first, last) in DAYPARTS.items()
    )
    usual = Column(
        "usual_daypart",
        Type.TEXT,
        "Part of the day with most orders; the earlier one wins a tie, the night comes last.",
        null_means=_NO_TIME,
        allowed=tuple(DAYPARTS),
    )
    weekend = Column(
        "weekend_order_share",
        Type.NUMBER,
        "Share of orders placed on a Saturday or Sunday.",
        "share 0-1",
        NO_ORDERS,
        minimum=0,
        maximum=1,
    )
    return (Feature(usual), *shares, Feature(weekend))


def _order_sums(events: ir.Table, inside: Inside, config: Config) -> dict[str, ir.Value]:
    hour = events.local_hour
    sums: dict[str, ir.Value] = {
        f"{part}_orders": events.count(where=(hour >= first) & (hour < last) if first < last else (hour >= first) | (hour < last))
        for part, (first, last) in DAYPARTS.items()
    }
    weekend = events.is_order & (events.event_date.day_of_week.index() >= _SATURDAY)
    return sums | {"weekend_orders": events.count(where=weekend)}


def _build(inputs: Inputs) -> ir.Table:
    facts = inputs.order_facts
    counts = {part: facts[f"{part}_orders"] for part in DAYPARTS}
    most = ibis.greatest(*counts.values())
    timed = reduce(ir.NumericValue.__add__, counts.values()).nullif(0)
    usual = ibis.cases(*((count == most, part) for part, count in counts.items()))
    return facts.select(
        "customer_id",
        usual_daypart=ibis.ifelse(most > 0, usual, ibis.null("string")),
        **{f"{part}_order_share": (count.cast("float64") / timed).round(6) for part, count in counts.items()},
        weekend_order_share=(facts.weekend_orders.cast("float64") / facts.frequency.nullif(0)).round(6),
    )


PURCHASE_TIME = Family(
    name="purchase_time",
    description="Share of orders by part of the day and on weekends.",
    features=_features,
    build=_build,
    order_sums=_order_sums,
)
