"""Where customers can be reached: what the source customers tells, and the addresses customers are known by elsewhere."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.canonical import by_customer, personal_by_customer, rows_by_customer
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.values.standardise import as_key

_PERSONAL = ("customer_id", "first_name", "last_name", "email", "phone", "street", "postal_code")
_PLACES = {"customer_id": "string", "city": "string", "country": "string"}


def reachable(engine: Engine, config: Config) -> tuple[ir.Table | None, ir.Table | None]:
    """Personal data and places of everybody, one row per account; None where no address of anybody is known.

    Who is known by an address and has no record is reachable by the address alone.
    """
    has_people = config.has("customers")
    pii = engine.table(tables.PII_CUSTOMERS) if has_people else None
    customers = engine.table(tables.clean("customers")) if has_people else None
    return _with_noted(engine, config, pii, customers, merged=False)


def reachable_by_customer(engine: Engine, config: Config) -> tuple[ir.Table | None, ir.Table | None]:
    """``reachable`` under the ids of persons, one row per person."""
    has_people = config.has("customers")
    pii = personal_by_customer(engine, config) if has_people else None
    customers = rows_by_customer(engine, config, "customers") if has_people else None
    return _with_noted(engine, config, pii, customers, merged=config.has("identities"))


def _with_noted(
    engine: Engine, config: Config, pii: ir.Table | None, customers: ir.Table | None, *, merged: bool
) -> tuple[ir.Table | None, ir.Table | None]:
    if not (engine.has(tables.CUSTOMER_ADDRESSES) and engine.has(tables.clean("orders"))):
        return pii, customers
    orders = engine.table(tables.clean("orders")).select("customer_id").distinct()
    noted = engine.table(tables.CUSTOMER_ADDRESSES)
    noted = noted.mutate(customer_id=as_key(cast(ir.StringValue, noted.customer_id), "customer_id", config.pipeline.business))
    # Ledgers and records left out name people too, who are no customers for it.
    noted = noted.semi_join(orders, "customer_id")
    known = noted.group_by("customer_id").agg(
        email=noted.address.max(where=noted.kind == str(Kind.EMAIL)), phone=noted.address.max(where=noted.kind == str(Kind.PHONE))
    )
    if merged:
        known = by_customer(known, engine.table(tables.CUSTOMER_IDENTITY), ("customer_id",))
    rows = known.select(**{name: known[name] if name in known.columns else ibis.null("string") for name in _PERSONAL})
    if pii is None or customers is None:
        return rows, engine.memtable({name: [] for name in _PLACES}, _PLACES)
    told = pii.select(*_PERSONAL)
    return told.union(rows.anti_join(told, "customer_id")), customers
