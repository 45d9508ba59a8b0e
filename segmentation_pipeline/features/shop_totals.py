"""The shop's orders and revenue, those that belong to nobody included."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.shop_tables import CUSTOMERS, NOBODY, SHOP_TOTALS_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.build import completed_orders, order_events, refunds_of_orders
from segmentation_pipeline.values.states import ANONYMOUS, CLEAN


def write_shop_totals(engine: Engine, config: Config, as_of: date) -> list[dict[str, object]]:
    """Replace the day's two rows of ``shop_totals``, of customers and of nobody; the rows.

    Orders are counted as customers' features count them, but of everybody, also of customers who are in no segment.
    """
    both = [_total(engine, config, as_of, CUSTOMERS, CLEAN), _total(engine, config, as_of, NOBODY, ANONYMOUS)]
    with engine.staged(ibis.union(*both)) as rows:
        engine.replace_slice(tables.SHOP_TOTALS, rows, {"as_of": as_of})
        return engine.rows(rows.order_by("belongs_to"))


def _total(engine: Engine, config: Config, as_of: date, belongs_to: str, state: int) -> ir.Table:
    orders = _of(engine, "orders", state)
    returns = _of(engine, "returns", state) if config.has("returns") else None
    events = order_events(completed_orders(orders, config), returns, refunds_of_orders(orders, config))
    summed = events.agg(
        orders=events.is_order.sum().fill_null(0),
        gross_revenue=events.amount.sum().fill_null(0),
        returned_amount=events.returned.sum().fill_null(0),
    )
    values = {
        "as_of": ibis.literal(as_of),
        "belongs_to": ibis.literal(belongs_to),
        "orders": summed.orders,
        "gross_revenue": summed.gross_revenue,
        "returned_amount": summed.returned_amount,
        "net_revenue": (summed.gross_revenue - summed.returned_amount).cast(Type.MONEY.ibis),
    }
    return summed.select(**{column.name: values[column.name].cast(column.type.ibis) for column in SHOP_TOTALS_COLUMNS})


def _of(engine: Engine, source: str, state: int) -> ir.Table:
    judged = engine.table(tables.validated(source))
    return judged.filter(judged._state == state)
