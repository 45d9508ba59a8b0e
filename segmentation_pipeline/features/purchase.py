"""Recency, frequency, monetary value and what follows from them directly."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since
from segmentation_pipeline.features.family import Family, Feature, Inputs
from segmentation_pipeline.features.trailing import Inside

NO_ORDERS = "no orders yet"


def _features(config: Config) -> tuple[Feature, ...]:
    return (
        Feature(Column("first_order_date", Type.DAY, "Day of the first order.", "day", NO_ORDERS)),
        Feature(Column("last_order_date", Type.DAY, "Day of the latest order.", "day", NO_ORDERS)),
        Feature(Column("recency_days", Type.INTEGER, "Days from the latest order to as_of.", "days", NO_ORDERS, minimum=0)),
        Feature(
            Column("tenure_days", Type.INTEGER, "Days from the first order to as_of.", "days", NO_ORDERS, minimum=0),
            is_behaviour=False,
        ),
        Feature(Column("frequency", Type.INTEGER, "Number of completed orders.", "orders", minimum=0)),
        Feature(Column("gross_revenue", Type.MONEY, "Paid for completed orders, before returns.", "base currency", minimum=0)),
        Feature(Column("monetary", Type.MONEY, "Net revenue: paid for completed orders less returns.", "base currency")),
        Feature(Column("average_order_value", Type.MONEY, "Gross revenue per order.", "base currency", NO_ORDERS, minimum=0)),
        Feature(
            Column(
                "discount_share",
                Type.NUMBER,
                "Discount as a share of the price before discount.",
                "share 0-1",
                "no orders yet, or nothing paid and nothing discounted",
                minimum=0,
                maximum=1,
            ),
            needs=("orders.discount_amount",),
        ),
    )


def _order_sums(events: ir.Table, inside: Inside, config: Config) -> dict[str, ir.Value]:
    return {
        "first_order_date": events.event_date.min(where=events.is_order),
        "last_order_date": events.event_date.max(where=events.is_order),
        "frequency": events.count(where=events.is_order),
        "gross_revenue": events.amount.sum(),
        "returned_amount": events.returned.sum(),
        "discount_amount": events.discount_amount.sum(),
    }


def _build(inputs: Inputs) -> ir.Table:
    facts = inputs.order_facts
    paid = facts.gross_revenue.cast("float64")
    discount = facts.discount_amount.fill_null(0).cast("float64")
    return facts.select(
        "customer_id",
        "first_order_date",
        "last_order_date",
        frequency=facts.frequency,
        gross_revenue=facts.gross_revenue.cast(Type.MONEY.ibis),
        monetary=(facts.gross_revenue - facts.returned_amount).cast(Type.MONEY.ibis),
        average_order_value=(paid / facts.frequency.nullif(0)).round(2).cast(Type.MONEY.ibis),
        discount_share=(discount / (paid + discount).nullif(0)).round(6),
    )


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    return {
        "recency_days": days_since(row.last_order_date, as_of),
        "tenure_days": days_since(row.first_order_date, as_of),
    }


PURCHASE = Family(
    name="purchase",
    description="Recency, frequency and monetary value of a customer, with tenure, order value and discount share.",
    features=_features,
    build=_build,
    order_sums=_order_sums,
    as_of_columns=_as_of_columns,
)
