"""Something put into the cart, and not bought since."""

from __future__ import annotations

from typing import Literal

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.triggers.ordered_since import without_order_since
from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger, order_tables
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.identity.canonical import table_by_customer


class AbandonedCartTrigger(Trigger):
    """The day of a visit on which something was put into the cart and nothing was ordered, neither then nor later by any
    channel; a cancelled order is none."""

    on: Literal["abandoned_cart"]

    @property
    def words(self) -> str:
        return "abandoned cart"

    def needs(self) -> tuple[str, ...]:
        return ("web_sessions.cart_adds",)

    def reads(self, config: Config) -> tuple[str, ...]:
        return (table_by_customer(config, "web_sessions"), *order_tables(config))

    def happened(self, inputs: Inputs) -> ir.Table:
        visits = inputs.by_customer("web_sessions")
        lately = visits.filter(inputs.asked(visits.event_date), visits.customer_id.notnull(), visits.cart_adds > 0)
        left = lately.filter(lately.orders.fill_null(0) == 0)
        carts = left.select("customer_id", trigger_on="event_date", since="started_at")
        return without_order_since(carts, inputs).select("customer_id", "trigger_on")
