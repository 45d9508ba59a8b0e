"""How much of the revenue the best customers bring: the Lorenz curve from its upper end, and its Gini coefficient."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.measurement.measurement import Inputs, Measurement
from segmentation_pipeline.measurement.ratios import share

TOP_PERCENTS = (1, 5, *range(10, 101, 10))
PERIODS = {"365d": ("frequency_365d", "monetary_365d"), "lifetime": ("frequency", "monetary")}
"""The columns of ``customer_profile`` with the orders and the net revenue of a period."""
_WIDE = "decimal(38, 2)"
_NOTHING = "nobody brought more than they got back"

REVENUE_CONCENTRATION_COLUMNS = (
    AS_OF,
    Column("period", Type.TEXT, "The last 365 days, as_of included, or all that is known.", allowed=tuple(PERIODS)),
    Column(
        "top_percent",
        Type.INTEGER,
        "The share of customers looked at, those with the most net revenue first; 100 is all with an order or a net revenue "
        "other than 0 in the period.",
        "percent",
        minimum=1,
        maximum=100,
    ),
    Column(
        "customers",
        Type.INTEGER,
        "Customers who are so many percent, rounded up to a whole customer. Of equals it makes no difference who is counted.",
        "customers",
        minimum=1,
    ),
    Column(
        "customer_share",
        Type.NUMBER,
        "customers / all customers of the period: in a small shop well above top_percent, as one customer is the least.",
        "share 0-1",
        minimum=0,
        maximum=1,
    ),
    Column(
        "revenue",
        Type.MONEY,
        "Net revenue these customers brought in the period (monetary or monetary_365d of customer_profile); below 0 counts as 0.",
        "base currency",
        minimum=0,
    ),
    Column("revenue_share", Type.NUMBER, "revenue / revenue of all customers.", "share 0-1", _NOTHING, minimum=0, maximum=1),
    Column(
        "negative_revenue",
        Type.MONEY,
        "What counts as 0 in revenue: net revenue of all customers who got back more in the period than they paid. With the "
        "revenue of 100 percent it is the net revenue of the period.",
        "base currency",
        maximum=0,
    ),
    Column(
        "gini",
        Type.NUMBER,
        "Gini coefficient of the period: 2 * sum(i * revenue) / (n * sum(revenue)) - (n + 1) / n over n customers, i from 1 for "
        "the least. 0: all bring the same; (n - 1) / n: one brings all.",
        "0-1",
        _NOTHING,
        minimum=0,
        maximum=1,
    ),
)


def revenue_concentration(inputs: Inputs) -> ir.Table:
    """A row per period and percent of ``TOP_PERCENTS``; none of a period in which nobody ordered or got money back."""
    profile = inputs.table(tables.CUSTOMER_PROFILE)
    found = ibis.union(*(_of_period(profile, period, *columns) for period, columns in PERIODS.items()))
    values = {name: found[name] for name in found.columns} | {"as_of": ibis.literal(inputs.as_of)}
    return found.select(**{column.name: values[column.name].cast(column.type.ibis) for column in REVENUE_CONCENTRATION_COLUMNS})


def _of_period(profile: ir.Table, period: str, orders: str, net_revenue: str) -> ir.Table:
    net = profile[net_revenue]
    there = profile.filter((profile[orders] > 0) | (net != 0)).select("customer_id", net=net)
    value = ibis.greatest(there.net, ibis.literal(0).cast(Type.MONEY.ibis)).cast(_WIDE)
    best_first = ibis.window(order_by=[there.net.desc(), there.customer_id])
    ranked = there.mutate(value=value, place=ibis.row_number().over(best_first) + 1, everyone=there.count().over(ibis.window()))
    # In the top p percent, rounded up, is whoever has fewer than p percent of all before them.
    before = (ranked.place - 1) * 100
    point = ibis.cases(*((before < ranked.everyone * percent, percent) for percent in TOP_PERCENTS))
    grouped = ranked.group_by(point=point.cast("int64")).agg(
        customers=ranked.count(),
        value=ranked.value.sum(),
        below=ranked.net.cast(_WIDE).sum(where=ranked.net < 0).fill_null(0),
        weighted=(ranked.value * (ranked.everyone - ranked.place + 1)).sum(),
    )
    # In a small shop one customer is several of the points: each of them has a row.
    points = grouped.mutate(top_percent=ibis.array([*TOP_PERCENTS]).unnest())
    within = points.point <= points.top_percent
    curve = points.group_by("top_percent").agg(
        customers=points.customers.sum(where=within),
        revenue=points.value.sum(where=within),
        n=points.customers.sum().cast("float64"),
        total=points.value.sum().cast("float64").nullif(0.0),
        negative_revenue=points.below.sum(),
        weighted=points.weighted.sum().cast("float64"),
    )
    gini = 2 * curve.weighted / (curve.n * curve.total) - (curve.n + 1) / curve.n
    return curve.select(
        "top_percent",
        "customers",
        "revenue",
        "negative_revenue",
        period=ibis.literal(period),
        customer_share=share(curve.customers, curve.n),
        revenue_share=share(curve.revenue, curve.total),
        gini=ibis.ifelse(gini < 0, 0.0, gini.round(6)),  # of equals rounding may leave less than 0
    )


def _reads(config: Config) -> tuple[str, ...]:
    return (tables.CUSTOMER_PROFILE,)


REVENUE_CONCENTRATION = Measurement(
    TableContract(
        "measurement.revenue_concentration",
        "A share of the customers, the best first, in a period: the share of revenue they bring.",
        REVENUE_CONCENTRATION_COLUMNS,
        key=("period", "top_percent"),
        published=True,
        checked=True,
        owner="team:analytics",
    ),
    _reads,
    revenue_concentration,
)
