"""Orders made of order lines, for shops whose export has no orders."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.values.standardise import SEVERAL


def orders_from_items(items: ir.Table) -> ir.Table:
    """One order per ``order_id`` of accepted order lines: amounts summed, the rest from its lines.

    Lines that came back are its ``returned_amount``; cancelled ones count for nothing.  An order without a line that was
    sold is ``returned`` or ``cancelled``.  An order whose lines name two customers has none here, and is rejected as
    missing one.
    """
    one_customer = items.customer_id.min() == items.customer_id.max()
    status = items.status.fill_null("completed")
    sold, returned = status == "completed", status == "returned"
    # File and row of one line: taken apart, two orders could come to bear the same pair.
    items = items.mutate(origin=ibis.struct({"file": items._file, "row": items._row}))
    orders = items.group_by("order_id").agg(
        **{SEVERAL: items.customer_id.nunique() > 1},
        customer_id=ibis.ifelse(one_customer, items.customer_id.min(), ibis.null("string")),
        ordered_at=items.ordered_at.min(),
        amount=items.amount.sum(where=sold).fill_null(0).cast(Type.MONEY.ibis),
        discount_amount=items.discount_amount.sum(where=sold).cast(Type.MONEY.ibis),
        channel=items.channel.min(),
        store_id=items.store_id.min(),
        category=ibis.null("string"),
        status=ibis.cases((sold.any(), "completed"), (returned.any(), "returned"), else_="cancelled").nullif("completed"),
        returned_amount=items.amount.sum(where=returned).cast(Type.MONEY.ibis),
        cancels=items.cancels.min(),
        currency=ibis.null("string"),
        exchange_rate=ibis.null("float64"),
        updated_at=items.updated_at.max(),
        origin=items.origin.min(),
    )
    return orders.mutate(_file=orders.origin["file"], _row=orders.origin["row"]).drop("origin")
