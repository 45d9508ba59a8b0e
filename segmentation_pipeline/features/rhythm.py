"""How regularly a customer buys: the gaps between distinct order days."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs

_ONE_DAY = "fewer than two order days"


def _features(config: Config) -> tuple[Feature, ...]:
    return (
        Feature(Column("order_days", Type.INTEGER, "Distinct days with an order.", "days", minimum=0)),
        Feature(Column("gap_mean_days", Type.NUMBER, "Mean gap between order days.", "days", _ONE_DAY, minimum=1)),
        Feature(
            Column(
                "gap_std_days",
                Type.NUMBER,
                "Sample standard deviation of the gaps.",
                "days",
                "fewer than three order days",
                minimum=0,
            )
        ),
        Feature(Column("last_gap_days", Type.INTEGER, "Gap before the latest order day.", "days", _ONE_DAY, minimum=1)),
    )


def _build(inputs: Inputs) -> ir.Table:
    orders = inputs.order_events.filter(inputs.order_events.is_order).select("customer_id", "event_date")
    previous = orders.event_date.lag().over(ibis.window(group_by="customer_id", order_by="event_date"))
    gaps = orders.mutate(gap=orders.event_date.delta(previous, unit="day").cast("int64"))
    later_day = gaps.gap > 0
    per_customer = gaps.group_by("customer_id").agg(
        gap_count=gaps.count(where=later_day),
        gap_sum=gaps.gap.sum(),
        # Integer sums: a sum of doubles would depend on the order rows are met in.
        gap_squares=(gaps.gap * gaps.gap).sum(),
        # Days with a gap are distinct, so the latest one is unique.
        last_gap_days=gaps.gap.argmax(gaps.event_date, where=later_day),
    )
    n = per_customer.gap_count
    total = per_customer.gap_sum.cast("float64")
    variance = (per_customer.gap_squares.cast("float64") - total * total / n.nullif(0)) / (n - 1).nullif(0)
    return per_customer.select(
        "customer_id",
        order_days=n + 1,
        gap_mean_days=(total / n.nullif(0)).round(6),
        gap_std_days=ibis.ifelse(n > 1, ibis.greatest(variance, 0.0).sqrt().round(6), ibis.null("float64")),
        last_gap_days=per_customer.last_gap_days,
    )


RHYTHM = Family(
    name="rhythm",
    description="Gaps between a customer's order days: mean, spread and the latest one.",
    features=_features,
    build=_build,
)
