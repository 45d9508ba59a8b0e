"""Orders and net revenue of the last 30, 90 and 365 days and of the year before; a window of n days includes as_of."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs
from segmentation_pipeline.features.trailing import ORDER_EVENTS, Inside, Trailing

WINDOWS_DAYS = (30, 90, 365)
_YEAR, _TWO_YEARS = Trailing(ORDER_EVENTS, 365), Trailing(ORDER_EVENTS, 730)


def _features(config: Config) -> tuple[Feature, ...]:
    windows = tuple(
        column
        for days in WINDOWS_DAYS
        for column in (
            Column(f"frequency_{days}d", Type.INTEGER, f"Completed orders in the last {days} days.", "orders", minimum=0),
            Column(f"monetary_{days}d", Type.MONEY, f"Net revenue in the last {days} days: paid less returned.", "base currency"),
        )
    )
    trend = (
        Column(
            "monetary_previous_365d",
            Type.MONEY,
            "Net revenue in the 365 days before the last 365: paid less returned.",
            "base currency",
        ),
        Column(
            "monetary_growth_365d",
            Type.NUMBER,
            "Change of net revenue from the 365 days before the last 365 to these: 0.25 is a quarter more, -1 nothing any more.",
            "share of the earlier revenue",
            "no net revenue in the 365 days before the last 365",
        ),
    )
    return tuple(Feature(column) for column in (*windows, *trend))


def _order_sums(events: ir.Table, inside: Inside, config: Config) -> dict[str, ir.Value]:
    sums: dict[str, ir.Value] = {}
    net = events.amount - events.returned
    for days in WINDOWS_DAYS:
        of_late = inside(Trailing(ORDER_EVENTS, days))
        sums[f"frequency_{days}d"] = events.count(where=events.is_order & of_late)
        sums[f"monetary_{days}d"] = net.sum(where=of_late).fill_null(0)
    year_before = inside(_TWO_YEARS) & ~inside(_YEAR)
    return sums | {"monetary_previous_365d": net.sum(where=year_before).fill_null(0)}


def _build(inputs: Inputs) -> ir.Table:
    facts = inputs.order_facts
    before = facts.monetary_previous_365d.cast("float64")
    growth = facts[f"monetary_{_YEAR.days}d"].cast("float64") / before.nullif(0) - 1
    return facts.select(
        "customer_id",
        **{f"frequency_{days}d": facts[f"frequency_{days}d"] for days in WINDOWS_DAYS},
        **{f"monetary_{days}d": facts[f"monetary_{days}d"].cast(Type.MONEY.ibis) for days in WINDOWS_DAYS},
        monetary_previous_365d=facts.monetary_previous_365d.cast(Type.MONEY.ibis),
        monetary_growth_365d=ibis.ifelse(before > 0, growth, ibis.null("float64")).round(6),
    )


WINDOWS = Family(
    name="windows",
    description="Frequency and net revenue of the last 30, 90 and 365 days, and how revenue changed against the year before.",
    features=_features,
    build=_build,
    order_sums=_order_sums,
    windows=(*(Trailing(ORDER_EVENTS, days) for days in WINDOWS_DAYS), _TWO_YEARS),
)
