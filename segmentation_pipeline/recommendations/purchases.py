"""Who bought which product when, and which products are sold."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Type


def purchases(orders: ir.Table, lines: ir.Table, as_of: date) -> ir.Table:
    """One row per order and product that a known customer bought up to ``as_of``.

    ``orders`` are completed orders, ``lines`` those that were sold.  Columns: customer_id, order_id, day (of the order in the
    business time zone), product_id, amount (paid, base currency) and the ``category`` its lines name, null where none does.
    """
    known = orders.filter(orders.customer_id.notnull(), orders.event_date <= as_of)
    named = lines.filter(lines.product_id.notnull()).select("order_id", "product_id", "amount", "category")
    bought = named.join(known.select("order_id", "customer_id", day="event_date"), "order_id")
    return bought.group_by("customer_id", "order_id", "day", "product_id").agg(
        amount=bought.amount.sum().cast(Type.MONEY.ibis), category=bought.category.min()
    )


def sold_products(bought: ir.Table, products: ir.Table | None, as_of: date, within_days: int) -> ir.Table:
    """One row per product that is sold: bought by somebody in the last ``within_days`` and, where there is a catalogue, in it.

    Columns: product_id, name, category and price (null = not known), buyers (persons in these days) and ``favourite``, its
    place among all by buyers, from 0; the first by id wins a tie.
    """
    recent = bought.filter(bought.day <= as_of, bought.day > as_of - timedelta(days=within_days))
    sold = recent.group_by("product_id").agg(buyers=recent.customer_id.nunique(), of_lines=recent.category.min())
    if products is None:
        listed = sold.mutate(name=ibis.null("string"), category=sold.of_lines, price=ibis.null(Type.MONEY.ibis))
    else:
        listed = sold.join(products.select("product_id", "name", "price", of_product="category"), "product_id")
        listed = listed.mutate(category=ibis.coalesce(listed.of_product, listed.of_lines))
    place = ibis.row_number().over(ibis.window(order_by=[listed.buyers.desc(), listed.product_id]))
    return listed.select("product_id", "name", "category", "price", "buyers", favourite=place)


def price_ladder(sold: ir.Table) -> ir.Table:
    """By product the next dearer one of its category: product_id, dearer_id.

    Of several at the next price it is the one with most buyers, and the first by id among those.
    """
    priced = sold.filter(sold.price.notnull(), sold.category.notnull())
    by_buyers = ibis.window(group_by=["category", "price"], order_by=[priced.buyers.desc(), priced.product_id])
    first = priced.mutate(place=ibis.row_number().over(by_buyers))
    steps = first.filter(first.place == 0).select("category", "price", step_id="product_id")
    upwards = ibis.window(group_by="category", order_by=steps.price)
    steps = steps.select(step_category="category", step_price="price", dearer_id=steps.step_id.lead().over(upwards))
    rungs = priced.join(steps, [priced.category == steps.step_category, priced.price == steps.step_price])
    return rungs.filter(rungs.dearer_id.notnull()).select("product_id", "dearer_id")
