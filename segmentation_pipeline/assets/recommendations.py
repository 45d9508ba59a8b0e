"""What a customer is likely to buy next: pairs of products, and a list for everybody by the day's champion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import ibis.expr.types as ir

from segmentation_pipeline.assets.pictures import bars
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.features.build import completed_orders, sold_lines
from segmentation_pipeline.features.calendar import NOWHERE, common_occasions, follows_customer, since
from segmentation_pipeline.identity.canonical import rows_by_customer, tables_by_customer
from segmentation_pipeline.models.next_product_scores import NEXT_PRODUCT, why_off
from segmentation_pipeline.models.registry import registered_on
from segmentation_pipeline.models.score_model import sizes_of
from segmentation_pipeline.recommendations.associations import product_associations
from segmentation_pipeline.recommendations.lists import customer_recommendations
from segmentation_pipeline.recommendations.purchases import purchases, sold_products
from segmentation_pipeline.recommendations.ranking import Blend
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    if why_off(config):
        return []
    products = [tables.clean("products")] if config.has("products") else []
    bought = [*tables_by_customer(config, "orders"), tables.clean("order_items"), *products]
    calendar = [tables.CALENDAR] if _occasions(config) else []
    return [
        Step(table=tables.PRODUCT_ASSOCIATIONS, compute=_associations, reads=[*bought, *calendar]),
        Step(
            table=tables.CUSTOMER_RECOMMENDATIONS,
            compute=_recommendations,
            reads=[tables.PRODUCT_ASSOCIATIONS, tables.MODEL_REGISTRY, *bought],
        ),
    ]


def _occasions(config: Config) -> list[str]:
    """Those whose windows are the same for all customers."""
    return [name for name, occasion in common_occasions(config).items() if not follows_customer(occasion)]


def _products(run: RunContext) -> ir.Table | None:
    return run.engine.table(tables.clean("products")) if run.config.has("products") else None


@contextmanager
def _bought(run: RunContext) -> Iterator[tuple[ir.Table, ir.Table]]:
    """Purchases up to the day, and the products that are sold on it."""
    engine, config = run.engine, run.config
    orders = completed_orders(rows_by_customer(engine, config, "orders"), config)
    lines = sold_lines(engine.table(tables.clean("order_items")))
    within_days = NEXT_PRODUCT.settings(config).sold_within_days
    with (
        engine.staged(purchases(orders, lines, run.as_of)) as bought,
        engine.staged(sold_products(bought, _products(run), run.as_of, within_days)) as sold,
    ):
        yield bought, sold


def _associations(run: RunContext) -> StepResult:
    engine, config = run.engine, run.config
    inside = {}
    if occasions := _occasions(config):
        calendar = engine.table(tables.CALENDAR)
        everywhere = calendar.filter(calendar.place == NOWHERE)
        inside = {name: everywhere.filter(everywhere[since(name)].notnull()).select("day") for name in occasions}
    settings, salt = NEXT_PRODUCT.settings(config), config.privacy.salt
    with (
        _bought(run) as (bought, sold),
        product_associations(engine, bought, sold, run.as_of, settings, salt, inside) as rows,
    ):
        engine.write(tables.PRODUCT_ASSOCIATIONS, rows)
    pairs = engine.table(tables.PRODUCT_ASSOCIATIONS)
    sizes = dict(sizes_of(engine, pairs, "kind"))
    return StepResult(engine.count(pairs), numbers={f"pairs {kind}": int(rows) for kind, rows in sizes.items()})


def _recommendations(run: RunContext) -> StepResult:
    engine, config = run.engine, run.config
    blend = Blend.from_parameters(registered_on(engine, run.as_of)(NEXT_PRODUCT.name))
    pairs, settings = engine.table(tables.PRODUCT_ASSOCIATIONS), NEXT_PRODUCT.settings(config)
    with _bought(run) as (bought, sold):
        rows = customer_recommendations(bought, pairs, sold, _products(run), run.as_of, settings, blend)
        written = engine.write(tables.CUSTOMER_RECOMMENDATIONS, rows)
    lists = engine.table(tables.CUSTOMER_RECOMMENDATIONS)
    first = lists.filter(lists["rank"] == 1)
    numbers: dict[str, int | float | str] = {"customers": engine.count(first)}
    sizes = sizes_of(engine, lists, "kind")
    return StepResult(written, numbers, picture=bars(sizes, "products on lists by kind") if sizes else None)
