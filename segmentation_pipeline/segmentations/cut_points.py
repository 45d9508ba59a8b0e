"""Where the tiers of a quantile segmentation begin.

Belongs here: measuring cut points in the engine, and the tier of a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine

_EXACT = "decimal(28, 6)"


@dataclass(frozen=True, slots=True)
class CutPoint:
    """One tier: ``at_least`` is its lowest value, None when no customer's value falls in it."""

    segment: str
    top: float
    at_least: Decimal | None

    @property
    def literal(self) -> ir.DecimalScalar:
        return cast(ir.DecimalScalar, ibis.literal(self.at_least, _EXACT))


def comparable(column: ir.Column) -> ir.DecimalColumn:
    """A numeric column as exact decimals, so that a cut point cuts alike in every run and engine.

    Doubles are rounded to six places: what parallel sums leave behind lies beyond that.
    """
    return cast(ir.DecimalColumn, column.cast(_EXACT))


def find_cut_points(engine: Engine, column: ir.Column, tiers: Sequence[tuple[str, float]]) -> tuple[CutPoint, ...]:
    """The lowest value of each tier, best tier first, over the customers with a value.

    A tier is its name and the share of customers in it and the better ones.

    Equal values share a tier: the one in which the middle of their ranks falls, so a tier comes
    as near to its share as it can without parting equals.  (Were all equals put in the better
    tier, a top tenth would be everybody when nine in ten have the value 0.)
    """
    value = comparable(column)
    sizes = value.name("value").as_table().filter(ibis._.value.notnull()).group_by("value").agg(size=ibis._.count())
    running = ibis.window(order_by=sizes.value.desc(), rows=(None, 0))
    ranked = sizes.mutate(up_to=sizes["size"].sum().over(running), total=sizes["size"].sum().over())
    # Twice the middle rank: whole numbers compare exactly, and the allowance covers 0.07 * 100 > 7.
    middle = 2 * ranked.up_to - ranked["size"]
    found = engine.rows(
        ranked.agg(**{name: ranked.value.min(where=middle <= 2 * top * ranked.total + 1e-6) for name, top in tiers})
    )[0]
    digits = column.type().scale if column.type().is_decimal() else 0 if column.type().is_integer() else None
    cuts: list[CutPoint] = []
    lowest: Decimal | None = None
    for name, top in tiers:
        at_least = cast("Decimal | None", found[name])
        cuts.append(CutPoint(name, top, None if at_least is None or at_least == lowest else _shown(at_least, digits)))
        lowest = at_least
    return tuple(cuts)


def tier(column: ir.Column, cuts: Sequence[CutPoint]) -> ir.StringValue:
    """The tier a value falls in; null when it is unknown."""
    value = comparable(column)
    upper = [(value >= cut.literal, cut.segment) for cut in cuts[:-1] if cut.at_least is not None]
    return ibis.cases(*upper, (value.notnull(), cuts[-1].segment), else_=ibis.null("string"))


def _shown(value: Decimal, digits: int | None) -> Decimal:
    """The same number with the column's own places; for doubles without trailing zeros."""
    if digits is not None:
        return value.quantize(Decimal(1).scaleb(-min(digits, 6)))
    return Decimal(format(value.normalize(), "f"))
