"""What a segment does for the shop on a day: its people, sales, loyalty and value, to be followed over days.

Left out as nothing makes it honest: what it costs to win a customer (contacts are of customers already known, so no cost
belongs to a first order).
"""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.contactable import CHANNELS
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.history.labels import by_name
from segmentation_pipeline.identity.canonical import table_by_customer
from segmentation_pipeline.measurement.measurement import Inputs, Measurement
from segmentation_pipeline.measurement.ratios import money_per, share
from segmentation_pipeline.measurement.segment_kpi_columns import RETENTION_DAYS, SALES_DAYS, SEGMENT_KPIS_COLUMNS

_KEY = ("segmentation", "segment")
_OF_DAY = ("orders_1d", "gross_revenue_1d")
_NAMES = {column.name for column in SEGMENT_KPIS_COLUMNS}
_MONEY, _NUMBER = Type.MONEY.ibis, Type.NUMBER.ibis


def segment_kpis(inputs: Inputs) -> ir.Table:
    """The day's rows: a segment with members, or with some on the observed day before."""
    sums, moved = _sums(inputs), _moved(inputs)
    segments = ibis.union(sums.select(*_KEY), moved.select(*_KEY), distinct=True)
    rows: ir.Table = segments
    for number, (table, key) in enumerate(((sums, _KEY), (moved, _KEY), (_observed_before(inputs), _KEY[:1]))):
        keyed = table.rename({f"{name}_{number}": name for name in key})
        rows = rows.left_join(keyed, [segments[name] == keyed[f"{name}_{number}"] for name in key])
    compared = rows.previous_as_of.notnull()
    values = {name: rows[name] for name in rows.columns if name in _NAMES} | {
        "as_of": ibis.literal(inputs.as_of),
        "customers": rows.customers.fill_null(0),
        **{name: compared.ifelse(rows[name].fill_null(0), ibis.null("int64")) for name in ("entered", "left")},
        **{name: rows[name].fill_null(0) for name in _OF_DAY},
        "orders": rows.orders.fill_null(0),
        "net_revenue": rows.net_revenue.fill_null(0),
        "average_order_value": money_per(rows.gross_revenue, rows.orders),
        "repeat_rate": share(rows.repeat_buyers, rows.buyers),
        "avg_clv": money_per(rows.clv, rows.with_clv),
        "margin": rows.paid_with_cost - rows.cost,
        "margin_rate": share(rows.paid_with_cost - rows.cost, rows.paid_with_cost),
        "clv_to_marketing_cost": share(share(rows.clv, rows.with_clv) * rows.buyers.cast("float64"), rows.marketing_cost_365d),
        "cost_to_serve_365d": rows.support_requests_365d.cast(_MONEY) * _cost_of_request(inputs.config),
        **{f"consent_coverage_{channel}": share(rows[channel], rows.customers) for channel in CHANNELS},
        "nps_answers": rows.nps_answers.fill_null(0) if _is_asked(inputs) else rows.nps_answers,
        "web_conversion_90d": share(rows.visits_with_order, rows.visits),
        "net_promoter_score": (
            100 * (rows.promoters - rows.detractors).cast("float64") / rows.nps_answers.nullif(0).cast("float64")
        ).round(2),
    }
    for days_back in SALES_DAYS:
        names = (f"orders_{days_back}d", f"net_revenue_{days_back}d")
        values |= {name: rows[name].fill_null(0) for name in names}
    for days_back in RETENTION_DAYS:
        before = rows[f"active_before_{days_back}d"].fill_null(0)
        retained = share(rows[f"retained_{days_back}d"], before)
        values |= {f"active_before_{days_back}d": before, f"retention_{days_back}d": retained}
        values[f"churn_{days_back}d"] = (1 - retained).round(6)
    return rows.select(**{column.name: values[column.name].cast(column.type.ibis) for column in SEGMENT_KPIS_COLUMNS})


def _sums(inputs: Inputs) -> ir.Table:
    """A row per segment with members: what is summed and counted over them, in one pass."""
    people = _people(inputs)
    members = inputs.table(tables.MEMBERSHIPS).select("customer_id", *_KEY).inner_join(people, "customer_id")
    sums = {
        "customers": members.count(),
        "orders": members.frequency.sum(),
        "net_revenue": members.monetary.sum(),
        "gross_revenue": members.gross_revenue.sum(),
        "buyers": members.count(where=members.frequency > 0),
        "repeat_buyers": members.count(where=members.frequency > 1),
        "clv": members.clv.sum(),
        "with_clv": members.clv.count(),
        "paid_with_cost": members.revenue_with_cost.sum(),
        "cost": members.cost.sum(),
        "marketing_cost_365d": members.marketing_cost_365d.sum(),
        "support_requests_365d": members.tickets_365d.sum(),
        **{name: members[name].sum() for name in _OF_DAY},
        **{channel: members[channel].cast("int64").sum() for channel in CHANNELS},
        "visits": members.web_sessions_90d.sum(),
        "visits_with_order": members.web_order_sessions_90d.sum(),
    }
    # Null, not 0, where nobody is asked.
    for name, counted in (
        ("nps_answers", members.nps.notnull()),
        ("promoters", members.nps >= 9),
        ("detractors", members.nps <= 6),
    ):
        sums[name] = members.count(where=counted) if _is_asked(inputs) else ibis.null("int64")
    for days in SALES_DAYS:
        sums |= {
            f"orders_{days}d": members[f"frequency_{days}d"].sum(),
            f"net_revenue_{days}d": members[f"monetary_{days}d"].sum(),
        }
    for days in RETENTION_DAYS:
        before = members[f"before_{days}d"]
        sums[f"active_before_{days}d"] = members.count(where=before)
        sums[f"retained_{days}d"] = members.count(where=before & (members[f"frequency_{days}d"] > 0))
    return members.group_by(*_KEY).agg(**sums)


