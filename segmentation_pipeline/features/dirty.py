"""Which customers' rows a run makes anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.catalog import families, sources_of_features, sources_read
from segmentation_pipeline.features.family import Inputs
from segmentation_pipeline.features.trailing import ORDER_EVENTS, Trailing, expired_rows
from segmentation_pipeline.identity.canonical import canonical_ids, table_by_customer


def dirty_customers(engine: Engine, inputs: Inputs, orders: ir.Table, changes: ChangeSet) -> ir.Table | None:
    """customer_id of everybody whose features may differ from those stored; None: anybody's may.

    Customers of whom a row came, went or changed in any source the features read, those who were joined
    with another or no longer are, those whom a shared row concerns, and those whose row expires between the last
    run's day and this one's.  ``inputs`` holds the tables of all customers, ``orders`` all clean orders.
    """
    config = inputs.config
    sources = sources_of_features(config)
    direct = [name for name in sources if name in ("orders", "customers", *sources_read(config))]
    merged = [tables.CUSTOMER_IDENTITY] if config.has("identities") else []
    ids = [*merged, *([tables.EXCLUDED_CUSTOMERS] if engine.has(tables.EXCLUDED_CUSTOMERS) else [])]
    noted = changes.all_dirty(*(tables.clean(name) for name in sources), *ids)
    if noted is None:
        return None
    dirty = dict(zip([*sources, *ids], noted, strict=True))
    found = [canonical_ids(engine, config, dirty[name]) for name in direct]
    found += [dirty[name] for name in ids]
    if "returns" in dirty:
        found.append(_who_ordered(orders, dirty["returns"]))
    if "order_items" in dirty:
        found.append(_who_ordered(orders, dirty["order_items"]))
        if "products" in dirty:
            items = engine.table(tables.clean("order_items"))
            found.append(_who_ordered(orders, items.semi_join(dirty["products"], "product_id")))
    earlier, later = changes.span(inputs.day)
    found += _changed_by_reference(engine, inputs, dirty, [dirty[name] for name in ids], earlier, later)
    found += expired_customers(inputs, earlier, later)
    everyone = ibis.union(*found, distinct=True) if len(found) > 1 else found[0].distinct()
    return everyone.filter(everyone.customer_id.notnull())


def expired_customers(inputs: Inputs, earlier: date, later: date) -> list[ir.Table]:
    """customer_id of those whose row differs between the two days though nothing of theirs came, went or changed.

    Rows of all families that leave a window are found in one pass over each source.
    """
    if earlier == later:
        return []
    windows: dict[str, list[Trailing]] = {}
    for family in families(inputs.config):
        for window in family.windows:
            windows.setdefault(window.source, []).append(window)
    found = []
    for source, of_source in windows.items():
        rows = inputs.order_events if source == ORDER_EVENTS else inputs.sources[source]
        found.append(expired_rows(rows, of_source, earlier, later, inputs.business_day).select("customer_id"))
    for family in families(inputs.config):
        if family.expired_between:
            found.append(family.expired_between(inputs.of(family), earlier, later))
    return found


def _changed_by_reference(
    engine: Engine, inputs: Inputs, dirty: Mapping[str, ir.Table], ids: Sequence[ir.Table], earlier: date, later: date
) -> list[ir.Table]:
    """customer_id of those whom rows of shared sources concern; a row that leaves a window counts as one that changed, and
    so do the rows of whoever is left out from now on, counts again, or is another's (``ids``)."""
    found = []
    for family in families(inputs.config):
        if family.changed_by_reference is None:
            continue
        changed = {source: dirty[source].select(*SOURCES[source].natural_key) for source in family.shared if source in dirty}
        for source, rows in changed.items():
            more = []
            windows = [window for window in family.shared_windows if window.source == source]
            if windows and earlier < later:
                more.append(expired_rows(inputs.shared[source], windows, earlier, later, inputs.business_day))
            if "customer_id" in SOURCES[source].names:
                whole = engine.table(table_by_customer(inputs.config, source))
                more += [whole.semi_join(customers, "customer_id") for customers in ids]
            changed[source] = rows.union(*(table.select(*rows.columns) for table in more)) if more else rows
        found.append(family.changed_by_reference(inputs.of(family), changed))
    return found


def _who_ordered(orders: ir.Table, rows: ir.Table) -> ir.Table:
    return orders.semi_join(rows, "order_id").select("customer_id")
