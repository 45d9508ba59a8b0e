"""What the first records of a project come to: the totals somebody can hold against those of the shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.values.states import ANONYMOUS, CLEAN

ROWS = 10


@dataclass(frozen=True, slots=True)
class Preview:
    """Completed orders of customers and what they brought, those of nobody, what was paid back with the order; and a few
    rows as they are read, without who ordered."""

    orders: int
    customers: int
    revenue: object
    returned: object
    guest_orders: int
    guest_revenue: object
    first_day: object
    last_day: object
    rows: Sequence[Mapping[str, object]]


def preview(engine: Engine) -> Preview:
    """Of the orders in ``engine``, which were cleaned."""
    judged = engine.table(tables.validated("orders"))
    done = judged.filter(judged.status.fill_null("completed") != "cancelled")
    of_customers, of_nobody = done.filter(done._state == CLEAN), done.filter(done._state == ANONYMOUS)
    [own] = engine.rows(
        of_customers.agg(
            orders=(of_customers.status.fill_null("completed") == "completed").sum(),
            customers=of_customers.customer_id.nunique(),
            revenue=of_customers.amount.sum(),
            returned=of_customers.returned_amount.sum(),
            first=of_customers.event_date.min(),
            last=of_customers.event_date.max(),
        )
    )
    [nobody] = engine.rows(of_nobody.agg(orders=of_nobody.count(), revenue=of_nobody.amount.sum()))
    shown = judged.filter(judged._state.isin([CLEAN, ANONYMOUS])).order_by("ordered_at", "order_id").limit(ROWS)
    return Preview(
        orders=int(own["orders"] or 0),
        customers=int(own["customers"]),
        revenue=own["revenue"] or 0,
        returned=own["returned"] or 0,
        guest_orders=int(nobody["orders"]),
        guest_revenue=nobody["revenue"] or 0,
        first_day=own["first"],
        last_day=own["last"],
        rows=engine.rows(shown.select("order_id", "ordered_at", "amount", "status", "returned_amount")),
    )