def _people(inputs: Inputs) -> ir.Table:
    """A row per person: the columns of the profile that are summed, null where the configuration has none; and earlier orders."""
    profile = inputs.table(tables.CUSTOMER_PROFILE)
    always = [
        "frequency",
        "monetary",
        "gross_revenue",
        *(f"{n}_{days}d" for n in ("frequency", "monetary") for days in SALES_DAYS),
    ]
    optional = {
        "clv": _MONEY,
        "marketing_cost_365d": _MONEY,
        "tickets_365d": Type.INTEGER.ibis,
        "web_sessions_90d": Type.INTEGER.ibis,
        "web_order_sessions_90d": Type.INTEGER.ibis,
        "nps": _NUMBER,
    }
    there = {name: profile[name] if name in profile.columns else ibis.null(kind) for name, kind in optional.items()}
    people = profile.select("customer_id", *always, **there)
    if _has_costs(inputs.config):
        baskets = inputs.table(tables.CUSTOMER_BASKETS).select("customer_id", "revenue_with_cost", "cost")
        people = people.left_join(baskets, "customer_id").drop("customer_id_right")
    else:
        people = people.mutate(revenue_with_cost=ibis.null(_MONEY), cost=ibis.null(_MONEY))
    for facts in (_earlier_orders(inputs), inputs.table(tables.CONTACTABLE_CUSTOMERS)):
        people = people.left_join(facts, "customer_id").drop("customer_id_right")
    return people


def _earlier_orders(inputs: Inputs) -> ir.Table:
    """customer_id and, for every window of retention, whether there was an order in the window before it; and the orders of
    the day."""
    as_of, config = inputs.as_of, inputs.config
    orders = completed_orders(inputs.table(table_by_customer(config, "orders")), config)  # who is excluded is in no profile
    some = orders.filter(orders.event_date > _days_before(as_of, 2 * max(RETENTION_DAYS)))
    return some.group_by("customer_id").agg(
        **{
            f"before_{days}d": (
                (some.event_date > _days_before(as_of, 2 * days)) & (some.event_date <= _days_before(as_of, days))
            ).any()
            for days in RETENTION_DAYS
        },
        orders_1d=some.count(where=some.event_date == as_of),
        gross_revenue_1d=some.amount.sum(where=some.event_date == as_of),
    )


def _moved(inputs: Inputs) -> ir.Table:
    """Of every configured segment somebody entered or left on the day: how many.

    Changes of the day are those since the observed day before, by keys that outlive a renaming.
    """
    changes = inputs.table(tables.MEMBERSHIP_CHANGES)
    segmentations = inputs.config.segmentations
    today = by_name(changes.filter(changes.as_of == inputs.as_of), segmentations)
    today = today.filter(today.segmentation.isin(list(segmentations)))
    return today.group_by(*_KEY).agg(entered=today.count(where=today.entered), left=today.count(where=~today.entered))


def _observed_before(inputs: Inputs) -> ir.Table:
    """segmentation and ``previous_as_of``, the last day before on which it was observed; none without one."""
    days = inputs.table(tables.OBSERVED_DAYS)
    earlier = by_name(days.filter(days.as_of < inputs.as_of), inputs.config.segmentations)
    return earlier.group_by("segmentation").agg(previous_as_of=earlier.as_of.max())


def _days_before(as_of: date, days: int) -> ir.DateScalar:
    return ibis.literal(as_of - timedelta(days=days))


def _cost_of_request(config: Config) -> ir.DecimalValue:
    cost = config.pipeline.costs.support_request
    return ibis.null("decimal(18, 6)") if cost is None else ibis.literal(cost, "decimal(18, 6)")


def _is_asked(inputs: Inputs) -> bool:
    return "nps" in feature_columns(inputs.config)


def _has_costs(config: Config) -> bool:
    return "margin" in feature_columns(config)


def _reads(config: Config) -> tuple[str, ...]:
    of_segments = (tables.MEMBERSHIPS, tables.MEMBERSHIP_CHANGES, tables.OBSERVED_DAYS)
    costs = (tables.CUSTOMER_BASKETS,) if _has_costs(config) else ()
    return (tables.CUSTOMER_PROFILE, tables.CONTACTABLE_CUSTOMERS, *of_segments, table_by_customer(config, "orders"), *costs)


SEGMENT_KPIS = Measurement(
    TableContract(
        "measurement.segment_kpis",
        "A segment on a day: members, who entered and left, sales, loyalty, value.",
        SEGMENT_KPIS_COLUMNS,
        key=("as_of", "segmentation", "segment"),
        published=True,
        accumulates=True,
        checked=True,
        owner="team:analytics",
    ),
    _reads,
    segment_kpis,
)
