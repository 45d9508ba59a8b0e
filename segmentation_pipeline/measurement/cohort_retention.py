"""Customers by the month of their first order: how many come back, and what they bring, month by month."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.measurement.customer_orders import event_tables, persons_order_events
from segmentation_pipeline.measurement.measurement import Inputs, Measurement
from segmentation_pipeline.measurement.months import month_of
from segmentation_pipeline.measurement.ratios import share

_SOURCE = "Of completed orders and returns, by their business day."

COHORT_RETENTION_COLUMNS = (
    AS_OF,
    Column("cohort_month", Type.DAY, "First day of the month of the customers' first completed order (business day).", "day"),
    Column("months_since", Type.INTEGER, "Calendar months after cohort_month: 0 is that month itself.", "months", minimum=0),
    Column("month", Type.DAY, "First day of the month the figures are of: cohort_month and months_since more.", "day"),
    Column("month_is_over", Type.BOOLEAN, "Whether as_of is the last day of the month or later; else figures are so far."),
    Column("customers", Type.INTEGER, "Persons of the cohort, each in one cohort only.", "customers", minimum=1),
    Column("active_customers", Type.INTEGER, "Those of them with a completed order in the month.", "customers", minimum=0),
    Column("orders", Type.INTEGER, f"Completed orders of the cohort in the month. {_SOURCE}", "orders", minimum=0),
    Column(
        "net_revenue",
        Type.MONEY,
        "Paid for these orders less what was paid back in the month; what was paid back before cohort_month counts there. "
        f"{_SOURCE}",
        "base currency",
    ),
    Column(
        "retention",
        Type.NUMBER,
        "active_customers / customers.",
        "share 0-1",
        "the month is not over at as_of: a share of part of a month is not comparable",
        minimum=0,
        maximum=1,
    ),
)


def cohort_retention(inputs: Inputs) -> ir.Table:
    """A row per cohort and month from its first to that of ``as_of``, also where nobody of it ordered.

    Sums over all rows are those of ``customer_profile`` over all with an order: orders, and net revenue.
    """
    events = persons_order_events(inputs)
    monthly = events.group_by("customer_id", month=month_of(events.event_date)).agg(
        orders=events.is_order.cast("int64").sum(), net_revenue=(events.amount - events.returned).sum()
    )
    of_customer = ibis.window(group_by="customer_id")
    first = ibis.ifelse(monthly.orders > 0, monthly.month, ibis.null("int64")).min().over(of_customer)
    placed = monthly.mutate(cohort=first)
    placed = placed.filter(placed.cohort.notnull())  # who only got money back has no first order
    figures = placed.group_by("cohort", months_since=ibis.greatest(placed.month - placed.cohort, 0).cast("int64")).agg(
        active=(placed.orders > 0).cast("int64").sum(), orders=placed.orders.sum(), net_revenue=placed.net_revenue.sum()
    )
    rows = _every_month(figures, inputs.as_of).left_join(figures, ["cohort", "months_since"])
    month, active = rows.cohort + rows.months_since, rows.active.fill_null(0)
    is_over = month < month_of(ibis.literal(inputs.as_of + timedelta(days=1)))
    values = {
        "as_of": ibis.literal(inputs.as_of),
        "cohort_month": _first_day(rows.cohort),
        "months_since": rows.months_since,
        "month": _first_day(month),
        "month_is_over": is_over,
        "customers": rows.customers,
        "active_customers": active,
        "orders": rows.orders.fill_null(0),
        "net_revenue": rows.net_revenue.fill_null(0),
        "retention": is_over.ifelse(share(active, rows.customers), ibis.null("float64")),
    }
    return rows.select(**{column.name: values[column.name].cast(column.type.ibis) for column in COHORT_RETENTION_COLUMNS})


def _every_month(figures: ir.Table, as_of: date) -> ir.Table:
    """``cohort``, its ``customers``, who were all active in its first month, and every ``months_since`` up to now."""
    cohorts = figures.filter(figures.months_since == 0).select("cohort", customers="active")
    since = ibis.range(0, month_of(ibis.literal(as_of)) + 1 - cohorts.cohort).unnest()
    return cohorts.mutate(months_since=since.cast("int64"))


def _first_day(index: ir.IntegerValue) -> ir.DateValue:
    month = index % 12
    return ibis.date(((index - month) / 12).cast("int32"), (month + 1).cast("int32"), 1)


COHORT_RETENTION = Measurement(
    TableContract(
        "measurement.cohort_retention",
        "A cohort, which is all whose first completed order lies in one month, in a month since: who ordered, what they brought.",
        COHORT_RETENTION_COLUMNS,
        key=("cohort_month", "months_since"),
        published=True,
        checked=True,
        owner="team:analytics",
    ),
    event_tables,
    cohort_retention,
)
