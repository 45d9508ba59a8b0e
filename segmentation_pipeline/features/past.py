"""Features as they were at the end of an earlier day: what models learn from, made by the families everybody's come from.

Belongs here: what of the judged rows was known then.  What a feature is made of is in the families.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.clean.accept import shown
from segmentation_pipeline.clean.copies import Files, superseded
from segmentation_pipeline.clean.validate import end_of_day
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features import build
from segmentation_pipeline.features.calendar import Calendar, has_calendar
from segmentation_pipeline.features.catalog import families, family_columns
from segmentation_pipeline.features.family import Family
from segmentation_pipeline.features.occasions import OCCASIONS
from segmentation_pipeline.features.order_line_aggregates import ORDER_LINE_AGGREGATES
from segmentation_pipeline.features.purchase import PURCHASE
from segmentation_pipeline.features.rhythm import RHYTHM
from segmentation_pipeline.features.stored import clean_inputs, of_customers
from segmentation_pipeline.identity.canonical import by_customer, rows_by_customer, sources_by_customer
from segmentation_pipeline.values.states import CLEAN, SUPERSEDED


class KnownThen:
    """An engine whose clean tables hold what was known at the end of ``day``; everything else is the engine's own.

    A row counts that happened by then and was not corrected since; of one that was, the version of then.  A source without
    times is known as received, and who is who as it is known now.
    """

    def __init__(self, engine: Engine, config: Config, day: date, sources: Collection[str], held: ExitStack) -> None:
        self._engine, self._config, self._day, self._held = engine, config, day, held
        self._made: dict[str, ir.Table] = {}
        for name in config.cleaning_order:
            if name in sources:
                self._show(name)

    def table(self, name: str) -> ir.Table:
        return self._made[name] if name in self._made else self._engine.table(name)

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def _show(self, name: str) -> None:
        source, config = SOURCES[name], self._config
        rows = self._kept(self._rows(name))
        clean = shown(rows, source, end_of_day(self._day, config.pipeline.business.zone))
        public = clean.drop(*source.pii_columns)
        self._made[tables.clean(name)] = public
        merged = name in sources_by_customer(config)
        identity = self._engine.table(tables.CUSTOMER_IDENTITY) if merged else None
        if identity is not None:
            self._made[tables.by_customer(name)] = by_customer(public, identity, source.natural_key)
        if name == "customers":
            people = clean.select(*dict.fromkeys([*source.natural_key, *source.pii_columns, "_file", "_row"]))
            self._made[tables.PII_CUSTOMERS] = people
            if identity is not None:
                self._made[tables.PII_BY_CUSTOMER] = by_customer(people, identity, source.natural_key)

    def _rows(self, name: str) -> ir.Table:
        """The judged rows of the source that counted at the end of the day."""
        source = SOURCES[name]
        rows = self._engine.table(tables.validated(name))
        rows = rows.filter(rows._state.isin([CLEAN, SUPERSEDED]))
        if source.event_time:
            rows = rows.filter((rows.event_date <= self._day).fill_null(True))
        if source.version:
            end = end_of_day(self._day, self._config.pipeline.business.zone)
            rows = rows.filter((rows[source.version] < end).fill_null(True))
        for reference in self._config.references(source):
            later = self._not_known_yet(reference.to_source, reference.to_column)
            if later is not None:
                rows = rows.anti_join(later, rows[reference.column] == later[reference.to_column])
        keys = list(source.natural_key)
        repeated = self._kept(rows.filter(rows._state == SUPERSEDED).select(keys).distinct())
        if not self._engine.count(repeated):
            return rows
        same = [rows[key].identical_to(repeated[key]) for key in keys]
        copies = rows.semi_join(repeated, same).mutate(_state=ibis.literal(CLEAN, "int8"))
        judged = superseded(self._engine, copies, source, Files.of(self._engine, name))
        latest = self._kept(judged.filter(judged._state == CLEAN).select(*rows.columns))
        return rows.anti_join(repeated, same).union(latest)

    def _kept(self, rows: ir.Table) -> ir.Table:
        return self._held.enter_context(self._engine.staged(rows))

    def _not_known_yet(self, name: str, column: str) -> ir.Table | None:
        """The keys of a source that were not known then; None where it has no times."""
        source = SOURCES[name]
        if not (source.event_time or source.version) or tables.clean(name) not in self._made:
            return None
        now, then = self._engine.table(tables.clean(name)), self._made[tables.clean(name)]
        return now.anti_join(then, column).select(column)


def features_as_of(
    engine: Engine, config: Config, day: date, customers: ir.Table, held: ExitStack, names: Collection[str] | None = None
) -> ir.Table:
    """``customer_features`` of ``customers`` (customer_id) as a run of ``day`` had made them, of the rows that are there now.

    One row per customer of them who was known then.  ``day`` is not after the run's; ``names`` are the columns that are
    wanted, all without.  What the rows are made of is kept until ``held`` is closed.
    """
    of = _families(config, names)
    then = cast(Engine, KnownThen(engine, config, day, _sources(config, of), held))
    inputs = of_customers(clean_inputs(then, config, day), customers)
    facts = held.enter_context(engine.staged(build.order_facts(inputs, of)))
    aggregates, calendar = _aggregates(then, config, of, customers, held), _calendar(engine, config, day)
    inputs = replace(inputs, order_facts=facts, order_line_aggregates=aggregates, calendar=calendar)
    base = build.customer_base(facts, inputs.customers)
    state = held.enter_context(engine.staged(build.customer_state(base, build.family_rows(inputs, of))))
    made = build.customer_features(state, day, config, calendar, of)
    return made if names is None else made.select("customer_id", *(name for name in made.columns if name in names))


def tables_read(config: Config, names: Collection[str]) -> tuple[str, ...]:
    """The tables ``features_as_of`` reads for the columns ``names``, beside who is who and who is left out."""
    of = _families(config, names)
    sources = _sources(config, of)
    calendar = (tables.CALENDAR, tables.HOLIDAY_REGIONS) if has_calendar(config) and OCCASIONS in of else ()
    return (*(tables.clean(name) for name in config.cleaning_order if name in sources), *calendar)


def _families(config: Config, names: Collection[str] | None) -> tuple[Family, ...]:
    """Those that make the columns; others read what purchases and rhythm are."""
    made = families(config)
    if names is None:
        return made
    return tuple(f for f in made if f in (PURCHASE, RHYTHM) or any(column.name in names for column in family_columns(f, config)))


def _sources(config: Config, of: Sequence[Family]) -> set[str]:
    lines = {"order_items", "products"} if any(family.order_line_aggregate for family in of) else set()
    wanted = {"orders", "returns", "customers", *lines, *(source for family in of for source in (*family.reads, *family.shared))}
    # A row waits for what it refers to, so that is looked at as well; what refers comes behind in the order of cleaning.
    for name in reversed(config.cleaning_order):
        if name in wanted:
            wanted |= {reference.to_source for reference in config.references(SOURCES[name])}
    return wanted


def _aggregates(
    then: Engine, config: Config, of: Sequence[Family], customers: ir.Table, held: ExitStack
) -> Mapping[str, ir.Table]:
    named = [name for name in ORDER_LINE_AGGREGATES if name in {family.order_line_aggregate for family in of}]
    if not named:
        return {}
    orders = build.completed_orders(rows_by_customer(then, config, "orders"), config).semi_join(customers, "customer_id")
    items = build.sold_lines(then.table(tables.clean("order_items"))) if config.has("order_items") else None
    items = items if items is None else items.semi_join(orders, "order_id")
    products = then.table(tables.clean("products")) if config.has("products") else None
    return {name: held.enter_context(then.staged(ORDER_LINE_AGGREGATES[name].make(orders, items, products))) for name in named}


def _calendar(engine: Engine, config: Config, day: date) -> Calendar | None:
    if not has_calendar(config):
        return None
    days = engine.table(tables.CALENDAR)
    return Calendar(days.filter(days.day <= day), engine.table(tables.HOLIDAY_REGIONS))
