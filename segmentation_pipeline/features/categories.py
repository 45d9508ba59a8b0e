"""What a customer buys: net-of-discount revenue per category, from items or from the orders."""

from __future__ import annotations

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs, is_mapped, slug
from segmentation_pipeline.features.order_line_aggregates import ranked_by_revenue


def _features(config: Config) -> tuple[Feature, ...]:
    shares = tuple(
        Feature(
            Column(
                f"category_share_{slug(category)}",
                Type.NUMBER,
                f"Share of gross revenue spent on {category}.",
                "share 0-1",
                "nothing bought",
                minimum=0,
                maximum=1,
            )
        )
        for category in config.pipeline.features.categories
    )
    return (
        Feature(
            Column(
                "top_category",
                Type.TEXT,
                "Category with the highest revenue; the first by name wins a tie.",
                null_means="nothing bought",
            )
        ),
        Feature(Column("category_count", Type.INTEGER, "Categories bought from.", "categories", minimum=0)),
        *shares,
    )


def _build(inputs: Inputs) -> ir.Table:
    ranked = ranked_by_revenue(inputs.order_line_aggregates[tables.CUSTOMER_CATEGORIES], "category")
    total = ranked.revenue.sum().cast("float64").nullif(0)

    def spent_on(category: str) -> ir.Value:
        return ranked.revenue.sum(where=ranked.category.lower() == category.lower()).fill_null(0).cast("float64")

    return ranked.group_by("customer_id").agg(
        top_category=ranked.category.max(where=ranked["rank"] == 0),
        category_count=ranked.count().cast("int64"),
        **{
            f"category_share_{slug(category)}": (spent_on(category) / total).round(6)
            for category in inputs.config.pipeline.features.categories
        },
    )


def _off(config: Config) -> str | None:
    if is_mapped(config, "orders.category") or is_mapped(config, "order_items.category"):
        return None
    if config.has("order_items") and is_mapped(config, "products.category") and is_mapped(config, "order_items.product_id"):
        return None
    return "needs source 'order_items' with source 'products' (or a 'category' column in order_items or orders)"


CATEGORIES = Family(
    name="categories",
    description="Revenue share per product category.",
    features=_features,
    build=_build,
    order_line_aggregate=tables.CUSTOMER_CATEGORIES,
    off=_off,
)
