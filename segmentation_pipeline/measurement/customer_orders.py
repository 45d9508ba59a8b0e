"""Orders and what was paid back, of persons: what measurements of customers are counted from.

As features count them, so that sums agree: under canonical ids, completed orders only, without excluded persons and without
orders that belong to nobody.
"""

from __future__ import annotations

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.features.build import completed_orders, order_events, refunds_of_orders
from segmentation_pipeline.identity.canonical import tables_by_customer
from segmentation_pipeline.measurement.measurement import Inputs


def event_tables(config: Config) -> tuple[str, ...]:
    """The tables ``persons_order_events`` reads."""
    return (*tables_by_customer(config, "orders"), *((tables.clean("returns"),) if config.has("returns") else ()))


def persons_order_events(inputs: Inputs) -> ir.Table:
    """A row is a completed order, or something paid back, of a person who is not excluded (``features.build.order_events``)."""
    config = inputs.config
    of_persons, excluded = (inputs.table(table) for table in tables_by_customer(config, "orders"))
    orders = of_persons.anti_join(excluded, "customer_id")
    returns = inputs.table(tables.clean("returns")) if config.has("returns") else None
    return order_events(completed_orders(orders, config), returns, refunds_of_orders(orders, config))
