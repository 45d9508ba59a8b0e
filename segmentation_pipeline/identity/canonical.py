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
from segmentation_pipeline.values.states import CLEAN, FUTURE_DATED

RECORD = "record_customer_id"
"""Column with the customer_id a row came with, for those who must tell accounts of one person apart."""

_OF_IDENTITY = ("identities", "merge_decisions")
"""What says who is who names customers as it knows them."""


def rows_by_customer(engine: Engine, config: Config, source: str) -> ir.Table:
    """``clean.<source>`` with the canonical ``customer_id``; a source whose rows name no customer stays as it is.

    A source of one row per customer keeps one: the canonical customer's own, or where it has none that
    of the smallest id among the others.  Rows of excluded customers are not among them.
    """
    table = engine.table(table_by_customer(config, source))
    if "customer_id" not in table.columns or not engine.has(tables.EXCLUDED_CUSTOMERS):
        return table
    excluded = engine.table(tables.EXCLUDED_CUSTOMERS)
    return table.anti_join(excluded, "customer_id") if engine.count(excluded) else table


def personal_by_customer(engine: Engine, config: Config) -> ir.Table:
    """``pii.customers``, of the same rows as ``rows_by_customer`` of customers."""
    return engine.table(personal_table(config))


def personal_table(config: Config) -> str:
    """The table ``personal_by_customer`` reads."""
    return tables.PII_BY_CUSTOMER if config.has("identities") else tables.PII_CUSTOMERS


def tables_by_customer(config: Config, *sources: str) -> list[str]:
    """The tables ``rows_by_customer`` reads of ``sources``."""
    named = [table_by_customer(config, source) for source in sources]
    with_customer = any("customer_id" in SOURCES[source].names for source in sources)
    return list(dict.fromkeys([*named, *([tables.EXCLUDED_CUSTOMERS] if with_customer else [])]))


def table_by_customer(config: Config, source: str) -> str:
    return tables.by_customer(source) if source in sources_by_customer(config) else tables.clean(source)


def contacts_by_customer(engine: Engine, config: Config) -> ir.Table:
    """The sound rows of campaign_contacts by canonical ``customer_id``, those after ``as_of`` included."""
    validated = engine.table(tables.validated("campaign_contacts"))
    known = validated.filter(validated._state.isin([CLEAN, FUTURE_DATED]))
    return _renamed(known, engine.table(tables.CUSTOMER_IDENTITY)) if config.has("identities") else known


def canonical_ids(engine: Engine, config: Config, customers: ir.Table) -> ir.Table:
    """``customers`` with the canonical ``customer_id`` and nothing else."""
    if not config.has("identities"):
        return customers.select("customer_id")
    return _renamed(customers.select("customer_id"), engine.table(tables.CUSTOMER_IDENTITY)).drop(RECORD)


def show_by_customer(engine: Engine, config: Config) -> None:
    """Make the tables the above read: views, so that what is built on them stays short."""
    identity = engine.table(tables.CUSTOMER_IDENTITY)
    for name in sources_by_customer(config):
        engine.view(tables.by_customer(name), by_customer(engine.table(tables.clean(name)), identity, SOURCES[name].natural_key))
    if config.has("customers"):
        people = engine.table(tables.PII_CUSTOMERS)
        engine.view(tables.PII_BY_CUSTOMER, by_customer(people, identity, SOURCES["customers"].natural_key))


def sources_by_customer(config: Config) -> tuple[str, ...]:
    """The sources whose rows name a customer, where customers can be merged."""
    if not config.has("identities"):
        return ()
    return tuple(name for name in config.cleaning_order if name not in _OF_IDENTITY and "customer_id" in SOURCES[name].names)


def by_customer(table: ir.Table, identity: ir.Table, natural_key: tuple[str, ...]) -> ir.Table:
    """The rows of a table under canonical ids; of a table with a row per customer one row per person."""
    if natural_key != ("customer_id",):
        return _renamed(table, identity).drop(RECORD)
    own = table.anti_join(identity, "customer_id")
    moved = _renamed(table.semi_join(identity, "customer_id"), identity)
    orphans = moved.anti_join(own, "customer_id")
    order = ibis.window(group_by="customer_id", order_by=orphans[RECORD])
    first = orphans.mutate(place=ibis.row_number().over(order))
    return ibis.union(own, first.filter(first.place == 0).drop("place", RECORD))


def _renamed(table: ir.Table, identity: ir.Table) -> ir.Table:
    names = identity.select(merged="customer_id", canonical="canonical_customer_id")
    placed = table.left_join(names, table.customer_id == names.merged)
    # Not a select: Ibis could not join what is selected from a join by a column computed there.
    renamed = placed.mutate(customer_id=ibis.coalesce(placed.canonical, placed.customer_id), **{RECORD: placed.customer_id})
    return renamed.drop("merged", "canonical")
