"""Which customers' rows a run makes anew."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.catalog import families, goods_read, sources_read, sources_shared
from segmentation_pipeline.features.family import Inputs
from segmentation_pipeline.identity.canonical import canonical_ids


def touched_customers(engine: Engine, inputs: Inputs, orders: ir.Table, changes: ChangeSet) -> ir.Table | None:
    """customer_id of everybody whose features may differ from those stored; None: anybody's may.

    Customers of whom a row came, went or changed in any source the features read, those who were joined
    with another or no longer are, and those whom a shared row or the calendar touches.  ``inputs`` holds the
    tables of all customers, ``orders`` all clean orders.
    """
    config = inputs.config
    direct = ["orders", *(["customers"] if config.has("customers") else []), *sources_read(config)]
    sources = [*direct, *(["returns"] if config.has("returns") else []), *sources_shared(config)]
    if goods_read(config):
        sources += [name for name in ("order_items", "products") if config.has(name)]
    merged = [tables.CUSTOMER_IDENTITY] if config.has("identities") else []
    ids = [*merged, *([tables.EXCLUDED_CUSTOMERS] if engine.has(tables.EXCLUDED_CUSTOMERS) else [])]
    noted = changes.all_touched(*(tables.clean(name) for name in sources), *ids)
    if noted is None:
        return None
    touched = dict(zip([*sources, *ids], noted, strict=True))
    found = [canonical_ids(engine, config, touched[name]) for name in direct]
    found += [touched[name] for name in ids]
    if "returns" in touched:
        found.append(_who_ordered(orders, touched["returns"]))
    if "order_items" in touched:
        found.append(_who_ordered(orders, touched["order_items"]))
        if "products" in touched:
            items = engine.table(tables.clean("order_items"))
            found.append(_who_ordered(orders, items.semi_join(touched["products"], "product_id")))
    found += [family.touched_by_shared(inputs, touched) for family in families(config) if family.touched_by_shared]
    earlier, later = changes.span(inputs.as_of)
    if earlier < later:
        found += [family.by_calendar(inputs, earlier, later) for family in families(config) if family.by_calendar]
    everyone = ibis.union(*found, distinct=True) if len(found) > 1 else found[0].distinct()
    return everyone.filter(everyone.customer_id.notnull())


def _who_ordered(orders: ir.Table, rows: ir.Table) -> ir.Table:
    return orders.semi_join(rows, "order_id").select("customer_id")
