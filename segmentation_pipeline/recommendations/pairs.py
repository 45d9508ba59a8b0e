"""Pairs of products, counted: in how many orders together, by how many persons one after the other.

Pairs grow with the square of what a basket holds, so they are bounded: the first products of a basket, the last of a
customer, only products that enough orders or persons have to be associated at all, and a sample of orders or persons where
pairs would still be too many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.hash_sampling import in_sample
from segmentation_pipeline.recommendations.settings import NextProductConfig


@dataclass(frozen=True, slots=True)
class Pairs:
    """``counts``: product_id, other_id, support.  ``singles``: product_id and ``base``, in how many orders it is or how many
    persons could have bought something after it.  ``total``: one row, ``total``: the sum orders or bases come to."""

    counts: ir.Table
    singles: ir.Table
    total: ir.Table


def pairs_together(engine: Engine, bought: ir.Table, settings: NextProductConfig, salt: str) -> Pairs:
    """Pairs that enough orders have, in both directions; ``support`` and ``base`` are orders, ``total`` all of them.

    Of an order the dearest ``most_products`` count.
    """
    dearest = ibis.window(group_by="order_id", order_by=[bought.amount.desc(), bought.product_id])
    placed = bought.mutate(place=ibis.row_number().over(dearest))
    baskets = placed.filter(placed.place < settings.most_products).select("order_id", "product_id")
    every = _frequent(baskets, "product_id", settings)
    sizes = every.group_by("order_id").agg(products=every.count())
    chosen = _drawn(engine, "order_id", sizes.products * (sizes.products - 1) // 2, settings, salt)
    baskets, total = every.filter(chosen), baskets.filter(chosen)
    others = baskets.view().select("order_id", other_id="product_id")
    both = baskets.join(others, "order_id")
    both = both.filter(both.product_id < both.other_id)
    counts = both.group_by("product_id", "other_id").agg(support=both.count())
    counts = counts.filter(counts.support >= settings.min_support)
    mirrored = counts.select(product_id="other_id", other_id="product_id", support="support")
    return Pairs(
        counts.union(mirrored),
        baskets.group_by("product_id").agg(base=baskets.count()),
        total.agg(total=total.order_id.nunique()),
    )


def pairs_after(engine: Engine, bought: ir.Table, as_of: date, settings: NextProductConfig, salt: str) -> Pairs:
    """Pairs of which a person bought ``other_id`` on a later day, within ``after_days`` of the purchase of ``product_id``.

    That purchase is the person's latest of it whose ``after_days`` are over, so that everybody had the same time; the
    ``most_products`` latest ones of a person count.  ``support`` and ``base`` are persons, ``total`` the sum of all bases.
    """
    days = bought.group_by("customer_id", "product_id", "day").agg()
    over = days.filter(days.day <= as_of - timedelta(days=settings.after_days))
    firsts = over.group_by("customer_id", "product_id").agg(since=over.day.max())
    latest = ibis.window(group_by="customer_id", order_by=[firsts.since.desc(), firsts.product_id])
    firsts = firsts.mutate(place=ibis.row_number().over(latest))
    firsts = firsts.filter(firsts.place < settings.most_products).drop("place")
    firsts = _frequent(firsts, "product_id", settings)
    persons = days.group_by("customer_id", "product_id").agg(days=days.count())
    others = _frequent(persons, "product_id", settings)
    met = others.group_by("customer_id").agg(products=others.days.sum() * settings.most_products)
    chosen = _drawn(engine, "customer_id", met.products, settings, salt)
    firsts = firsts.filter(chosen)
    later = days.semi_join(others, "product_id").select("customer_id", "day", other_id="product_id")
    followed = firsts.join(later, "customer_id")
    waited = followed.day.delta(followed.since, unit="day")
    followed = followed.filter(followed.product_id != followed.other_id, waited >= 1, waited <= settings.after_days)
    once = followed.group_by("customer_id", "product_id", "other_id").agg()
    counts = once.group_by("product_id", "other_id").agg(support=once.count())
    singles = firsts.group_by("product_id").agg(base=firsts.count())
    return Pairs(counts, singles, singles.agg(total=singles.base.sum()))


def _frequent(rows: ir.Table, product: str, settings: NextProductConfig) -> ir.Table:
    """The rows of products that have ``min_support`` rows: others cannot be in a pair with that support."""
    counted = rows.group_by(product).agg(rows=rows.count())
    return rows.semi_join(counted.filter(counted.rows >= settings.min_support), product)


def _drawn(
    engine: Engine, key: str, pairs: ir.IntegerColumn, settings: NextProductConfig, salt: str
) -> Callable[[ir.Table], ir.BooleanValue]:
    """Whether rows are of a ``key`` that is drawn by hash, of so many that ``pairs`` are at most about ``most_pairs``."""
    [made] = engine.rows(pairs.sum().name("pairs").as_table())
    share = settings.most_pairs / max(int(made["pairs"] or 0), 1)
    return lambda rows: in_sample(rows[key], salt, share)
