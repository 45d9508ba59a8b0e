"""The products that may be on a customer's list, each with what speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.recommendations.purchases import price_ladder
from segmentation_pipeline.recommendations.settings import NextProductConfig

HalfLife = int | None
"""After so many days an order day counts half; None: all count alike."""

RHYTHM_DAYS = 4
"""Days with a product from which the mean gap between them is taken for a rhythm: three gaps."""
_SEEDS, _LINKS = 10, 10
"""So many of a customer's latest products recommend others, and each so many: a hundred candidates at most."""
_PARTS = 1_000_000
"""Weights are summed in whole millionths: a sum of doubles would depend on the order of rows."""


def habit(half_life: HalfLife) -> str:
    """The column with the share of a customer's order days that a product is in."""
    return "habit" if half_life is None else f"habit_{half_life}"


def candidates(
    bought: ir.Table,
    associations: ir.Table,
    sold: ir.Table,
    as_of: date,
    settings: NextProductConfig,
    half_lives: Sequence[HalfLife],
) -> ir.Table:
    """One row per customer in ``bought`` and sold product: own ones, associated ones, the next dearer, favourites of all.

    ``days`` with it, ``last`` of them (null: never bought), ``is_due`` (by its own rhythm it comes within ``horizon_days``),
    a ``habit`` per half-life, ``evidence`` (the mean over the customer's latest products of the share of their buyers who buy
    this one), ``because`` (the strongest of those products), ``step_from`` (the product it is the next dearer of), and
    of the product name, category and favourite.
    """
    own = _own(bought, sold, as_of, settings, half_lives)
    listed = own.filter(own.is_listed).drop("is_listed")
    bare = {name: ibis.null(listed[name].type()) for name in listed.columns}
    found = [listed.mutate(evidence=ibis.null("float64"), because=ibis.null("string"), step_from=ibis.null("string"))]

    def more(rows: ir.Table, **columns: ir.Value) -> None:
        new = rows.anti_join(own, ["customer_id", "product_id"])
        given = {name: new[name] for name in new.columns}
        found.append(new.select(**{name: given.get(name, bare.get(name, ibis.null(t))) for name, t in shape.items()}))

    shape = found[0].schema()
    more(_associated(own, associations))
    more(_steps(own, sold))
    more(_favourites(bought, sold, settings))
    every = ibis.union(*found)
    values = [name for name in every.columns if name not in ("customer_id", "product_id")]
    one = every.group_by("customer_id", "product_id").agg(**{name: every[name].max() for name in values})
    return one.join(sold.select("product_id", "name", "category", "favourite"), "product_id")


def _own(bought: ir.Table, sold: ir.Table, as_of: date, settings: NextProductConfig, half_lives: Sequence[HalfLife]) -> ir.Table:
    """Every product a customer bought; ``is_listed`` of those sold that are among the latest, the most frequent or the
    favourites of all."""
    today = ibis.literal(as_of)
    days = bought.group_by("customer_id", "product_id", "day").agg()
    days = days.mutate(**{_weight(each): _weights(today.delta(days.day, unit="day"), each) for each in half_lives})
    own = days.group_by("customer_id", "product_id").agg(
        days=days.count(), first=days.day.min(), last=days.day.max(), **{_weight(h): days[_weight(h)].sum() for h in half_lives}
    )
    order_days = bought.group_by("customer_id", "day").agg()
    ages = today.delta(order_days.day, unit="day")
    order_days = order_days.mutate(**{_weight(each): _weights(ages, each) for each in half_lives})
    every = order_days.group_by("customer_id").agg(**{f"all_{_weight(h)}": order_days[_weight(h)].sum() for h in half_lives})
    own = own.join(every, "customer_id")
    # The next day by rhythm is last + (last - first) / (days - 1).
    ahead = today.delta(own.last, unit="day") + settings.horizon_days
    spread = own.last.delta(own["first"], unit="day")
    is_due = (own.days < RHYTHM_DAYS) | (spread <= ahead * (own.days - 1))
    latest = ibis.window(group_by="customer_id", order_by=[own.last.desc(), own.product_id])
    frequent = ibis.window(group_by="customer_id", order_by=[own.days.desc(), own.last.desc(), own.product_id])
    known = sold.select(sold_id="product_id", place="favourite")
    own = own.mutate(is_due=is_due, recency=ibis.row_number().over(latest), frequency=ibis.row_number().over(frequent))
    own = own.left_join(known, own.product_id == known.sold_id)
    among = (own.recency < settings.most_products) | (own.frequency < settings.most_products) | (own.place < settings.list_size)
    return own.select(
        "customer_id",
        "product_id",
        "days",
        "last",
        "is_due",
        "recency",
        **{habit(each): own[_weight(each)].cast("float64") / own[f"all_{_weight(each)}"] for each in half_lives},
        is_listed=own.sold_id.notnull() & among,
    )


def _weight(half_life: HalfLife) -> str:
    return f"weight_{half_life or 'even'}"


def _weights(age: ir.IntegerValue, half_life: HalfLife) -> ir.IntegerValue:
    """How much an order day of so many days ago counts, in millionths, and at least one."""
    if half_life is None:
        return ibis.literal(1, "int64")
    counted = (ibis.literal(0.5) ** (age / ibis.literal(float(half_life))) * _PARTS).round().cast("int64")
    return ibis.greatest(counted, ibis.literal(1, "int64"))


def _associated(own: ir.Table, associations: ir.Table) -> ir.Table:
    """What others buy with or after the latest products of a customer."""
    seeds = own.filter(own.recency < _SEEDS).select("customer_id", seed_id="product_id")
    number = seeds.group_by("customer_id").agg(seeds=seeds.count())
    general = associations.filter(associations.occasion == "any")
    best = general.group_by("product_id", "other_id").agg(parts=(general.confidence.max() * _PARTS).round().cast("int64"))
    strongest = ibis.window(group_by="product_id", order_by=[best.parts.desc(), best.other_id])
    best = best.mutate(place=ibis.row_number().over(strongest))
    links = best.filter(best.place < _LINKS).select("other_id", "parts", seed="product_id")
    linked = seeds.join(links, seeds.seed_id == links.seed).join(number, "customer_id")
    first = ibis.window(group_by=["customer_id", "other_id"], order_by=[linked.parts.desc(), linked.seed_id])
    of_all = ibis.window(group_by=["customer_id", "other_id"])
    linked = linked.mutate(place=ibis.row_number().over(first), sum_of_parts=linked.parts.sum().over(of_all))
    linked = linked.filter(linked.place == 0)
    return linked.select(
        "customer_id",
        product_id="other_id",
        evidence=linked.sum_of_parts.cast("float64") / (linked.seeds * _PARTS),
        because="seed_id",
    )


def _steps(own: ir.Table, sold: ir.Table) -> ir.Table:
    """The next dearer of each of a customer's latest products; of several that lead to one the latest."""
    ladder = price_ladder(sold)
    steps = own.filter(own.recency < _SEEDS).join(ladder, "product_id")
    latest = ibis.window(group_by=["customer_id", "dearer_id"], order_by=steps.recency)
    steps = steps.mutate(place=ibis.row_number().over(latest))
    return steps.filter(steps.place == 0).select("customer_id", product_id="dearer_id", step_from="product_id")


def _favourites(bought: ir.Table, sold: ir.Table, settings: NextProductConfig) -> ir.Table:
    """What most persons buy, for everybody."""
    first = sold.filter(sold.favourite < settings.list_size).select("product_id")
    return bought.select("customer_id").distinct().cross_join(first)
