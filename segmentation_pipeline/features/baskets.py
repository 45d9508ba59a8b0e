"""How much lies in a customer's basket, and what the shop earns with it."""

from __future__ import annotations

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_columns, needs_source

_NO_LINES = "no order whose lines are known"
_NO_COST = "no line whose cost is known"
_NEEDS_COST = ("order_items.product_id", "order_items.quantity", "products.unit_cost")


def _basket_features(config: Config) -> tuple[Feature, ...]:
    return (
        Feature(
            Column("lines_per_order", Type.NUMBER, "Lines per order whose lines are known.", "lines", _NO_LINES, minimum=0),
            ("order_items.line_number",),
        ),
        Feature(
            Column(
                "units_per_order",
                Type.NUMBER,
                "Units per order whose lines are known.",
                "units",
                "no line whose quantity is known",
                minimum=0,
            ),
            ("order_items.quantity",),
        ),
    )


def _build_baskets(inputs: Inputs) -> ir.Table:
    baskets = inputs.order_line_aggregates[tables.CUSTOMER_BASKETS]
    return baskets.select(
        "customer_id",
        lines_per_order=(baskets.line_count.cast("float64") / baskets.order_count).round(6),
        units_per_order=(baskets.unit_count / baskets.order_count).round(6),
    )


def _margin_features(config: Config) -> tuple[Feature, ...]:
    columns = (
        Column(
            "margin",
            Type.MONEY,
            "Paid for lines whose cost is known, less that cost; before returns.",
            "base currency",
            _NO_COST,
        ),
        Column(
            "margin_rate",
            Type.NUMBER,
            "Margin as a share of what was paid for these lines; below 0 where goods were sold under cost.",
            "share, at most 1",
            "no line whose cost is known, or nothing paid for them",
            maximum=1,
        ),
        Column(
            "cost_known_share",
            Type.NUMBER,
            "Share of what was paid for all lines that was paid for lines whose cost is known.",
            "share 0-1",
            "no line, or nothing paid for them",
            minimum=0,
            maximum=1,
        ),
    )
    return tuple(Feature(column, _NEEDS_COST) for column in columns)


def _build_margin(inputs: Inputs) -> ir.Table:
    baskets = inputs.order_line_aggregates[tables.CUSTOMER_BASKETS]
    margin = (baskets.revenue_with_cost - baskets.cost).cast(Type.MONEY.ibis)
    paid, known = baskets.revenue.cast("float64").nullif(0), baskets.revenue_with_cost.cast("float64")
    return baskets.select(
        "customer_id",
        margin=margin,
        margin_rate=(margin.cast("float64") / known.nullif(0)).round(6),
        cost_known_share=(known.fill_null(0.0) / paid).round(6),
    )


BASKET = Family(
    name="basket",
    description="Lines and units per order.",
    features=_basket_features,
    build=_build_baskets,
    order_line_aggregate=tables.CUSTOMER_BASKETS,
    off=needs_source("order_items"),
)
MARGIN = Family(
    name="margin",
    description="What remains of what was paid once the cost of the goods is taken off.",
    features=_margin_features,
    build=_build_margin,
    order_line_aggregate=tables.CUSTOMER_BASKETS,
    off=needs_columns(*_NEEDS_COST),
)
