"""Where a customer buys, online or in stores, how that moves, and who looks online before buying in a store."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs, is_mapped, needs_source
from segmentation_pipeline.features.trailing import ORDER_EVENTS, Inside, Trailing

_YEAR, _TWO_YEARS = Trailing(ORDER_EVENTS, 365), Trailing(ORDER_EVENTS, 730)
_VISITS = "web_sessions"
RESEARCH_DAYS = 7
"""A visit to the web shop on the day of a purchase or so many days before it is taken for its preparation."""


def bought_in_store(events: ir.Table, config: Config) -> ir.BooleanValue:
    """Whether an order was placed in a store: its channel is a store channel; null where it has no channel.

    In a shop without channels, an order that names a store.
    """
    if not is_mapped(config, "orders.channel"):
        return events.store_id.notnull()
    return events.channel.lower().isin([channel.strip().lower() for channel in config.pipeline.features.store_channels])


def _needs(config: Config) -> tuple[str, ...]:
    return ("orders.channel",) if is_mapped(config, "orders.channel") else ("orders.store_id",)


def _features(config: Config) -> tuple[Feature, ...]:
    needs = _needs(config)

    def orders(name: str, description: str) -> Feature:
        return Feature(Column(name, Type.INTEGER, description, "orders", minimum=0), needs)

    def share(name: str, description: str, null_means: str) -> Feature:
        column = Column(name, Type.NUMBER, description, "share 0-1", null_means, minimum=0, maximum=1)
        return Feature(column, needs)

    return (
        orders("store_orders_365d", "Orders placed in a store in the last 365 days."),
        orders("online_orders_365d", "Orders placed online in the last 365 days."),
        orders("store_orders_previous_365d", "Orders placed in a store in the 365 days before the last 365."),
        orders("online_orders_previous_365d", "Orders placed online in the 365 days before the last 365."),
        share("store_share_365d", "Share of the orders of the last 365 days placed in a store.", "no order in 365 days"),
        share(
            "store_share_previous_365d",
            "Share of the orders of the 365 days before the last 365 placed in a store.",
            "no order in those days",
        ),
    )


def _order_sums(events: ir.Table, inside: Inside, config: Config) -> dict[str, ir.Value]:
    in_store = bought_in_store(events, config)
    year = inside(_YEAR)
    before = inside(_TWO_YEARS) & ~year
    return {
        "store_orders_365d": events.count(where=events.is_order & year & in_store),
        "online_orders_365d": events.count(where=events.is_order & year & ~in_store),
        "store_orders_previous_365d": events.count(where=events.is_order & before & in_store),
        "online_orders_previous_365d": events.count(where=events.is_order & before & ~in_store),
    }


def _build(inputs: Inputs) -> ir.Table:
    facts = inputs.order_facts

    def share(days: str) -> ir.Value:
        in_store, online = facts[f"store_orders_{days}"], facts[f"online_orders_{days}"]
        return (in_store.cast("float64") / (in_store + online).nullif(0)).round(6)

    counts = (f"{where}_orders_{days}" for days in ("365d", "previous_365d") for where in ("store", "online"))
    return facts.select("customer_id", *counts, store_share_365d=share("365d"), store_share_previous_365d=share("previous_365d"))


def _off(config: Config) -> str | None:
    if is_mapped(config, "orders.channel"):
        some = config.pipeline.features.store_channels
        return None if some else "features.store_channels in pipeline.yaml lists no channel"
    return None if is_mapped(config, "orders.store_id") else "needs orders.channel or orders.store_id, which no source maps"


def _research_features(config: Config) -> tuple[Feature, ...]:
    column = Column(
        "researched_online_365d",
        Type.INTEGER,
        f"Store orders of the last 365 days with a visit to the web shop on the day or in the {RESEARCH_DAYS} days before.",
        "orders",
        minimum=0,
    )
    return (Feature(column, (*_needs(config), f"{_VISITS}.started_at")),)


def _research_build(inputs: Inputs) -> ir.Table:
    events, visits = inputs.order_events, inputs.sources[_VISITS]
    orders = events.filter(events.is_order, inputs.inside(_YEAR, events), bought_in_store(events, inputs.config))
    per_day = orders.group_by("customer_id", "event_date").agg(orders=orders.count())
    # Whole days: many tills know no time of day.  Each day a visit may lie on is a row, so that the join is one of
    # equal keys; with a span of days in its condition DuckDB compares every order with every visit.
    looked_for = per_day.select("customer_id", "event_date", "orders", back=ibis.array([*range(RESEARCH_DAYS + 1)]).unnest())
    looked_for = looked_for.mutate(day=_day_number(looked_for.event_date) - looked_for.back)
    seen = visits.select("customer_id", day=_day_number(visits.event_date))
    prepared = looked_for.semi_join(seen, ["customer_id", "day"]).select("customer_id", "event_date", "orders").distinct()
    return prepared.group_by("customer_id").agg(researched_online_365d=prepared.orders.sum().cast("int64"))


def _day_number(day: ir.DateValue) -> ir.IntegerValue:
    return day.delta(ibis.literal(date(1970, 1, 1)), unit="day").cast("int64")


CHANNEL_PATTERN = Family(
    name="channel pattern",
    description="Orders online and in stores in the last 365 days and in the 365 before.",
    features=_features,
    build=_build,
    order_sums=_order_sums,
    windows=(_YEAR, _TWO_YEARS),
    off=_off,
)

RESEARCH = Family(
    name="research online",
    description="Orders in stores that a visit to the web shop came before.",
    features=_research_features,
    build=_research_build,
    reads=(_VISITS,),
    windows=(_YEAR,),
    off=lambda config: needs_source(_VISITS)(config) or _off(config),
)
