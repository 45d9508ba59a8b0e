"""Does a customer wait for a discount: how many orders have one, and how deep it is."""

from __future__ import annotations

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_columns
from segmentation_pipeline.features.purchase import NO_ORDERS
from segmentation_pipeline.features.trailing import Inside

_NEEDS = ("orders.discount_amount",)


def _features(config: Config) -> tuple[Feature, ...]:
    columns = (
        Column(
            "discount_orders",
            Type.INTEGER,
            "Orders with a discount; one whose discount is not known counts as one without.",
            "orders",
            minimum=0,
        ),
        Column(
            "discount_order_share",
            Type.NUMBER,
            "Share of orders with a discount; the rest were bought at full price.",
            "share 0-1",
            NO_ORDERS,
            minimum=0,
            maximum=1,
        ),
        Column(
            "discount_depth",
            Type.NUMBER,
            "Discount on orders with one, as a share of their price before discount.",
            "share 0-1",
            "no order with a discount",
            minimum=0,
            maximum=1,
        ),
    )
    return tuple(Feature(column, _NEEDS) for column in columns)


def _order_sums(events: ir.Table, inside: Inside, config: Config) -> dict[str, ir.Value]:
    discounted = events.discount_amount > 0
    return {
        "discount_orders": events.count(where=discounted),
        "paid_with_discount": events.amount.sum(where=discounted),
        "discount_given": events.discount_amount.sum(where=discounted),
    }


def _build(inputs: Inputs) -> ir.Table:
    facts = inputs.order_facts
    given = facts.discount_given.cast("float64")
    return facts.select(
        "customer_id",
        "discount_orders",
        discount_order_share=(facts.discount_orders.cast("float64") / facts.frequency.nullif(0)).round(6),
        discount_depth=(given / (given + facts.paid_with_discount.cast("float64"))).round(6),
    )


DISCOUNTS = Family(
    name="discounts",
    description="Share of orders with a discount, and how deep it is.",
    features=_features,
    build=_build,
    order_sums=_order_sums,
    off=needs_columns(*_NEEDS),
)
