"""A higher tier of the loyalty programme."""

from __future__ import annotations

from typing import Annotated, Literal

import ibis
import ibis.expr.types as ir
from pydantic import Field

from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.schema.base import PlainTexts
from segmentation_pipeline.identity.canonical import table_by_customer


class TierReachedTrigger(Trigger):
    """``tiers`` are those that count, the lowest first: their order no source tells.

    It happens on the day at whose end the customer has a higher one than at the end of the day before; other tiers, and
    none at all, are below them.
    """

    on: Literal["tier_reached"]
    tiers: Annotated[PlainTexts, Field(min_length=1)]

    @property
    def words(self) -> str:
        return "higher loyalty tier"

    def needs(self) -> tuple[str, ...]:
        return ("loyalty.tier",)

    def reads(self, config: Config) -> tuple[str, ...]:
        return (table_by_customer(config, "loyalty"),)

    def happened(self, inputs: Inputs) -> ir.Table:
        every = inputs.by_customer("loyalty")
        events = every.filter(every.tier.notnull()).select("customer_id", "event_id", "occurred_at", "event_date", "tier")
        lately = events.filter(inputs.asked(events.event_date)).select("customer_id").distinct()
        theirs = events.semi_join(lately, "customer_id")
        tier = theirs.tier.strip().lower()
        height = ibis.cases(*((tier == name.strip().lower(), at) for at, name in enumerate(self.tiers, 1)), else_=0)
        last_first = [theirs.occurred_at.desc(), theirs.event_id.desc()]
        of_day = ibis.window(group_by=["customer_id", "event_date"], order_by=last_first)
        placed = theirs.mutate(height=height, place=ibis.row_number().over(of_day))
        ends = placed.filter(placed.place == 0).select("customer_id", "event_date", "height")
        before = ends.height.lag().over(ibis.window(group_by="customer_id", order_by="event_date"))
        found = ends.mutate(before=before.fill_null(0))
        return found.filter(found.height > found.before, inputs.asked(found.event_date)).select(
            "customer_id", trigger_on="event_date"
        )
