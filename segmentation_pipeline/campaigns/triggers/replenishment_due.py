"""The day on which a customer who buys something again and again would buy it next."""

from __future__ import annotations

from typing import ClassVar, Literal, cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger, order_tables
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.schema.base import PlainTexts
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.features.build import sold_lines
from segmentation_pipeline.features.categories import CATEGORIES
from segmentation_pipeline.features.order_line_aggregates import categorised_lines

MIN_PURCHASES = 3
"""One gap says too little of the next."""
_KEY = ["customer_id", "thing"]


class ReplenishmentDueTrigger(Trigger):
    """The last day the customer bought it, and the median of the gaps between the days before, half days rounded up.

    ``of`` is a ``category`` or a ``product`` by its product_id, ``only`` those it is about (left out: all); at least three
    days of purchase must be known.
    """

    on: Literal["replenishment_due"]
    of: Literal["category", "product"]
    only: PlainTexts = ()

    foreseeable: ClassVar[bool] = True

    @property
    def words(self) -> str:
        return f"replenishment of a {self.of} due"

    def needs(self) -> tuple[str, ...]:
        return ("order_items.product_id",) if self.of == "product" else ()

    def off(self, config: Config) -> str | None:
        return CATEGORIES.off(config) if self.of == "category" else None

    def reads(self, config: Config) -> tuple[str, ...]:
        lines = [name for name in ("order_items", "products") if config.has(name)]
        return (*order_tables(config), *map(tables.clean, lines))

    def happened(self, inputs: Inputs) -> ir.Table:
        bought = self._bought(inputs).distinct()
        per_thing = bought.group_by(_KEY).agg(
            days=bought.count(), first_day=bought.event_date.min(), last_day=bought.event_date.max()
        )
        span = per_thing.last_day.delta(per_thing.first_day, unit="day").cast("int64")
        # Half of the gaps, and one more or the middle one, are not shorter than their median: it is at most 2 span / gaps.
        longest = 2 * span / (per_thing.days - 1).nullif(0)
        waited = ibis.literal(inputs.first).delta(per_thing.last_day, unit="day").cast("int64")
        possible = per_thing.filter(
            per_thing.days >= MIN_PURCHASES, per_thing.last_day < ibis.literal(inputs.last), longest + 1 >= waited
        )
        days = bought.semi_join(possible, _KEY)
        previous = days.event_date.lag().over(ibis.window(group_by=_KEY, order_by="event_date"))
        gaps = days.mutate(gap=days.event_date.delta(previous, unit="day").cast("int64"))
        due = _median_gap(gaps.filter(gaps.gap.notnull())).inner_join(possible.select(*_KEY, "last_day"), _KEY)
        # DuckDB makes an instant of it, which Ibis takes for a day: a cast to a day alone it would leave out.
        on = (due.last_day + due.gap.as_interval("D")).cast("timestamp").date()
        found = due.select("customer_id", trigger_on=on)
        return found.filter(inputs.asked(found.trigger_on))

    def _bought(self, inputs: Inputs) -> ir.Table:
        """customer_id, ``thing`` and event_date of what was bought."""
        config, orders = inputs.config, inputs.orders
        items = sold_lines(inputs.table(tables.clean("order_items"))) if config.has("order_items") else None
        if self.of == "product":
            assert items is not None  # needs
            placed = orders.select("order_id", "customer_id", "event_date")
            lines = items.filter(items.product_id.notnull()).select("order_id", thing="product_id").inner_join(placed, "order_id")
        else:
            products = inputs.table(tables.clean("products")) if config.has("products") else None
            every = categorised_lines(orders, items, products)
            named = every.filter(every.category.notnull()).select("order_id", "customer_id", thing="category")
            lines = named.inner_join(orders.select("order_id", "event_date"), "order_id")
        lines = lines.select(*_KEY, "event_date")
        return lines.filter(lines.thing.lower().isin([name.lower() for name in self.only])) if self.only else lines


def _median_gap(gaps: ir.Table) -> ir.Table:
    """The columns of the key and ``gap``: the median in whole days, half days rounded up, by engines alike."""
    ordered = ibis.window(group_by=_KEY, order_by=gaps.gap)
    ranked = gaps.mutate(place=ibis.row_number().over(ordered), many=gaps.gap.count().over(ibis.window(group_by=_KEY)))
    middle = ranked.filter((ranked.place >= (ranked.many - 1) // 2) & (ranked.place <= ranked.many // 2))
    chosen = middle.group_by(_KEY).agg(low=middle.gap.min(), high=middle.gap.max())
    return chosen.select(*_KEY, gap=cast(ir.IntegerValue, ((chosen.low + chosen.high + 1) // 2).cast("int64")))
