"""How much of what a customer buys comes back."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs, refunds_told
from segmentation_pipeline.features.trailing import Inside


def _features(config: Config) -> tuple[Feature, ...]:
    needs = ("returns.amount",) if config.has("returns") else ()
    return (
        Feature(
            Column("return_count", Type.INTEGER, "Number of returns for which money was paid back.", "returns", minimum=0), needs
        ),
        Feature(Column("returned_amount", Type.MONEY, "Amount refunded.", "base currency", minimum=0), needs),
        Feature(
            Column(
                "return_rate",
                Type.NUMBER,
                "Refunded share of gross revenue, at most 1.",
                "share 0-1",
                "nothing bought",
                minimum=0,
                maximum=1,
            ),
            needs,
        ),
    )


def _order_sums(events: ir.Table, inside: Inside, config: Config) -> dict[str, ir.Value]:
    return {"return_count": events.count(where=~events.is_order & (events.returned > 0))}


def _build(inputs: Inputs) -> ir.Table:
    facts = inputs.order_facts
    rate = facts.returned_amount.cast("float64") / facts.gross_revenue.cast("float64").nullif(0)
    return facts.select(
        "customer_id",
        return_count=facts.return_count,
        returned_amount=facts.returned_amount.cast(Type.MONEY.ibis),
        # Refunds may include postage and so exceed what was paid for the goods.  Not by the smaller
        # of the two: that would be 1 where nothing was paid.
        return_rate=ibis.ifelse(rate > 1, 1.0, rate).round(6),
    )


RETURNS = Family(
    name="returns",
    description="Number, amount and rate of returns.",
    features=_features,
    build=_build,
    order_sums=_order_sums,
    off=lambda config: None if config.has("returns") or refunds_told(config) else "source 'returns' is not configured",
)
