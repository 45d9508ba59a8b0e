"""The stored feature tables and how a run brings them to its day: everybody anew, or the dirty ones.

Belongs here: which rows are made.  What a row holds is in ``build.py`` and the families.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features import build
from segmentation_pipeline.features.calendar import Calendar, has_calendar, write_calendar
from segmentation_pipeline.features.catalog import order_line_aggregates_read, sources_read, sources_shared
from segmentation_pipeline.features.dirty import dirty_customers
from segmentation_pipeline.features.family import Inputs
from segmentation_pipeline.features.order_line_aggregates import ORDER_LINE_AGGREGATES
from segmentation_pipeline.identity.canonical import personal_by_customer, rows_by_customer


def update_calendar(engine: Engine, config: Config, as_of: date) -> None:
    """Make the calendar of occasions and holidays, when the configuration asks for any."""
    if has_calendar(config):
        write_calendar(engine, config, as_of)


def find_dirty(engine: Engine, config: Config, as_of: date, changes: ChangeSet) -> None:
    """Write ``dirty_customers`` and note it in ``changes``, or write everybody when all rows are made anew."""
    orders = rows_by_customer(engine, config, "orders")
    inputs = clean_inputs(engine, config, as_of)
    dirty = dirty_customers(engine, inputs, orders, changes)
    if dirty is None:
        engine.write(tables.DIRTY_CUSTOMERS, build.customer_base(inputs.order_events, inputs.customers))
    else:
        engine.write(tables.DIRTY_CUSTOMERS, dirty)
        changes.note(tables.DIRTY_CUSTOMERS, engine.table(tables.DIRTY_CUSTOMERS))


def update_order_facts(engine: Engine, config: Config, as_of: date, changes: ChangeSet) -> None:
    dirty = changes.dirty(tables.DIRTY_CUSTOMERS)
    inputs = of_customers(clean_inputs(engine, config, as_of), dirty)
    _store(engine, tables.ORDER_FACTS, build.order_facts(inputs), dirty)


def update_order_line_aggregate(engine: Engine, config: Config, table: str, changes: ChangeSet) -> None:
    """Bring one of the stored tables about order lines to the run's day."""
    make = ORDER_LINE_AGGREGATES[table].make
    orders = build.completed_orders(rows_by_customer(engine, config, "orders"), config)
    items, products = _clean(engine, config, "order_items"), _clean(engine, config, "products")
    items = None if items is None else build.sold_lines(items)
    dirty = changes.dirty(tables.DIRTY_CUSTOMERS)
    if dirty is None:
        engine.write(table, make(orders, items, products))
        return
    orders = orders.semi_join(dirty, "customer_id")
    items = items if items is None else items.semi_join(orders, "order_id")
    engine.replace_keys(table, make(orders, items, products), dirty)


def update_customer_state(engine: Engine, config: Config, as_of: date, changes: ChangeSet) -> None:
    dirty = changes.dirty(tables.DIRTY_CUSTOMERS)
    inputs = of_customers(state_inputs(engine, config, as_of), dirty)
    base = engine.table(tables.DIRTY_CUSTOMERS) if dirty is None else build.customer_base(inputs.order_facts, inputs.customers)
    made = build.family_rows(inputs)
    # Families that read sources of their own group and join them; all others are sums that are there already.
    values = engine.count(base) * sum(len(one.columns) for one in made if one.family.reads)
    portions = math.ceil(values / engine.values_at_once)
    with ExitStack() as kept:
        rows = _in_portions(engine, kept, base, made, portions) if portions > 1 else build.customer_state(base, made)
        _store(engine, tables.CUSTOMER_STATE, rows, dirty)


def show_customer_features(engine: Engine, config: Config, as_of: date) -> None:
    """Make ``customer_features``: the stored rows with what moves with the calendar."""
    state, calendar = engine.table(tables.CUSTOMER_STATE), _calendar(engine, config)
    engine.view(tables.CUSTOMER_FEATURES, build.customer_features(state, as_of, config, calendar))


def _in_portions(engine: Engine, kept: ExitStack, base: ir.Table, made: Sequence[build.FamilyRows], portions: int) -> ir.Table:
    """``customer_state`` in little memory: every family by itself, then their join for some customers after others."""

    def staged(table: ir.Table) -> ir.Table:
        return kept.enter_context(engine.staged(table))

    def numbered(table: ir.Table) -> ir.Table:
        return staged(table.mutate(portion=(table.customer_id.hash() % portions).abs()))

    base, made = numbered(base), [replace(family, rows=numbered(family.rows)) for family in made]
    parts = []
    for number in range(portions):
        of_portion = [replace(family, rows=family.rows.filter(family.rows.portion == number)) for family in made]
        parts.append(staged(build.customer_state(base.filter(base.portion == number), of_portion)))
    return ibis.union(*parts)


def _store(engine: Engine, table: str, rows: ir.Table, dirty: ir.Table | None) -> None:
    """The rows of everybody, or in place of those of the dirty customers."""
    if dirty is None:
        engine.write(table, rows)
    else:
        engine.replace_keys(table, rows, dirty)


def of_customers(inputs: Inputs, customers: ir.Table | None) -> Inputs:
    """The inputs with the rows of some customers (None: of all)."""
    if customers is None:
        return inputs
    of_all = {field.name: getattr(inputs, field.name) for field in fields(inputs)}
    tables = {name: table for name, table in of_all.items() if isinstance(table, ir.Table)}

    def rows(of_everybody: Mapping[str, ir.Table]) -> dict[str, ir.Table]:
        return {name: table.semi_join(customers, "customer_id") for name, table in of_everybody.items()}

    return replace(inputs, sources=rows(inputs.sources), order_line_aggregates=rows(inputs.order_line_aggregates), **rows(tables))


def state_inputs(engine: Engine, config: Config, as_of: date) -> Inputs:
    """What families build of: the clean tables, and what is stored of them by now."""
    return replace(
        clean_inputs(engine, config, as_of),
        order_facts=engine.table(tables.ORDER_FACTS),
        order_line_aggregates={table: engine.table(table) for table in order_line_aggregates_read(config)},
        calendar=_calendar(engine, config),
    )


def clean_inputs(engine: Engine, config: Config, as_of: date) -> Inputs:
    """What comes from the clean tables; facts are made of them."""
    every = rows_by_customer(engine, config, "orders")
    orders = build.completed_orders(every, config)
    events = build.order_events(orders, _clean(engine, config, "returns"), build.refunds_of_orders(every, config))
    return Inputs(
        day=as_of,
        config=config,
        order_events=events,
        order_facts=events,
        customers=_customers(engine, config),
        pii=personal_by_customer(engine, config) if config.has("customers") else None,
        business_day=lambda instant: engine.utc_to_local_day(instant, config.pipeline.business.timezone),
        sources={name: rows_by_customer(engine, config, name) for name in sources_read(config)},
        shared={name: rows_by_customer(engine, config, name) for name in sources_shared(config)},
    )


def _calendar(engine: Engine, config: Config) -> Calendar | None:
    return Calendar(engine.table(tables.CALENDAR), engine.table(tables.HOLIDAY_REGIONS)) if has_calendar(config) else None


def _customers(engine: Engine, config: Config) -> ir.Table | None:
    return rows_by_customer(engine, config, "customers") if config.has("customers") else None


def _clean(engine: Engine, config: Config, source: str) -> ir.Table | None:
    return engine.table(tables.clean(source)) if config.has(source) else None
