"""One row per customer, computed in one pass over the orders."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.assets.pictures import histograms
from segmentation_pipeline.assets.table_asset import Lineage, Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.features import build
from segmentation_pipeline.features.catalog import CUSTOMER_ID, families, family_columns
from segmentation_pipeline.features.categories import CATEGORIES, CUSTOMER_CATEGORY_COLUMNS, customer_categories
from segmentation_pipeline.features.family import Inputs
from segmentation_pipeline.quality.rules import rules_for
from segmentation_pipeline.session import Made, Session


def steps(config: Config) -> list[Step]:
    order_sources = [tables.clean("orders"), *([tables.clean("returns")] if config.has("returns") else [])]
    made = [
        Step(
            table=tables.ORDER_FACTS,
            group="features",
            description="One row per customer with orders: every sum the feature families need, from one pass over the orders.",
            compute=_order_facts,
            deps=order_sources,
        )
    ]
    if CATEGORIES in families(config):
        category_sources = ["orders", *(s for s in ("order_items", "products") if config.has(s))]
        made.append(
            Step(
                table=tables.CUSTOMER_CATEGORIES,
                group="features",
                description="Revenue and orders of a customer per product category.",
                compute=_customer_categories,
                deps=[tables.clean(source) for source in category_sources],
                columns=CUSTOMER_CATEGORY_COLUMNS,
            )
        )
    made.append(
        Step(
            table=tables.CUSTOMER_FEATURES,
            group="features",
            description=_description(config),
            compute=_customer_features,
            deps=[
                *(step.table for step in made),
                *order_sources,
                *([tables.clean("customers"), tables.PII_CUSTOMERS] if config.has("customers") else []),
            ],
            columns=feature_table_columns(config),
            lineage=_lineage(config),
            rules=rules_for(config)[tables.CUSTOMER_FEATURES],
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


def _orders(session: Session) -> ir.Table:
    return build.completed_orders(session.engine.table(tables.clean("orders")))


def _events(session: Session) -> ir.Table:
    returns = session.engine.table(tables.clean("returns")) if session.config.has("returns") else None
    return build.order_events(_orders(session), returns)


def _order_facts(session: Session, as_of: date) -> Made:
    rows = session.engine.write(tables.ORDER_FACTS, build.order_facts(_events(session), as_of, session.config))
    return Made(rows)


def _customer_categories(session: Session, as_of: date) -> Made:
    clean = {
        name: session.engine.table(tables.clean(name)) if session.config.has(name) else None
        for name in ("order_items", "products")
    }
    table = customer_categories(_orders(session), clean["order_items"], clean["products"])
    return Made(session.engine.write(tables.CUSTOMER_CATEGORIES, table))


def _customer_features(session: Session, as_of: date) -> Made:
    engine, config = session.engine, session.config
    listed = config.has("customers")
    customers = engine.table(tables.clean("customers")) if listed else None
    inputs = Inputs(
        as_of=as_of,
        config=config,
        order_events=_events(session),
        order_facts=engine.table(tables.ORDER_FACTS),
        customer_categories=engine.table(tables.CUSTOMER_CATEGORIES) if CATEGORIES in families(config) else None,
        customers=customers,
        pii=engine.table(tables.PII_CUSTOMERS) if listed else None,
    )
    rows = engine.write(
        tables.CUSTOMER_FEATURES, build.customer_features(build.customer_base(_orders(session), customers), inputs)
    )
    features = engine.table(tables.CUSTOMER_FEATURES)
    totals = engine.rows(
        features.agg(
            buyers=(features.frequency > 0).sum(),
            orders=features.frequency.sum(),
            monetary=features.monetary.sum(),
            active=(features.frequency_90d > 0).sum(),
        )
    )[0]
    currency = config.pipeline.business.currency
    return Made(
        rows,
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
