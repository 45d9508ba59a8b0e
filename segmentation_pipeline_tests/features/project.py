"""Features of a few inline files, built over clean tables as a run does it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features import build
from segmentation_pipeline.features.catalog import families
from segmentation_pipeline.features.categories import CATEGORIES, customer_categories
from segmentation_pipeline.features.family import Inputs
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all

Features = dict[str, dict[str, object]]


def features(engine: DuckDBEngine, config: Config, as_of: date = AS_OF) -> Features:
    """The feature row of each customer, from the clean tables in the engine."""
    clean = {
        name: engine.table(tables.clean(name)) if config.has(name) else None
        for name in ("orders", "returns", "order_items", "products", "customers")
    }
    assert clean["orders"] is not None
    orders = build.completed_orders(clean["orders"])
    events = build.order_events(orders, clean["returns"])
    engine.write(tables.ORDER_FACTS, build.order_facts(events, as_of, config))
    with_categories = CATEGORIES in families(config)
    inputs = Inputs(
        as_of=as_of,
        config=config,
        order_events=events,
        order_facts=engine.table(tables.ORDER_FACTS),
        customer_categories=customer_categories(orders, clean["order_items"], clean["products"]) if with_categories else None,
        customers=clean["customers"],
        pii=engine.table(tables.PII_CUSTOMERS) if config.has("customers") else None,
    )
    engine.write(tables.CUSTOMER_FEATURES, build.customer_features(build.customer_base(orders, clean["customers"]), inputs))
    found = engine.rows(engine.table(tables.CUSTOMER_FEATURES))
    assert len({row["customer_id"] for row in found}) == len(found), "one row per customer"
    return {str(row.pop("customer_id")): row for row in found}


def features_of_files(engine: DuckDBEngine, folder: Path, config: Config, as_of: date = AS_OF) -> Features:
    clean_all(engine, folder, config, as_of)
    return features(engine, config, as_of)
