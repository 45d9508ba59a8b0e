"""What families share: days, sums, the most frequent and the latest value."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir


def days_since(day: ir.Value, as_of: date) -> ir.Value:
    """Days from ``day`` to ``as_of``."""
    return ibis.literal(as_of).delta(day, unit="day").cast("int64")


def total(column: ir.Value, where: ir.BooleanValue) -> ir.Value:
    """The sum of whole numbers, 0 where there are none."""
    return column.sum(where=where).fill_null(0).cast("int64")


def joined(rows: ir.Table, *others: ir.Table) -> ir.Table:
    """``rows`` with the columns of tables that have one row per customer, or none."""
    for other in others:
        rows = rows.left_join(other, "customer_id").drop("customer_id_right")
    return rows


def most_frequent(events: ir.Table, column: str) -> ir.Table:
    """customer_id and the value of ``column`` most of the customer's events have; the first by name wins a tie."""
    known = events.filter(events[column].notnull())
    counted = known.group_by("customer_id", column).agg(events=known.count())
    order = ibis.window(group_by="customer_id", order_by=[counted.events.desc(), counted[column]])
    ranked = counted.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("customer_id", column)


def latest(events: ir.Table, time: str, column: str, key: str) -> ir.Table:
    """customer_id and the value of ``column`` the customer's latest event by ``time`` has; ``key`` decides between equals."""
    order = ibis.window(group_by="customer_id", order_by=[events[time].desc(), events[key].desc()])
    ranked = events.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("customer_id", column)
