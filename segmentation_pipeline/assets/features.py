"""One row per customer, computed in one pass over the orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segmentation_pipeline.assets.pictures import histograms
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.features import stored
from segmentation_pipeline.features.calendar import has_calendar, regions_off
from segmentation_pipeline.features.catalog import (
    families,
    order_line_aggregates_read,
    sources_of_features,
    sources_read,
    sources_shared,
)
from segmentation_pipeline.identity.canonical import personal_table, tables_by_customer
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    orders = tables_by_customer(config, "orders")
    returns = [tables.clean("returns")] if config.has("returns") else []
    people = tables_by_customer(config, "customers") if config.has("customers") else []
    personal = [personal_table(config)] if config.has("customers") else []
    others = tables_by_customer(config, *sources_read(config), *sources_shared(config))
    aggregates = order_line_aggregates_read(config)
    lines = [tables.clean(name) for name in ("order_items", "products") if aggregates and config.has(name)]
    calendar = [tables.CALENDAR, tables.HOLIDAY_REGIONS] if has_calendar(config) else []
    made = [
        Step(
            table=tables.DIRTY_CUSTOMERS,
            compute=_dirty_customers,
            reads=[*_changed(config), *orders, *people, *personal, *others],
        ),
        Step(table=tables.ORDER_FACTS, compute=_order_facts, reads=[tables.DIRTY_CUSTOMERS, *orders, *returns]),
    ]
    made += [
        Step(table=table, compute=_order_line_aggregate(table), reads=[tables.DIRTY_CUSTOMERS, *orders, *lines])
        for table in aggregates
    ]
    if calendar:
        made.append(Step(table=tables.CALENDAR, compute=_calendar, reads=[tables.clean("orders"), *_lived_in(config)]))
    made.append(
        Step(
            table=tables.CUSTOMER_STATE,
            compute=_customer_state,
            reads=[
                *(tables.DIRTY_CUSTOMERS, tables.ORDER_FACTS),
                *(*aggregates, *calendar, *orders, *returns, *people, *personal, *others),
            ],
        )
    )
    made.append(
        Step(
            table=tables.CUSTOMER_FEATURES,
            compute=_customer_features,
            reads=[tables.CUSTOMER_STATE, *calendar[:1]],
            details=_details(config),
        )
    )
    return made


def _changed(config: Config) -> list[str]:
    """Which rows came, went or changed, of all that features are made from."""
    identity = [tables.CHANGED_IDENTITIES] if config.has("identities") else []
    return [*map(tables.dirty_keys, sources_of_features(config)), *identity, tables.EXCLUSIONS_DIRTY]


def _lived_in(config: Config) -> list[str]:
    return [tables.clean("customers")] if regions_off(config) is None else []


def _details(config: Config) -> str:
    listed = "\n".join(f"- **{family.name}**: {family.description}" for family in families(config))
    return f" Feature families:\n\n{listed}"


def _calendar(run: RunContext) -> StepResult:
    stored.update_calendar(run.engine, run.config, run.as_of)
    return _made(run, tables.CALENDAR)


def _dirty_customers(run: RunContext) -> StepResult:
    stored.find_dirty(run.engine, run.config, run.as_of, run.changes)
    rows = run.engine.count(run.engine.table(tables.DIRTY_CUSTOMERS))
    since = run.changes.since
    return StepResult(rows, numbers={"built on": since.isoformat() if since else "nothing: everything is made anew"})


def _order_facts(run: RunContext) -> StepResult:
    stored.update_order_facts(run.engine, run.config, run.as_of, run.changes)
    return _made(run, tables.ORDER_FACTS)


def _order_line_aggregate(table: str) -> Callable[[RunContext], StepResult]:
    def compute(run: RunContext) -> StepResult:
        stored.update_order_line_aggregate(run.engine, run.config, table, run.changes)
        return _made(run, table)

    return compute


def _customer_state(run: RunContext) -> StepResult:
    stored.update_customer_state(run.engine, run.config, run.as_of, run.changes)
    return _made(run, tables.CUSTOMER_STATE)


def _made(run: RunContext, table: str) -> StepResult:
    return StepResult(run.engine.count(run.engine.table(table)))


def _customer_features(run: RunContext) -> StepResult:
    engine, config = run.engine, run.config
    stored.show_customer_features(engine, config, run.as_of)
    features = engine.table(tables.CUSTOMER_FEATURES)
    totals = engine.rows(
        features.agg(
            buyers=(features.frequency > 0).sum(),
            orders=features.frequency.sum(),
            monetary=features.monetary.sum(),
            active=(features.frequency_90d > 0).sum(),
            customers=features.count(),
        )
    )[0]
    currency = config.pipeline.business.currency
    return StepResult(
        _int(totals["customers"]),
        numbers={
            "customers with orders": _int(totals["buyers"]),
            "customers with orders in 90 days": _int(totals["active"]),
            "orders": _int(totals["orders"]),
            f"net revenue ({currency})": str(totals["monetary"] or 0),
            "features": len(features.columns) - 1,
        },
        picture=histograms(engine, features, ["recency_days", "frequency", "monetary", "average_order_value"]),
    )


def _int(value: Any) -> int:
    return int(value or 0)
