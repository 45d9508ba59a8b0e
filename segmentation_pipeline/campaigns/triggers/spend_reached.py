"""What a customer has spent comes to an amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import ibis
import ibis.expr.types as ir
from pydantic import Field

from segmentation_pipeline.campaigns.triggers.reached import days_of, reached
from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger, order_tables
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.schema.base import MOST, MOST_DAYS
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.features.build import order_events, refunds_of_orders

_CENT = Decimal("0.01")


class SpendReachedTrigger(Trigger):
    """``amount`` in the base currency, of orders less what was paid back, in all or in the last ``days`` days.

    It happens on the day at whose end it is so and at the end of the day before was not.  Who falls below by a return
    and buys again reaches it again.
    """

    on: Literal["spend_reached"]
    amount: Annotated[float, Field(gt=0, le=MOST)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = None

    @property
    def words(self) -> str:
        period = "" if self.days is None else f" in {self.days} days"
        return f"spend of {self._amount}{period} reached"

    @property
    def _amount(self) -> Decimal:
        return Decimal(str(self.amount)).quantize(_CENT)

    def reads(self, config: Config) -> tuple[str, ...]:
        return (*order_tables(config), *((tables.clean("returns"),) if config.has("returns") else ()))

    def happened(self, inputs: Inputs) -> ir.Table:
        orders = inputs.orders
        lately = days_of(orders, inputs)  # a sum also rises when a return leaves its days, and nobody did anything
        returns = inputs.table(tables.clean("returns")) if inputs.config.has("returns") else None
        refunds = refunds_of_orders(inputs.by_customer("orders"), inputs.config)
        theirs = order_events(orders, returns, refunds).semi_join(lately, "customer_id")
        daily = theirs.group_by("customer_id", day=theirs.event_date).agg(
            value=(theirs.amount - theirs.returned).sum().cast(Type.MONEY.ibis)
        )
        return reached(daily, lately, ibis.literal(self._amount, "decimal(18, 2)"), self.days)
