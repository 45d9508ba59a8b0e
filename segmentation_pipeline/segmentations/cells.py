"""The cells of crossed segmentations: which are kept, and which a customer is in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.segmentations import CROSS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.segmentations.kinds.hybrid import HybridSegmentation


def kept_cells(engine: Engine, table: ir.Table, hybrid: HybridSegmentation) -> tuple[str, ...]:
    """The cells that are segments of their own, measured now: the ``max_cells`` largest of at least
    ``min_size`` customers; of equals those that come first by name."""
    named = table.select(cell=_combination(table, hybrid))
    sizes = named.filter(named.cell.notnull()).group_by("cell").agg(customers=ibis._.count())
    enough = sizes.filter(sizes.customers >= hybrid.min_size).order_by(sizes.customers.desc(), sizes.cell)
    return tuple(str(row["cell"]) for row in engine.rows(enough.limit(hybrid.max_cells)))


def cell(table: ir.Table, hybrid: HybridSegmentation, kept: Sequence[str]) -> ir.StringValue:
    """The customer's cell, or ``other`` for one that is not kept; null for customers in no segment of one of the crossed."""
    own = _combination(table, hybrid)
    return ibis.cases((own.isin(kept), own), (own.notnull(), hybrid.other), else_=ibis.null("string"))


def _combination(table: ir.Table, hybrid: HybridSegmentation) -> ir.StringValue:
    """Null when one of the segments is: text joined with the unknown is unknown."""
    first, *others = (table[name] for name in hybrid.of or ())
    return reduce(lambda joined, segment: joined + CROSS + segment, others, first)
