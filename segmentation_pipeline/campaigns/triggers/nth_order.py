"""The customer's nth order."""

from __future__ import annotations

from typing import Annotated, Literal

import ibis
import ibis.expr.types as ir
from pydantic import Field

from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger, order_tables
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.schema.base import MOST


class NthOrderTrigger(Trigger):
    """The ``nth`` order, counted over completed orders as they are known today, by when they were placed: one that is cancelled
    later is none."""

    on: Literal["nth_order"]
    nth: Annotated[int, Field(ge=1, le=MOST)]

    @property
    def words(self) -> str:
        return f"order number {self.nth}"

    def reads(self, config: Config) -> tuple[str, ...]:
        return order_tables(config)

    def happened(self, inputs: Inputs) -> ir.Table:
        orders = inputs.orders.select("customer_id", "order_id", "ordered_at", "event_date")
        lately = orders.filter(inputs.asked(orders.event_date)).select("customer_id").distinct()
        theirs = orders.semi_join(lately, "customer_id")
        in_order = ibis.window(group_by="customer_id", order_by=[theirs.event_date, theirs.ordered_at, theirs.order_id])
        numbered = theirs.mutate(place=ibis.row_number().over(in_order))
        found = numbered.filter(numbered.place == self.nth - 1, inputs.asked(numbered.event_date))
        return found.select("customer_id", trigger_on="event_date")
