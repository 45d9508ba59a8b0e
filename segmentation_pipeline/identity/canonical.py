"""The clean tables with customers under the id of the person: what features, models and campaigns read.

Clean tables keep the key they came with, so that every row is accounted for as it was received; only
here the canonical id takes its place.  Without source ``identities`` they are the clean tables themselves.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine

RECORD = "record_customer_id"
"""Column with the customer_id a row came with, beside the one it counts for."""


def rows_by_customer(engine: Engine, config: Config, source: str) -> ir.Table:
    """``clean.<source>`` with the canonical ``customer_id`` and, where customers can be merged, ``RECORD``.

    A source of one row per customer keeps one: the canonical customer's own, or where it has none that
    of the smallest id among the others.
    """
    return _by_customer(engine, config, engine.table(tables.clean(source)), SOURCES[source].natural_key)


def personal_by_customer(engine: Engine, config: Config) -> ir.Table:
    """``pii.customers``, of the same rows as ``rows_by_customer`` of customers."""
    return _by_customer(engine, config, engine.table(tables.PII_CUSTOMERS), SOURCES["customers"].natural_key)


def canonical_ids(engine: Engine, config: Config, customers: ir.Table) -> ir.Table:
    """``customers`` with the canonical ``customer_id`` and nothing else."""
    if not config.has("identities"):
        return customers.select("customer_id")
    return _renamed(customers.select("customer_id"), engine.table(tables.CUSTOMER_IDENTITY)).select("customer_id")


def _by_customer(engine: Engine, config: Config, table: ir.Table, natural_key: tuple[str, ...]) -> ir.Table:
    if not config.has("identities") or "customer_id" not in table.columns:
        return table
    identity = engine.table(tables.CUSTOMER_IDENTITY)
    if natural_key != ("customer_id",):
        return _renamed(table, identity)
    own = table.anti_join(identity, "customer_id")
    moved = _renamed(table.semi_join(identity, "customer_id"), identity)
    orphans = moved.anti_join(own, "customer_id")
    order = ibis.window(group_by="customer_id", order_by=orphans[RECORD])
    first = orphans.mutate(place=ibis.row_number().over(order))
    return ibis.union(own.mutate(**{RECORD: own.customer_id}), first.filter(first.place == 0).drop("place"))


def _renamed(table: ir.Table, identity: ir.Table) -> ir.Table:
    names = identity.select(merged="customer_id", canonical="canonical_customer_id")
    placed = table.left_join(names, table.customer_id == names.merged)
    columns = {name: placed[name] for name in table.columns}
    columns["customer_id"] = ibis.coalesce(placed.canonical, placed.customer_id)
    return placed.select(**columns, **{RECORD: placed.customer_id})
