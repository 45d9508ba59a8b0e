"""Order lines that orders are made of, where the order they make belongs to nobody: they do too.

Where orders have files of their own their lines follow them by their number; here it is the other way round.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.clean.derive import orders_from_items
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.sources import SOURCES, Source
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.values.standardise import NOBODYS, standardise
from segmentation_pipeline.values.states import ACCEPTED, ANONYMOUS, CLEAN


def may_be_nobodys(source: Source, config: Config) -> bool:
    """Whether rows of the source make orders of which some may be nobody's."""
    orders = config.sources["orders"]
    return orders.derive_from == source.name and bool(orders.anonymous)


def of_the_same_orders(lines: ir.Table, keys: ir.Table) -> ir.Table:
    """``keys`` and those of all stored ``lines`` of their orders: one line may make an order somebody's."""
    siblings = lines.semi_join(keys.filter(keys.order_id.notnull()), "order_id").select(*keys.columns)
    return keys.union(siblings.cast(dict(keys.schema().items())), distinct=True)


def with_nobodys_told(engine: Engine, lines: ir.Table, config: Config) -> ir.Table:
    """``lines``, all of each order, with those of orders of nobody in that state."""
    made = orders_from_items(lines.filter(lines._state.isin(ACCEPTED)))
    typed = standardise(engine, made, SOURCES["orders"], config.sources["orders"], config.pipeline.business)
    nobodys = typed.filter(typed[NOBODYS]).select(of_nobody="order_id")
    found = lines.left_join(nobodys, lines.order_id == nobodys.of_nobody)
    accepted = found._state.isin(ACCEPTED)
    state = ibis.cases((accepted & found.of_nobody.notnull(), ANONYMOUS), (accepted, CLEAN), else_=found._state)
    return found.mutate(_state=state.cast("int8")).drop("of_nobody")
