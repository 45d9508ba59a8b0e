"""Points of the loyalty programme that lapse on a day."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, cast

import ibis
import ibis.expr.types as ir
from pydantic import Field

from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.schema.base import MOST
from segmentation_pipeline.features.business_clock import business_time
from segmentation_pipeline.features.loyalty import points_due
from segmentation_pipeline.identity.canonical import table_by_customer


class PointsExpiringTrigger(Trigger):
    """``min_points`` at least lapse on the day if nothing is redeemed until then; what is redeemed is taken from those that
    lapse first, as in ``points_expiring_60d``."""

    on: Literal["points_expiring"]
    min_points: Annotated[int, Field(ge=1, le=MOST)] = 1

    foreseeable: ClassVar[bool] = True

    @property
    def words(self) -> str:
        return "points expiring"

    def needs(self) -> tuple[str, ...]:
        return ("loyalty.event", "loyalty.points", "loyalty.expires_at")

    def reads(self, config: Config) -> tuple[str, ...]:
        return (table_by_customer(config, "loyalty"),)

    def happened(self, inputs: Inputs) -> ir.Table:
        events = inputs.by_customer("loyalty")
        lapsing = events.filter(events.event == "earned", events.expires_at.notnull())
        lapsing = lapsing.select("customer_id", trigger_on=_day(lapsing.expires_at, inputs))
        asked = lapsing.filter(inputs.asked(lapsing.trigger_on)).distinct()
        theirs = events.semi_join(asked, "customer_id")
        due = points_due(theirs)
        due = due.select("customer_id", "excess", day=_day(due.expires_at, inputs))
        pairs = asked.inner_join(due, "customer_id")
        lost = pairs.group_by("customer_id", "trigger_on").agg(
            then=pairs.excess.max(where=pairs.day <= pairs.trigger_on),
            before=pairs.excess.max(where=pairs.day < pairs.trigger_on),
        )
        told = theirs.filter(theirs.event == "expired").group_by("customer_id").agg(told=theirs.points.sum())
        known = lost.left_join(told, "customer_id").drop("customer_id_right")
        # Events may tell of points whose day has passed, or of some that had none.
        so_far = known.told.fill_null(0)
        points = ibis.greatest(known.then.fill_null(0), so_far, 0) - ibis.greatest(known.before.fill_null(0), so_far, 0)
        return known.filter(points >= self.min_points).select("customer_id", "trigger_on")


def _day(instant: ir.TimestampValue, inputs: Inputs) -> ir.DateValue:
    """The business day of an instant; right for the days asked for, and on their right side for all others."""
    zone = inputs.config.pipeline.business.zone
    return cast(ir.DateValue, business_time(instant, zone, inputs.first, inputs.last).date())
