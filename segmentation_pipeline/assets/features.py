"""One row per customer, computed in one pass over the orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from segmentation_pipeline.assets.pictures import histograms
from segmentation_pipeline.assets.table_asset import Lineage, Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.features import stored
from segmentation_pipeline.features.calendar import calendar_columns, has_calendar
from segmentation_pipeline.features.catalog import CUSTOMER_ID, families, family_columns, goods_read, sources_read, sources_shared
from segmentation_pipeline.features.categories import CATEGORIES
from segmentation_pipeline.features.goods import GOODS
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    order_sources = [tables.clean("orders"), *([tables.clean("returns")] if config.has("returns") else [])]
    people = [tables.clean("customers"), tables.PII_CUSTOMERS] if config.has("customers") else []
    others = [tables.clean(name) for name in dict.fromkeys((*sources_read(config), *sources_shared(config)))]
    identity = [tables.CUSTOMER_IDENTITY] if config.has("identities") else []
    goods = goods_read(config)
    lines = [tables.clean(name) for name in ("order_items", "products") if goods and config.has(name)]
    made = [
        Step(
            table=tables.TOUCHED_CUSTOMERS,
            group="features",
            description="A customer whose rows this run makes anew: something of theirs came, went or changed, or left a window.",
            compute=_touched_customers,
            deps=[tables.EXCLUDED_CUSTOMERS, *order_sources, *people, *lines, *others, *identity],
        ),
        Step(
            table=tables.ORDER_FACTS,
            group="features",
            description="One row per customer with orders: every sum the feature families need, from one pass over the orders.",
            compute=_order_facts,
            deps=[tables.TOUCHED_CUSTOMERS, *order_sources],
        ),
    ]
    made += [
        Step(
            table=table,
            group="features",
            description=GOODS[table].description,
            compute=_goods(table),
            deps=[tables.TOUCHED_CUSTOMERS, tables.clean("orders"), *lines],
            columns=GOODS[table].columns,
        )
        for table in goods
    ]
    calendar: list[str] = []
    if has_calendar(config):
        calendar += [tables.CALENDAR, tables.HOLIDAY_REGIONS]
        made.append(
            Step(
                table=tables.CALENDAR,
                group="features",
                description="A row is a day and place: the windows of occasions it lies in, and the next public holiday.",
                compute=_calendar,
                deps=[tables.clean("orders"), *people[:1]],
                columns=calendar_columns(config),
                also=(tables.HOLIDAY_REGIONS,),
            )
        )
    made.append(
        Step(
            table=tables.CUSTOMER_STATE,
            group="features",
            description="One row per customer known at as_of: every feature but those that move with the calendar.",
            compute=_customer_state,
            deps=[*(table for step in made for table in (step.table, *step.also)), *order_sources, *people, *others],
        )
    )
    made.append(
        Step(
            table=tables.CUSTOMER_FEATURES,
            group="features",
            description=_description(config),
            compute=_customer_features,
            deps=[tables.CUSTOMER_STATE, *calendar[:1]],
            columns=feature_table_columns(config),
            lineage=_lineage(config),
            rules=checks_for(config)[tables.CUSTOMER_FEATURES],
        )
    )
    return made


def feature_table_columns(config: Config) -> tuple[Column, ...]:
    return (CUSTOMER_ID, *(column for family in families(config) for column in family_columns(family, config)))


def _description(config: Config) -> str:
    listed = "\n".join(f"- **{family.name}**: {family.description}" for family in families(config))
    return f"One row per customer known at as_of. Feature families:\n\n{listed}"


def _lineage(config: Config) -> Lineage:
    lineage: dict[str, list[tuple[str, str]]] = {}
    for family in families(config):
        for feature in family.features(config):
            needs = feature.needs or (
                ("order_items.amount",) if family is CATEGORIES and config.has("order_items") else ("orders.amount",)
            )
            lineage[feature.column.name] = [_origin(need) for need in needs]
    return lineage


def _origin(need: str) -> tuple[str, str]:
    source, column = need.split(".")
    return (tables.PII_CUSTOMERS if need == "customers.birth_date" else tables.clean(source), column)


def _calendar(run: RunContext, as_of: date) -> StepResult:
    stored.update_calendar(run.engine, run.config, as_of)
    return _made(run, tables.CALENDAR)


def _touched_customers(run: RunContext, as_of: date) -> StepResult:
    stored.find_touched(run.engine, run.config, as_of, run.changes)
    rows = run.engine.count(run.engine.table(tables.TOUCHED_CUSTOMERS))
    since = run.changes.since
    return StepResult(rows, numbers={"built on": since.isoformat() if since else "nothing: everything is made anew"})


def _order_facts(run: RunContext, as_of: date) -> StepResult:
    stored.update_order_facts(run.engine, run.config, as_of, run.changes)
    return _made(run, tables.ORDER_FACTS)


def _goods(table: str) -> Callable[[RunContext, date], StepResult]:
    def compute(run: RunContext, as_of: date) -> StepResult:
        stored.update_goods(run.engine, run.config, table, run.changes)
        return _made(run, table)

    return compute


def _customer_state(run: RunContext, as_of: date) -> StepResult:
    stored.update_customer_state(run.engine, run.config, as_of, run.changes)
    return _made(run, tables.CUSTOMER_STATE)


def _made(run: RunContext, table: str) -> StepResult:
    return StepResult(run.engine.count(run.engine.table(table)))


def _customer_features(run: RunContext, as_of: date) -> StepResult:
    engine, config = run.engine, run.config
    stored.show_customer_features(engine, config, as_of)
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


def _int(value: object) -> int:
    return int(str(value or 0))
