"""How strongly products are associated, and whether one goes with the other or stands in for it.

Support, confidence and lift are those of association rules (Agrawal, Imielinski and Swami 1993; lift: Brin et al. 1997).
Of pairs together the rule speaks of orders; of pairs after each other of persons and each product they bought.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.recommendation_tables import ANY_OCCASION, PRODUCT_ASSOCIATIONS_COLUMNS, Relation
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.recommendations.pairs import Pairs, pairs_after, pairs_together
from segmentation_pipeline.recommendations.settings import NextProductConfig

ONE_WAY = 3
"""An accessory is bought after the main product by at least so many times as many persons as before it."""
RARELY = 2
"""Of substitutes at least so many times as many persons went from one to the other, either way, as orders have both; where
fewer than ``min_support`` have, one fewer than that counts."""


@contextmanager
def product_associations(
    engine: Engine,
    bought: ir.Table,
    sold: ir.Table,
    as_of: date,
    settings: NextProductConfig,
    salt: str,
    in_occasions: Mapping[str, ir.Table] | None = None,
) -> Iterator[ir.Table]:
    """``product_associations`` of the day, inside the block: a pair with enough support, the strongest of each product.

    ``bought`` are purchases up to ``as_of`` and ``sold`` the products that are sold; the first product of a pair need not be.
    ``in_occasions`` has by occasion the ``day``s inside its windows: orders of these days are counted once more by
    themselves.
    """
    with ExitStack() as held:
        together = held.enter_context(engine.staged(_measured(pairs_together(engine, bought, settings, salt))))
        after = held.enter_context(engine.staged(_measured_after(pairs_after(engine, bought, as_of, settings, salt))))
        related = _relations(together, after, sold, settings.min_support)
        kinds = [_kind("together", together), _kind("after", after)]
        for name, days in (in_occasions or {}).items():
            inside = bought.semi_join(days, "day")
            kinds.append(_kind("together", _measured(pairs_together(engine, inside, settings, salt)), name))
        rows = ibis.union(*kinds)
        rows = rows.filter(rows.support >= settings.min_support).semi_join(sold, rows.other_id == sold.product_id)
        strongest = ibis.window(
            group_by=["kind", "occasion", "product_id"], order_by=[rows.support.desc(), rows.lift.desc(), rows.other_id]
        )
        rows = rows.mutate(place=ibis.row_number().over(strongest))
        rows = rows.filter(rows.place < settings.associations_per_product)
        rows = rows.left_join(related, ["product_id", "other_id"])
        values = {name: rows[name] for name in rows.columns} | {"as_of": ibis.literal(as_of)}
        shown = rows.select(**{each.name: values[each.name].cast(each.type.ibis) for each in PRODUCT_ASSOCIATIONS_COLUMNS})
        with engine.staged(shown) as staged:
            yield staged


def _measured(pairs: Pairs) -> ir.Table:
    """Orders: confidence is the share of orders with the first that have the other, lift that share over its share of all."""
    counts = _with_bases(pairs)
    others = pairs.singles.select(other_id="product_id", of_other="base")
    counts = counts.join(others, "other_id")
    expected = counts.of_other.cast("float64") / counts.total
    return _with_lift(counts, expected)


def _measured_after(pairs: Pairs) -> ir.Table:
    """Persons: lift is confidence over the share of all bases but the other's own that were followed by the other."""
    counts = _with_bases(pairs)
    own = pairs.singles.select(other_id="product_id", of_other="base")
    followed = pairs.counts.group_by("other_id").agg(any_support=pairs.counts.support.sum())
    counts = counts.join(followed, "other_id").left_join(own, "other_id").drop("other_id_right")
    expected = counts.any_support.cast("float64") / (counts.total - counts.of_other.fill_null(0))
    return _with_lift(counts, expected)


def _with_bases(pairs: Pairs) -> ir.Table:
    return pairs.counts.join(pairs.singles, "product_id").cross_join(pairs.total)


def _with_lift(counts: ir.Table, expected: ir.FloatingValue) -> ir.Table:
    confidence = counts.support.cast("float64") / counts.base
    return counts.select(
        "product_id",
        "other_id",
        "support",
        "base",
        confidence=confidence.round(6),
        lift=(confidence / expected).round(6),
    )


def _kind(kind: str, pairs: ir.Table, occasion: str = ANY_OCCASION) -> ir.Table:
    return pairs.mutate(kind=ibis.literal(kind), occasion=ibis.literal(occasion))


def _relations(together: ir.Table, after: ir.Table, sold: ir.Table, min_support: int) -> ir.Table:
    """product_id, other_id and ``relation`` of pairs that have one: what the other is to the first."""
    back = after.select(product_id="other_id", other_id="product_id", back="support")
    once = together.select("product_id", "other_id", orders="support")
    pairs = after.filter(after.support >= min_support)
    pairs = pairs.left_join(back, ["product_id", "other_id"]).drop("product_id_right", "other_id_right")
    pairs = pairs.left_join(once, ["product_id", "other_id"]).drop("product_id_right", "other_id_right")
    of_first = sold.select(product_id="product_id", category="category")
    of_other = sold.select(other_id="product_id", other_category="category")
    pairs = pairs.left_join(of_first, "product_id").drop("product_id_right")
    pairs = pairs.left_join(of_other, "other_id").drop("other_id_right")
    returns = pairs.back.fill_null(0)
    accessory = (pairs.support >= ONE_WAY * returns) & (pairs.lift > 1)
    alternate = (returns >= min_support) & (pairs.category == pairs.other_category)
    substitute = alternate & (RARELY * pairs.orders.fill_null(min_support - 1) <= ibis.least(pairs.support, returns))
    words = ibis.cases(
        (substitute.fill_null(False), Relation.SUBSTITUTE.value),
        (accessory, Relation.ACCESSORY.value),
        else_=ibis.null("string"),
    )
    return pairs.select("product_id", "other_id", relation=words).filter(lambda row: row.relation.notnull())
