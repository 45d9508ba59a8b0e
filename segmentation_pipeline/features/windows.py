"""Orders and net revenue of the last 30, 90 and 365 days; a window of n days includes as_of."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs

WINDOWS_DAYS = (30, 90, 365)


def _features(config: Config) -> tuple[Feature, ...]:
    return tuple(
        Feature(column)
        for days in WINDOWS_DAYS
        for column in (
            Column(f"frequency_{days}d", Type.INTEGER, f"Completed orders in the last {days} days.", "orders", minimum=0),
            Column(f"monetary_{days}d", Type.MONEY, f"Net revenue in the last {days} days: paid less returned.", "base currency"),
        )
    )


def _order_sums(events: ir.Table, as_of: date, config: Config) -> dict[str, ir.Value]:
    sums: dict[str, ir.Value] = {}
    for days in WINDOWS_DAYS:
        inside = events.event_date > ibis.literal(as_of - timedelta(days=days))
        sums[f"frequency_{days}d"] = events.count(where=events.is_order & inside)
        sums[f"monetary_{days}d"] = (events.amount - events.returned).sum(where=inside).fill_null(0)
    return sums


def _build(inputs: Inputs) -> ir.Table:
    facts = inputs.order_facts
    return facts.select(
        "customer_id",
        **{f"frequency_{days}d": facts[f"frequency_{days}d"] for days in WINDOWS_DAYS},
        **{f"monetary_{days}d": facts[f"monetary_{days}d"].cast(Type.MONEY.ibis) for days in WINDOWS_DAYS},
    )


def _by_calendar(inputs: Inputs, earlier: date, later: date) -> ir.Table:
    """Those with an order or a return that is inside a window on one of the days and outside on the other."""
    events = inputs.order_events
    leaves = ibis.literal(False)
    for days in WINDOWS_DAYS:
        window = timedelta(days=days)
        leaves = leaves | ((events.event_date > earlier - window) & (events.event_date <= later - window))
    return events.filter(leaves).select("customer_id")


WINDOWS = Family(
    name="windows",
    description="Frequency and net revenue of the last 30, 90 and 365 days.",
    features=_features,
    build=_build,
    order_sums=_order_sums,
    by_calendar=_by_calendar,
)
