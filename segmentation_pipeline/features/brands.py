"""Which brand a customer keeps to: revenue per brand of the products bought."""

from __future__ import annotations

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_columns
from segmentation_pipeline.features.order_line_aggregates import ranked_by_revenue

_NONE = "nothing of a known brand bought"
_NEEDS = ("order_items.product_id", "products.brand")


def _features(config: Config) -> tuple[Feature, ...]:
    columns = (
        Column("top_brand", Type.TEXT, "Brand with the highest revenue; the first by name wins a tie.", null_means=_NONE),
        Column(
            "top_brand_share",
            Type.NUMBER,
            "Share of gross revenue with known brands spent on the top brand.",
            "share 0-1",
            f"{_NONE}, or nothing paid for it",
            minimum=0,
            maximum=1,
        ),
        Column("brand_count", Type.INTEGER, "Brands bought.", "brands", minimum=0),
    )
    return tuple(Feature(column, _NEEDS) for column in columns)


def _build(inputs: Inputs) -> ir.Table:
    ranked = ranked_by_revenue(inputs.order_line_aggregates[tables.CUSTOMER_BRANDS], "brand")
    first = ranked["rank"] == 0
    total = ranked.revenue.sum().cast("float64").nullif(0)
    return ranked.group_by("customer_id").agg(
        top_brand=ranked.brand.max(where=first),
        top_brand_share=(ranked.revenue.max(where=first).cast("float64") / total).round(6),
        brand_count=ranked.count().cast("int64"),
    )


BRANDS = Family(
    name="brands",
    description="The brand most is spent on, and how much of the spending it gets.",
    features=_features,
    build=_build,
    order_line_aggregate=tables.CUSTOMER_BRANDS,
    off=needs_columns(*_NEEDS),
)
