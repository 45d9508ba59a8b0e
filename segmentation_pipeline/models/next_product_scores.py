"""Next product as a model: its champion ranks the lists of the day, and customers have the first products as a text.

Belongs here: what the rest of the program asks.  Choice and judgement are in ``next_product.py``, imported where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.build import sold_lines
from segmentation_pipeline.features.family import needs_columns
from segmentation_pipeline.models.registry import ModelVersion, parameters_of
from segmentation_pipeline.models.score_model import Fitted, ScoreModel, Scoring, TrainingData
from segmentation_pipeline.recommendations.lists import recommended_products
from segmentation_pipeline.recommendations.purchases import purchases
from segmentation_pipeline.recommendations.settings import NextProductConfig

PICKS = Column(
    "recommended_products",
    Type.TEXT,
    "The first three products of customer_recommendations, by name where products have one.",
    null_means="bought nothing whose product is known",
)
why_off = needs_columns("order_items.product_id")
"""Why nothing is recommended in a configuration; None where it is."""


class NextProductScores(ScoreModel):
    name = "next_product"
    table = tables.NEXT_PRODUCT_SCORES
    description = "What is recommended to a customer, in a text."
    keys = NextProductConfig

    def columns(self, config: Config) -> tuple[Column, ...]:
        return () if why_off(config) else (PICKS,)

    def reads(self, config: Config) -> tuple[str, ...]:
        return ()

    def fitted_on(self, config: Config) -> tuple[str, ...]:
        return tuple(tables.clean(name) for name in ("order_items", "products") if config.has(name))

    def scored_with(self, config: Config) -> tuple[str, ...]:
        return (tables.CUSTOMER_RECOMMENDATIONS,)

    def unavailable(self, config: Config, off: Mapping[str, str]) -> dict[str, str]:
        reason = why_off(config)
        return {PICKS.name: reason} if reason else {}

    def fit(self, data: TrainingData) -> Fitted:
        settings, as_of = self.settings(data.config), data.training.as_of
        if kept := _kept(data, settings):
            return Fitted([ModelVersion.kept(kept, as_of)])
        from segmentation_pipeline.models.next_product import fit_next_product

        engine = data.engine
        products = engine.table(tables.clean("products")) if data.config.has("products") else None
        lines = sold_lines(engine.table(tables.clean("order_items")))
        with engine.staged(purchases(data.orders, lines, as_of)) as bought:
            made = fit_next_product(engine, bought, products, as_of, settings, data.config.privacy.salt)
        parameters = {**made.blend.to_parameters(), "settings": settings.model_dump(mode="json")}
        version = data.training.version
        return Fitted([version(self.name, made.kind, (), parameters, made.customers, made.metrics, made.note)])

    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        picks = recommended_products(scoring.engine.table(tables.CUSTOMER_RECOMMENDATIONS))
        picked = customers.left_join(picks, "customer_id")
        return picked.select(*customers.columns, PICKS.name)


def _kept(data: TrainingData, settings: NextProductConfig) -> Mapping[str, Any] | None:
    """The champion of the newest earlier day that was published, if it was judged with the same keys and not too long ago."""
    if data.registry is None:
        return None
    as_of = data.training.as_of
    earlier = data.registry.filter(data.registry.model == NEXT_PRODUCT.name, data.registry.as_of < as_of)
    row = _newest(data.engine, earlier)
    if row is None or parameters_of(row)["settings"] != settings.model_dump(mode="json"):
        return None
    is_young = cast("Any", row["trained_to"]) > as_of - timedelta(days=settings.refit_days)
    return row if is_young else None


def _newest(engine: Engine, versions: ir.Table) -> Mapping[str, Any] | None:
    rows = engine.rows(versions.filter(versions.is_champion).order_by(versions.as_of.desc()).limit(1))
    return rows[0] if rows else None


NEXT_PRODUCT = NextProductScores()
