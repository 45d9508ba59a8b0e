"""What a customer buys: net-of-discount revenue per category, from items or from the orders."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs, is_mapped, slug


def customer_categories(orders: ir.Table, items: ir.Table | None, products: ir.Table | None) -> ir.Table:
    """One row per customer and category bought: ``revenue`` (paid, before returns) and ``order_count``.

    ``orders`` are completed orders.  Lines take the category of their product, else their own,
    else that of their order; without order items the order's category counts.  What has no
    category is under ``unknown``, so revenue adds up to gross revenue of the lines.
    """
    if items is None:
        lines = orders.select("customer_id", "order_id", "category", "amount")
    else:
        lines = items.select("order_id", "product_id", own_category="category", amount="amount")
        lines = lines.join(orders.select("order_id", "customer_id", order_category="category"), "order_id")
        if products is None:
            lines = lines.mutate(category=ibis.coalesce(lines.own_category, lines.order_category))
        else:
            lines = lines.left_join(products.select("product_id", product_category="category"), "product_id")
            lines = lines.mutate(category=ibis.coalesce(lines.product_category, lines.own_category, lines.order_category))
    lines = lines.mutate(category=lines.category.fill_null("unknown"))
    per_order = lines.group_by("customer_id", "category", "order_id").agg(revenue=lines.amount.sum())
    return per_order.group_by("customer_id", "category").agg(
        revenue=per_order.revenue.sum().cast(Type.MONEY.ibis), order_count=per_order.count()
    )


CUSTOMER_CATEGORY_COLUMNS = (
    Column("customer_id", Type.TEXT, "The customer.", is_key=True),
    Column("category", Type.TEXT, "Product category; 'unknown' where neither product nor line names one."),
    Column("revenue", Type.MONEY, "Paid for goods of the category, after discounts, before returns.", "base currency"),
    Column("order_count", Type.INTEGER, "Orders with goods of the category.", "orders"),
)


def _features(config: Config) -> tuple[Feature, ...]:
    shares = tuple(
        Feature(
            Column(
                f"category_share_{slug(category)}",
                Type.NUMBER,
                f"Share of gross revenue spent on {category}.",
                "share 0-1",
                "nothing bought",
                minimum=0,
                maximum=1,
            )
        )
        for category in config.pipeline.features.categories
    )
    return (
        Feature(
            Column(
                "top_category",
                Type.TEXT,
                "Category with the highest revenue; the first by name wins a tie.",
                null_means="nothing bought",
            )
        ),
        Feature(Column("category_count", Type.INTEGER, "Categories bought from.", "categories", minimum=0)),
        *shares,
    )


def _build(inputs: Inputs) -> ir.Table:
    spent = inputs.customer_categories
    assert spent is not None
    rank = ibis.row_number().over(ibis.window(group_by="customer_id", order_by=[spent.revenue.desc(), spent.category]))
    ranked = spent.mutate(rank=rank)
    total = ranked.revenue.sum().cast("float64").nullif(0)

    def spent_on(category: str) -> ir.Value:
        return ranked.revenue.sum(where=ranked.category.lower() == category.lower()).fill_null(0).cast("float64")

    return ranked.group_by("customer_id").agg(
        top_category=ranked.category.max(where=ranked["rank"] == 0),
        category_count=ranked.count().cast("int64"),
        **{
            f"category_share_{slug(category)}": (spent_on(category) / total).round(6)
            for category in inputs.config.pipeline.features.categories
        },
    )


def _off(config: Config) -> str | None:
    if is_mapped(config, "orders.category") or is_mapped(config, "order_items.category"):
        return None
    if config.has("order_items") and is_mapped(config, "products.category") and is_mapped(config, "order_items.product_id"):
        return None
    return "needs source 'order_items' with source 'products' (or a 'category' column in order_items or orders)"


CATEGORIES = Family(
    name="categories",
    description="Revenue share per product category.",
    features=_features,
    build=_build,
    off=_off,
)
