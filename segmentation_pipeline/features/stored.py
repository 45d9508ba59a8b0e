"""The stored feature tables and how a run brings them to its day: everybody anew, or those touched.

Belongs here: which rows are made.  What a row holds is in ``build.py`` and the families.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import fields, replace
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.changes import Changes
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features import build
from segmentation_pipeline.features.calendar import Calendar, has_calendar, write_calendar
from segmentation_pipeline.features.catalog import families, family_columns, goods_read, sources_read, sources_shared
from segmentation_pipeline.features.family import Inputs
from segmentation_pipeline.features.goods import GOODS
from segmentation_pipeline.features.touched import touched_customers
from segmentation_pipeline.identity.canonical import personal_by_customer, rows_by_customer


def update_calendar(engine: Engine, config: Config, as_of: date) -> None:
    """Make the calendar of occasions and holidays, when the configuration asks for any."""
    if has_calendar(config):
        write_calendar(engine, config, as_of)


def find_touched(engine: Engine, config: Config, as_of: date, changes: Changes) -> None:
    """Write ``touched_customers`` and note it in ``changes``, or write everybody when all rows are made anew."""
    orders = rows_by_customer(engine, config, "orders")
    touched = touched_customers(engine, _sources(engine, config, as_of), orders, changes)
    if touched is None:
        engine.write(tables.TOUCHED_CUSTOMERS, build.customer_base(build.completed_orders(orders), _customers(engine, config)))
    else:
        engine.write(tables.TOUCHED_CUSTOMERS, touched)
        changes.note(tables.TOUCHED_CUSTOMERS, engine.table(tables.TOUCHED_CUSTOMERS))


def update_order_facts(engine: Engine, config: Config, as_of: date, changes: Changes) -> None:
    def make(inputs: Inputs) -> ir.Table:
        return build.order_facts(inputs.order_events, as_of, config)

    _update(engine, tables.ORDER_FACTS, _sources(engine, config, as_of), changes, make, portions=1)


def update_goods(engine: Engine, config: Config, table: str, changes: Changes) -> None:
    """Bring one of the stored tables about order lines to the run's day."""
    make = GOODS[table].make
    orders = build.completed_orders(rows_by_customer(engine, config, "orders"))
    items, products = _clean(engine, config, "order_items"), _clean(engine, config, "products")
    touched = changes.touched(tables.TOUCHED_CUSTOMERS)
    if touched is None:
        engine.write(table, make(orders, items, products))
        return
    orders = orders.semi_join(touched, "customer_id")
    items = items if items is None else items.semi_join(orders, "order_id")
    engine.replace_keys(table, make(orders, items, products), touched)


def update_customer_state(engine: Engine, config: Config, as_of: date, changes: Changes) -> None:
    stored_facts = replace(
        _sources(engine, config, as_of),
        order_facts=engine.table(tables.ORDER_FACTS),
        goods={table: engine.table(table) for table in goods_read(config)},
        calendar=_calendar(engine, config),
    )
    everybody = engine.table(tables.TOUCHED_CUSTOMERS)

    def make(inputs: Inputs) -> ir.Table:
        known = everybody if inputs is stored_facts else build.customer_base(inputs.order_facts, inputs.customers)
        return build.customer_state(known, inputs)

    # Families that read sources of their own group and join them; all others are sums that are there already.
    wide = sum(len(family_columns(family, config)) for family in families(config) if family.reads)
    values = engine.count(everybody) * wide
    _update(engine, tables.CUSTOMER_STATE, stored_facts, changes, make, portions=math.ceil(values / engine.values_at_once))


def show_customer_features(engine: Engine, config: Config, as_of: date) -> None:
    """Make ``customer_features``: the stored rows with what moves with the calendar."""
    state, calendar = engine.table(tables.CUSTOMER_STATE), _calendar(engine, config)
    engine.view(tables.CUSTOMER_FEATURES, build.customer_features(state, as_of, config, calendar))


def _update(
    engine: Engine, table: str, inputs: Inputs, changes: Changes, make: Callable[[Inputs], ir.Table], portions: int
) -> None:
    """Make the rows of everybody or of those touched: in one query, or of a portion of the customers after the other."""
    touched = changes.touched(tables.TOUCHED_CUSTOMERS)
    with ExitStack() as kept:
        if portions > 1:
            customers = engine.table(tables.TOUCHED_CUSTOMERS)
            numbered = kept.enter_context(engine.staged(customers.select("customer_id", portion=ibis.row_number() % portions)))
            each = [numbered.filter(numbered.portion == number).select("customer_id") for number in range(portions)]
            rows = ibis.union(*(kept.enter_context(engine.staged(make(_of(inputs, portion)))) for portion in each))
        else:
            rows = make(inputs if touched is None else _of(inputs, touched))
        if touched is None:
            engine.write(table, rows)
        else:
            engine.replace_keys(table, rows, touched)


def _of(inputs: Inputs, customers: ir.Table) -> Inputs:
    """The inputs with the rows of some customers."""
    of_all = {field.name: getattr(inputs, field.name) for field in fields(inputs)}
    tables = {name: table for name, table in of_all.items() if isinstance(table, ir.Table)}

    def rows(of_everybody: Mapping[str, ir.Table]) -> dict[str, ir.Table]:
        return {name: table.semi_join(customers, "customer_id") for name, table in of_everybody.items()}

    return replace(inputs, sources=rows(inputs.sources), goods=rows(inputs.goods), **rows(tables))


def _sources(engine: Engine, config: Config, as_of: date) -> Inputs:
    """What comes from the clean tables; facts are made of them."""
    orders = build.completed_orders(rows_by_customer(engine, config, "orders"))
    events = build.order_events(orders, _clean(engine, config, "returns"))
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
