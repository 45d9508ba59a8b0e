"""What order lines say, summed up in small tables that are stored beside the pass over the orders.

Each table here is made from completed orders, their lines and the products, for all customers or
for the dirty ones; families that are built from one name it in ``Family.order_line_aggregate``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type

_EXACT_UNITS = "decimal(18, 3)"
"""Units as they are summed: a sum of floating numbers would depend on the order rows are met in."""

_CUSTOMER = Column("customer_id", Type.TEXT, "The customer.", is_key=True)

CUSTOMER_CATEGORY_COLUMNS = (
    _CUSTOMER,
    Column("category", Type.TEXT, "Product category; 'unknown' where neither product nor line names one."),
    Column("revenue", Type.MONEY, "Paid for goods of the category, after discounts, before returns.", "base currency"),
    Column("order_count", Type.INTEGER, "Orders with goods of the category.", "orders"),
)
CUSTOMER_BRAND_COLUMNS = (
    _CUSTOMER,
    Column("brand", Type.TEXT, "Brand of the product; lines of products without one are left out."),
    Column("revenue", Type.MONEY, "Paid for goods of the brand, after discounts, before returns.", "base currency"),
    Column("order_count", Type.INTEGER, "Orders with goods of the brand.", "orders"),
)
CUSTOMER_BASKET_COLUMNS = (
    _CUSTOMER,
    Column("order_count", Type.INTEGER, "Orders whose lines are known.", "orders"),
    Column("line_count", Type.INTEGER, "Lines of these orders.", "lines"),
    Column("unit_count", Type.NUMBER, "Units of these lines.", "units", "the quantity of no line is known"),
    Column("revenue", Type.MONEY, "Paid for these lines, before returns.", "base currency"),
    Column(
        "revenue_with_cost", Type.MONEY, "Paid for lines whose cost is known.", "base currency", "the cost of no line is known"
    ),
    Column("cost", Type.MONEY, "Cost of the goods of these lines.", "base currency", "the cost of no line is known"),
)


def customer_categories(orders: ir.Table, items: ir.Table | None, products: ir.Table | None) -> ir.Table:
    """One row per customer and category bought: ``revenue`` (paid, before returns) and ``order_count``.

    ``orders`` are completed orders.  What has no category is under ``unknown``, so revenue adds up to gross revenue of the
    lines.
    """
    lines = categorised_lines(orders, items, products)
    return _spent_per(lines.mutate(category=lines.category.fill_null("unknown")), "category")


def categorised_lines(orders: ir.Table, items: ir.Table | None, products: ir.Table | None) -> ir.Table:
    """The lines of ``orders`` with customer_id, order_id, amount and ``category``, null where nothing names one.

    Lines take the category of their product, else their own, else that of their order; without order items a line is an
    order.
    """
    if items is None:
        return orders.select("customer_id", "order_id", "category", "amount")
    lines = items.select("order_id", "product_id", own_category="category", amount="amount")
    lines = lines.join(orders.select("order_id", "customer_id", order_category="category"), "order_id")
    if products is None:
        return lines.mutate(category=ibis.coalesce(lines.own_category, lines.order_category))
    lines = lines.left_join(products.select("product_id", product_category="category"), "product_id")
    return lines.mutate(category=ibis.coalesce(lines.product_category, lines.own_category, lines.order_category))


def customer_brands(orders: ir.Table, items: ir.Table | None, products: ir.Table | None) -> ir.Table:
    """One row per customer and brand bought: ``revenue`` (paid, before returns) and ``order_count``."""
    assert items is not None and products is not None
    branded = products.filter(products.brand.notnull()).select("product_id", "brand")
    lines = items.select("order_id", "product_id", "amount").join(branded, "product_id")
    return _spent_per(lines.join(orders.select("order_id", "customer_id"), "order_id"), "brand")


def customer_baskets(orders: ir.Table, items: ir.Table | None, products: ir.Table | None) -> ir.Table:
    """One row per customer: how many orders, lines and units, what was paid for them and what they cost.

    The cost of a line is its quantity times the unit cost of its product, in whole cents; it is
    known when both are.
    """
    assert items is not None
    quantity = items.quantity.cast(_EXACT_UNITS)
    lines = items.select("order_id", "product_id", "amount", quantity=quantity)
    if products is None:
        lines = lines.mutate(cost=ibis.null(Type.MONEY.ibis))
    else:
        lines = lines.left_join(products.select("product_id", "unit_cost"), "product_id")
        lines = lines.mutate(cost=(lines.quantity * lines.unit_cost).cast(Type.MONEY.ibis))
    per_order = lines.group_by("order_id").agg(
        lines=lines.count(),
        units=lines.quantity.sum(),
        revenue=lines.amount.sum(),
        revenue_with_cost=lines.amount.sum(where=lines.cost.notnull()),
        cost=lines.cost.sum(),
    )
    baskets = per_order.join(orders.select("order_id", "customer_id"), "order_id")
    return baskets.group_by("customer_id").agg(
        order_count=baskets.count(),
        line_count=baskets.lines.sum().cast("int64"),
        unit_count=baskets.units.sum().cast("float64"),
        revenue=baskets.revenue.sum().cast(Type.MONEY.ibis),
        revenue_with_cost=baskets.revenue_with_cost.sum().cast(Type.MONEY.ibis),
        cost=baskets.cost.sum().cast(Type.MONEY.ibis),
    )


def ranked_by_revenue(spent: ir.Table, column: str) -> ir.Table:
    """``spent`` with ``rank``: 0 where a customer spends most; the first by name wins a tie."""
    order = ibis.window(group_by="customer_id", order_by=[spent.revenue.desc(), spent[column]])
    return spent.mutate(rank=ibis.row_number().over(order))


def _spent_per(lines: ir.Table, column: str) -> ir.Table:
    per_order = lines.group_by("customer_id", column, "order_id").agg(revenue=lines.amount.sum())
    return per_order.group_by("customer_id", column).agg(
        revenue=per_order.revenue.sum().cast(Type.MONEY.ibis), order_count=per_order.count()
    )


@dataclass(frozen=True, slots=True)
class OrderLineAggregate:
    """A stored table made from completed orders, their lines and the products (None: not configured)."""

    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    make: Callable[[ir.Table, ir.Table | None, ir.Table | None], ir.Table]
    published: bool = False


ORDER_LINE_AGGREGATES: dict[str, OrderLineAggregate] = {
    tables.CUSTOMER_CATEGORIES: OrderLineAggregate(
        "A customer and a product category bought: revenue and orders.",
        CUSTOMER_CATEGORY_COLUMNS,
        ("customer_id", "category"),
        customer_categories,
        published=True,
    ),
    tables.CUSTOMER_BRANDS: OrderLineAggregate(
        "Revenue and orders of a customer per brand.", CUSTOMER_BRAND_COLUMNS, ("customer_id", "brand"), customer_brands
    ),
    tables.CUSTOMER_BASKETS: OrderLineAggregate(
        "Orders, lines, units and cost of what a customer bought.", CUSTOMER_BASKET_COLUMNS, ("customer_id",), customer_baskets
    ),
}
"""By table name."""
