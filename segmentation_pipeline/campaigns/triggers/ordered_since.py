"""Who has ordered since something happened."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.triggers.trigger import Inputs
from segmentation_pipeline.features.business_clock import business_time


def without_order_since(events: ir.Table, inputs: Inputs) -> ir.Table:
    """The rows of ``events`` (customer_id, ``trigger_on``, ``since``: an instant) whose customer placed no completed order since.

    An order whose source gives the day only counts on the whole of its day.
    """
    orders = inputs.orders.semi_join(events, "customer_id")
    first = inputs.config.pipeline.quality.earliest_date
    local = business_time(orders.ordered_at, inputs.config.pipeline.business.zone, first, inputs.as_of)
    day_only = local == orders.event_date.cast("timestamp")
    bought = orders.select(buyer="customer_id", bought_on="event_date", bought_at="ordered_at", day_only=day_only)
    same_day = (bought.bought_on == events.trigger_on) & ((bought.bought_at >= events.since) | bought.day_only)
    since = same_day | (bought.bought_on > events.trigger_on)
    return events.anti_join(bought, [events.customer_id == bought.buyer, since])


def without_order_from(events: ir.Table, inputs: Inputs, days: int) -> ir.Table:
    """The rows of ``events`` (customer_id, ``trigger_on``) without a completed order since ``days`` days before, that day
    included."""
    orders = inputs.orders.semi_join(events, "customer_id")
    bought = orders.select(buyer="customer_id", bought_on="event_date")
    age = events.trigger_on.delta(bought.bought_on, unit="day").cast("int64")
    return events.anti_join(bought, [events.customer_id == bought.buyer, age <= ibis.literal(days)])
