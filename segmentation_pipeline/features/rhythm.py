"""How regularly a customer buys: the gaps between distinct order days, and where in the year they lie."""

from __future__ import annotations

import math
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since
from segmentation_pipeline.features.family import Family, Feature, Inputs

REGULAR_SPREAD = 0.5
"""Gaps are regular up to this coefficient of variation.  Gaps by pure chance have 1; 0.5 is that of gamma
distributed gaps of shape 4 (shape as the measure of regularity: Platzer and Reutterer 2016)."""
REGULAR_ORDER_DAYS = 7
"""So many order days at least: of six gaps by pure chance 6 % of customers have a spread that small, of four gaps 13 %."""
SEASONAL_CONCENTRATION = 0.85
"""Order days are seasonal from this mean resultant length (Mardia and Jupp 2000), a standard deviation of
33 days around the middle of the season."""
SEASONAL_ORDER_DAYS = 4
"""So many order days at least: of four at random in the year 5 % of customers have them that close, of three 13 %."""
SEASONAL_SPAN_DAYS = 300
"""First and last order day of a season that came back are that far apart."""
OVERDUE_ORDER_DAYS = 3
"""One gap says too little of the next."""

_ONE_DAY = "fewer than two order days"
_SCALE = 1_000_000
_ANGLES = tuple(2 * math.pi * day / 365.25 for day in range(1, 367))
COSINES = tuple(round(_SCALE * math.cos(angle)) for angle in _ANGLES)
SINES = tuple(round(_SCALE * math.sin(angle)) for angle in _ANGLES)
"""Where each day of the year lies on a circle, in whole millionths: a sum of doubles would depend on the order of rows."""


def _features(config: Config) -> tuple[Feature, ...]:
    columns = (
        Column("order_days", Type.INTEGER, "Distinct days with an order.", "days", minimum=0),
        Column("gap_mean_days", Type.NUMBER, "Mean gap between order days.", "days", _ONE_DAY, minimum=1),
        Column(
            "gap_std_days",
            Type.NUMBER,
            "Sample standard deviation of the gaps.",
            "days",
            "fewer than three order days",
            minimum=0,
        ),
        Column("last_gap_days", Type.INTEGER, "Gap before the latest order day.", "days", _ONE_DAY, minimum=1),
        Column(
            "season_concentration",
            Type.NUMBER,
            "How close order days lie within the year, whichever year: 1 is always the same day, 0 is all year round.",
            "mean resultant length 0-1",
            f"fewer than {SEASONAL_ORDER_DAYS} order days",
            minimum=0,
            maximum=1,
        ),
        Column(
            "rhythm_type",
            Type.TEXT,
            "How orders follow each other. one_time: one order day. "
            f"seasonal: at least {SEASONAL_ORDER_DAYS} order days at the same time of several years "
            f"(season_concentration of at least {SEASONAL_CONCENTRATION}, the last {SEASONAL_SPAN_DAYS} days after the first). "
            f"regular: at least {REGULAR_ORDER_DAYS} order days and a gap_std_days of at most {REGULAR_SPREAD} of gap_mean_days. "
            f"sporadic: at least {REGULAR_ORDER_DAYS} order days and neither.",
            null_means=f"no orders, or more than one and fewer than {REGULAR_ORDER_DAYS} order days and not seasonal",
            allowed=("one_time", "seasonal", "regular", "sporadic"),
        ),
        Column(
            "gaps_overdue",
            Type.NUMBER,
            "Days from the latest order to as_of, in mean gaps of the customer: above 1 the next order is later than usual.",
            "mean gaps",
            f"fewer than {OVERDUE_ORDER_DAYS} order days",
            minimum=0,
        ),
    )
    return tuple(Feature(column) for column in columns)


def _build(inputs: Inputs) -> ir.Table:
    orders = inputs.order_events.filter(inputs.order_events.is_order).select("customer_id", "event_date")
    previous = orders.event_date.lag().over(ibis.window(group_by="customer_id", order_by="event_date"))
    gaps = orders.mutate(gap=orders.event_date.delta(previous, unit="day").cast("int64"))
    later_day = gaps.gap > 0
    # The first order has no gap, and every further day one that is not 0: each order day counts once.
    new_day = gaps.gap.fill_null(1) > 0
    place = gaps.event_date.day_of_year() - 1
    per_customer = gaps.group_by("customer_id").agg(
        gap_count=gaps.count(where=later_day),
        gap_sum=gaps.gap.sum(),
        # Integer sums: a sum of doubles would depend on the order rows are met in.
        gap_squares=(gaps.gap * gaps.gap).sum(),
        # Days with a gap are distinct, so the latest one is unique.
        last_gap_days=gaps.gap.argmax(gaps.event_date, where=later_day),
        cosines=ibis.array(COSINES)[place].sum(where=new_day),
        sines=ibis.array(SINES)[place].sum(where=new_day),
    )
    n = per_customer.gap_count
    total = per_customer.gap_sum.cast("float64")
    variance = (per_customer.gap_squares.cast("float64") - total * total / n.nullif(0)) / (n - 1).nullif(0)
    cosines, sines = (per_customer[name].cast("float64") / _SCALE for name in ("cosines", "sines"))
    # At most 1 but for the rounding of the sums.
    concentration = ibis.least((cosines * cosines + sines * sines).sqrt() / (n + 1), 1.0)
    measured = per_customer.select(
        "customer_id",
        "last_gap_days",
        "gap_sum",
        order_days=n + 1,
        gap_mean_days=(total / n.nullif(0)).round(6),
        gap_std_days=ibis.ifelse(n > 1, ibis.greatest(variance, 0.0).sqrt().round(6), ibis.null("float64")),
        season_concentration=ibis.ifelse(n + 1 >= SEASONAL_ORDER_DAYS, concentration.round(6), ibis.null("float64")),
    )
    return measured.mutate(rhythm_type=_rhythm_type(measured)).drop("gap_sum")


def _rhythm_type(row: ir.Table) -> ir.StringValue:
    seasonal = (row.season_concentration >= SEASONAL_CONCENTRATION) & (row.gap_sum >= SEASONAL_SPAN_DAYS)
    enough = row.order_days >= REGULAR_ORDER_DAYS
    return ibis.cases(
        (row.order_days == 1, "one_time"),
        (seasonal, "seasonal"),
        (enough & (row.gap_std_days <= REGULAR_SPREAD * row.gap_mean_days), "regular"),
        (enough, "sporadic"),
        else_=ibis.null("string"),
    )


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    # By whole days: the mean gap of the row is rounded.
    gaps = (row.order_days - 1).cast("float64")
    span = row.last_order_date.delta(row.first_order_date, unit="day").cast("float64")
    overdue = (days_since(row.last_order_date, as_of) * gaps / span.nullif(0)).round(6)
    return {"gaps_overdue": ibis.ifelse(row.order_days >= OVERDUE_ORDER_DAYS, overdue, ibis.null("float64"))}


RHYTHM = Family(
    name="rhythm",
    description="Gaps between a customer's order days, whether they are regular or seasonal, and how overdue the next order is.",
    features=_features,
    build=_build,
    as_of_columns=_as_of_columns,
)
