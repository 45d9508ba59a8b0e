"""The list of every customer, each product with the reason it is there."""

from __future__ import annotations

from datetime import date
from functools import reduce

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.recommendation_tables import CUSTOMER_RECOMMENDATIONS_COLUMNS, Recommended
from segmentation_pipeline.recommendations.candidates import RHYTHM_DAYS, candidates
from segmentation_pipeline.recommendations.ranking import Blend, ranked
from segmentation_pipeline.recommendations.settings import NextProductConfig

PICKS = 3
"""So many products of a list are told as a text."""


def customer_recommendations(
    bought: ir.Table,
    associations: ir.Table,
    sold: ir.Table,
    products: ir.Table | None,
    as_of: date,
    settings: NextProductConfig,
    blend: Blend,
) -> ir.Table:
    """``customer_recommendations`` of the day: the first ``list_size`` of everybody who bought something."""
    found = candidates(bought, associations, sold, as_of, settings, [blend.half_life])
    listed = ranked(found.mutate(score=blend.score(found)), settings.list_size)
    is_step = listed.days.isnull() & listed.step_from.notnull()
    kind = ibis.cases(
        (listed.days.notnull(), Recommended.REPEAT.value),
        (is_step, Recommended.UP_SELL.value),
        else_=Recommended.NEW.value,
    )
    listed = listed.mutate(kind=kind, because=ibis.ifelse(is_step, listed.step_from, listed.because))
    if products is None:
        listed = listed.mutate(because_name=listed.because)
    else:
        names = products.select(because_id="product_id", named="name")
        listed = listed.left_join(names, listed.because == names.because_id)
        listed = listed.mutate(because_name=ibis.coalesce(listed.named, listed.because))
    values = {name: listed[name] for name in listed.columns} | {
        "as_of": ibis.literal(as_of),
        "product_name": listed.name,
        "reason": _reason(listed),
    }
    return listed.select(**{each.name: values[each.name].cast(each.type.ibis) for each in CUSTOMER_RECOMMENDATIONS_COLUMNS})


def _reason(listed: ir.Table) -> ir.StringValue:
    """Why a product is on the list, in words."""
    times = ibis.ifelse(listed.days == 1, ibis.literal("day"), ibis.literal("days"))
    habit = _text("bought on ", listed.days, " ", times, ", last on ", listed["last"])
    rhythm = ibis.ifelse(listed.is_due & (listed.days >= RHYTHM_DAYS), ibis.literal(", due by its rhythm"), ibis.literal(""))
    dearer = _text("the next dearer in ", listed.category, " than ", listed.because_name)
    others = _text("often bought by those who bought ", listed.because_name)
    return ibis.cases(
        (listed.kind == Recommended.REPEAT.value, habit.concat(rhythm)),
        (listed.kind == Recommended.UP_SELL.value, dearer),
        (listed.because.notnull(), others),
        else_="bought by many customers",
    )


def _text(*parts: str | ir.Value) -> ir.StringValue:
    texts = [ibis.literal(part) if isinstance(part, str) else part.cast("string") for part in parts]
    return reduce(lambda text, part: text.concat(part), texts)


def recommended_products(lists: ir.Table) -> ir.Table:
    """customer_id and ``recommended_products``: the first three of ``customer_recommendations`` as a text, by name where one is
    known."""
    label = ibis.coalesce(lists.product_name, lists.product_id)
    first = lists.group_by("customer_id").agg(**{f"pick_{n}": label.max(where=lists["rank"] == n) for n in range(1, PICKS + 1)})
    text = first.pick_1
    for n in range(2, PICKS + 1):
        text = text.concat(ibis.coalesce(ibis.literal(", ").concat(first[f"pick_{n}"]), ibis.literal("")))
    return first.select("customer_id", recommended_products=text)
