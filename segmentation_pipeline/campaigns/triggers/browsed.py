"""Much looking and no buying."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import ibis
import ibis.expr.types as ir
from pydantic import Field, model_validator

from segmentation_pipeline.campaigns.triggers.ordered_since import without_order_from
from segmentation_pipeline.campaigns.triggers.reached import days_of, reached
from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger, order_tables
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.schema.base import MOST
from segmentation_pipeline.identity.canonical import table_by_customer


class BrowsedTrigger(Trigger):
    """So many ``page_views``, or ``visits``, of the web shop within ``days`` days, and no order since those days began.

    It happens on the day that makes them so many.
    """

    on: Literal["browsed"]
    days: Annotated[int, Field(ge=1, le=365)]
    page_views: Annotated[int, Field(ge=1, le=MOST)] | None = None
    visits: Annotated[int, Field(ge=1, le=MOST)] | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.page_views is None) == (self.visits is None):
            raise ValueError("give either 'page_views' or 'visits': how many within the days")
        return self

    @property
    def words(self) -> str:
        many = f"{self.visits} visits" if self.page_views is None else f"{self.page_views} page views"
        return f"{many} in {self.days} days without an order"

    def needs(self) -> tuple[str, ...]:
        return ("web_sessions.started_at",) if self.page_views is None else ("web_sessions.page_views",)

    def reads(self, config: Config) -> tuple[str, ...]:
        return (table_by_customer(config, "web_sessions"), *order_tables(config))

    def happened(self, inputs: Inputs) -> ir.Table:
        visits = inputs.by_customer("web_sessions")
        lately = days_of(visits, inputs)
        theirs = visits.semi_join(lately, "customer_id")
        value = theirs.count() if self.page_views is None else theirs.page_views.fill_null(0).sum().cast("int64")
        daily = theirs.group_by("customer_id", day=theirs.event_date).agg(value=value)
        found = reached(daily, lately, ibis.literal(self.page_views or self.visits), self.days)
        return without_order_from(found, inputs, self.days - 1).select("customer_id", "trigger_on")
