"""The stored feature tables and how a run brings them to its day: everybody anew, or those touched.

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
from segmentation_pipeline.features.catalog import goods_read, sources_read, sources_shared
from segmentation_pipeline.features.family import Inputs
from segmentation_pipeline.features.goods import GOODS
from segmentation_pipeline.features.touched import touched_customers
from segmentation_pipeline.identity.canonical import personal_by_customer, rows_by_customer


def update_calendar(engine: Engine, config: Config, as_of: date) -> None:
    """Make the calendar of occasions and holidays, when the configuration asks for any."""
    if has_calendar(config):
        write_calendar(engine, config, as_of)


def find_touched(engine: Engine, config: Config, as_of: date, changes: ChangeSet) -> None:
    """Write ``touched_customers`` and note it in ``changes``, or write everybody when all rows are made anew."""
    orders = rows_by_customer(engine, config, "orders")
    inputs = _sources(engine, config, as_of)
    touched = touched_customers(engine, inputs, orders, changes)
    if touched is None:
        engine.write(tables.TOUCHED_CUSTOMERS, build.customer_base(inputs.order_events, inputs.customers))
    else:
        engine.write(tables.TOUCHED_CUSTOMERS, touched)
        changes.note(tables.TOUCHED_CUSTOMERS, engine.table(tables.TOUCHED_CUSTOMERS))


def update_order_facts(engine: Engine, config: Config, as_of: date, changes: ChangeSet) -> None:
    touched = changes.touched(tables.TOUCHED_CUSTOMERS)
    inputs = _of(_sources(engine, config, as_of), touched)
    _store(engine, tables.ORDER_FACTS, build.order_facts(inputs.order_events, as_of, config), touched)


def update_goods(engine: Engine, config: Config, table: str, changes: ChangeSet) -> None:
    """Bring one of the stored tables about order lines to the run's day."""
    make = GOODS[table].make
    orders = build.completed_orders(rows_by_customer(engine, config, "orders"), config)
    items, products = _clean(engine, config, "order_items"), _clean(engine, config, "products")
    items = None if items is None else build.sold_lines(items)
    touched = changes.touched(tables.TOUCHED_CUSTOMERS)
    if touched is None:
        engine.write(table, make(orders, items, products))
        return
    orders = orders.semi_join(touched, "customer_id")
    items = items if items is None else items.semi_join(orders, "order_id")
    engine.replace_keys(table, make(orders, items, products), touched)


def update_customer_state(engine: Engine, config: Config, as_of: date, changes: ChangeSet) -> None:
    stored_facts = replace(
        _sources(engine, config, as_of),
        order_facts=engine.table(tables.ORDER_FACTS),
        goods={table: engine.table(table) for table in goods_read(config)},
        calendar=_calendar(engine, config),
    )
    touched = changes.touched(tables.TOUCHED_CUSTOMERS)
    inputs = _of(stored_facts, touched)
    if touched is None:
        base = engine.table(tables.TOUCHED_CUSTOMERS)
    else:
        base = build.customer_base(inputs.order_facts, inputs.customers)
    made = build.family_rows(inputs)
    # Families that read sources of their own group and join them; all others are sums that are there already.
    values = engine.count(base) * sum(len(one.columns) for one in made if one.family.reads)
    portions = math.ceil(values / engine.values_at_once)
    with ExitStack() as kept:
        rows = _in_portions(engine, kept, base, made, portions) if portions > 1 else build.customer_state(base, made)
        _store(engine, tables.CUSTOMER_STATE, rows, touched)


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


def _store(engine: Engine, table: str, rows: ir.Table, touched: ir.Table | None) -> None:
    """The rows of everybody, or in place of those of the touched customers."""
    if touched is None:
        engine.write(table, rows)
    else:
        engine.replace_keys(table, rows, touched)


def _of(inputs: Inputs, customers: ir.Table | None) -> Inputs:
    """The inputs with the rows of some customers (None: of all)."""
    if customers is None:
        return inputs
    of_all = {field.name: getattr(inputs, field.name) for field in fields(inputs)}
    tables = {name: table for name, table in of_all.items() if isinstance(table, ir.Table)}

    def rows(of_everybody: Mapping[str, ir.Table]) -> dict[str, ir.Table]:
        return {name: table.semi_join(customers, "customer_id") for name, table in of_everybody.items()}

    return replace(inputs, sources=rows(inputs.sources), goods=rows(inputs.goods), **rows(tables))


def _sources(engine: Engine, config: Config, as_of: date) -> Inputs:
    """What comes from the clean tables; facts are made of them."""
    every = rows_by_customer(engine, config, "orders")
    orders = build.completed_orders(every, config)
    events = build.order_events(orders, _clean(engine, config, "returns"), build.refunds_of_orders(every, config))
    return Inputs(
        as_of=as_of,
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
