"""Orders and net revenue of the last 30, 90 and 365 days; a window of n days includes as_of."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import who_left_a_window, within
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
        inside = within(events, as_of, days)
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
    return who_left_a_window(inputs.order_events, WINDOWS_DAYS, earlier, later)


WINDOWS = Family(
    name="windows",
    description="Frequency and net revenue of the last 30, 90 and 365 days.",
    features=_features,
    build=_build,
    order_sums=_order_sums,
    by_calendar=_by_calendar,
)
