"""The shop's orders and revenue, those that belong to nobody included."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.features.build import completed_orders, order_events, refunds_of_orders
from segmentation_pipeline.identity.canonical import table_by_customer
from segmentation_pipeline.measurement.measurement import Inputs, Measurement
from segmentation_pipeline.values.states import ANONYMOUS, CLEAN

CUSTOMERS, NOBODY = "customers", "nobody"

SHOP_TOTALS_COLUMNS = (
    AS_OF,
    Column(
        "belongs_to",
        Type.TEXT,
        "customers, or nobody: orders without a customer, or of one who stands for nobody. Both together are the shop's.",
        allowed=(CUSTOMERS, NOBODY),
    ),
    Column("orders", Type.INTEGER, "Completed orders up to as_of.", "orders", minimum=0),
    Column("gross_revenue", Type.MONEY, "Paid for them, before returns.", "base currency"),
    Column("returned_amount", Type.MONEY, "Paid back up to as_of.", "base currency"),
    Column("net_revenue", Type.MONEY, "Gross revenue less what was paid back.", "base currency"),
)


def shop_totals(inputs: Inputs) -> ir.Table:
    """The day's two rows, of customers and of nobody.

    Orders are counted as customers' features count them, but of everybody, also of customers who are in no segment.
    """
    return ibis.union(_total(inputs, CUSTOMERS, CLEAN), _total(inputs, NOBODY, ANONYMOUS))


def _total(inputs: Inputs, belongs_to: str, state: int) -> ir.Table:
    config = inputs.config
    # Of customers under the id of the person: an order may cancel one of another account of theirs.
    orders = inputs.table(table_by_customer(config, "orders")) if state == CLEAN else _of(inputs, "orders", state)
    returns = _of(inputs, "returns", state) if config.has("returns") else None
    events = order_events(completed_orders(orders, config), returns, refunds_of_orders(orders, config))
    summed = events.agg(
        orders=events.is_order.sum().fill_null(0),
        gross_revenue=events.amount.sum().fill_null(0),
        returned_amount=events.returned.sum().fill_null(0),
    )
    values = {
        "as_of": ibis.literal(inputs.as_of),
        "belongs_to": ibis.literal(belongs_to),
        "orders": summed.orders,
        "gross_revenue": summed.gross_revenue,
        "returned_amount": summed.returned_amount,
        "net_revenue": (summed.gross_revenue - summed.returned_amount).cast(Type.MONEY.ibis),
    }
    return summed.select(**{column.name: values[column.name].cast(column.type.ibis) for column in SHOP_TOTALS_COLUMNS})


def _of(inputs: Inputs, source: str, state: int) -> ir.Table:
    validated = inputs.table(tables.validated(source))
    return validated.filter(validated._state == state)


def _reads(config: Config) -> tuple[str, ...]:
    validated = (tables.validated(name) for name in ("orders", "returns") if config.has(name))
    return (table_by_customer(config, "orders"), *validated)


SHOP_TOTALS = Measurement(
    TableContract(
        tables.SHOP_TOTALS,
        "The shop's orders and revenue up to a day, of customers and of nobody.",
        SHOP_TOTALS_COLUMNS,
        key=("as_of", "belongs_to"),
        published=True,
        accumulates=True,
    ),
    _reads,
    shop_totals,
)
