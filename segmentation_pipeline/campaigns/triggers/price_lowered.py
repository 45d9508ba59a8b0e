"""Something of the customer's favourite category costs less than before."""

from __future__ import annotations

from typing import Annotated, Literal

import ibis
import ibis.expr.types as ir
from pydantic import Field

from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.features.business_clock import business_time
from segmentation_pipeline.features.categories import CATEGORIES
from segmentation_pipeline.values.states import CLEAN, SUPERSEDED

LOOK_BACK_DAYS = 30
"""A price is lowered when it is below every price of so many days before: what was raised first and then lowered is not.
The same days as article 6a of directive 98/6/EC asks of whoever announces a reduction."""
_LESS_THAN_A_CENT = 1e-6


class PriceLoweredTrigger(Trigger):
    """The day on which the price of a product of ``top_category`` fell by ``min_share`` (0.1 is a tenth) or more below the lowest
    of the 30 days before, if it has not risen since.

    Prices of several days are told by the versions of a product: rows of source products with another ``updated_at``.
    """

    on: Literal["price_lowered"]
    min_share: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.1

    @property
    def words(self) -> str:
        return "lower price in the favourite category"

    def needs(self) -> tuple[str, ...]:
        return ("products.price", "products.updated_at", "products.category")

    def off(self, config: Config) -> str | None:
        return CATEGORIES.off(config)

    def reads(self, config: Config) -> tuple[str, ...]:
        return (tables.validated("products"),)

    def happened(self, inputs: Inputs) -> ir.Table:
        prices = _prices(inputs)
        fallen = prices.filter(inputs.asked(prices.valid_from)).select(
            product="product_id", category="category", price="price", trigger_on="valid_from"
        )
        # What held on one of the days before, and what holds now.
        pairs = fallen.inner_join(
            prices.select("product_id", was="price", began="valid_from", ended="valid_to"), [("product", "product_id")]
        )
        till_start = pairs.trigger_on.delta(pairs.ended, unit="day").cast("int64")
        before = (pairs.began < pairs.trigger_on) & (till_start < LOOK_BACK_DAYS)
        compared = pairs.group_by("product", "category", "price", "trigger_on").agg(
            lowest=pairs.was.min(where=before), now=pairs.was.max(where=pairs.ended.isnull())
        )
        most = compared.lowest.cast("float64") * (1 - self.min_share)
        enough = compared.price.cast("float64") <= most + _LESS_THAN_A_CENT  # nine tenths of a price are no binary number
        lowered = compared.filter(enough, compared.now <= compared.price)
        days = lowered.group_by(top_category="category").agg(trigger_on=lowered.trigger_on.max())
        return (
            inputs.profile.select("customer_id", "top_category")
            .inner_join(days, "top_category")
            .select("customer_id", "trigger_on")
        )


def _prices(inputs: Inputs) -> ir.Table:
    """The price of a product at the end of each day on which it changed: product_id, category, price, ``valid_from`` (DATE) and
    ``valid_to`` (DATE of the next one, null = holds)."""
    versions = inputs.table(tables.validated("products"))
    known = versions.filter(versions._state.isin([CLEAN, SUPERSEDED]), versions.price.notnull(), versions.updated_at.notnull())
    zone, first = inputs.config.pipeline.business.zone, inputs.config.pipeline.quality.earliest_date
    day = business_time(known.updated_at, zone, first, inputs.as_of).date()
    dated = known.select("product_id", "category", "price", "updated_at", "_file", "_row", valid_from=day)
    last_first = [dated.updated_at.desc(), dated._file.desc(), dated._row.desc()]
    of_day = ibis.window(group_by=["product_id", "valid_from"], order_by=last_first)
    placed = dated.mutate(place=ibis.row_number().over(of_day))
    ends = placed.filter(placed.place == 0)
    later = ends.valid_from.lead().over(ibis.window(group_by="product_id", order_by="valid_from"))
    return ends.select("product_id", "category", "price", "valid_from", valid_to=later)
