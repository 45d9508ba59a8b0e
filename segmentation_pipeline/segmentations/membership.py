"""The long table of who is in which segment today, and why."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.segmentations.assign import SCORE_SUFFIX, is_exclusive


def memberships(assigned: ir.Table, segmentations: Mapping[str, Segmentation], definitions: ir.Table) -> ir.Table:
    """A row is a customer in a segment: customer_id, segmentation, segment, score (double), reason.

    ``assigned`` is ``Assignment.wide``, ``definitions`` any table with segmentation, segment and
    definition (``definitions_table`` or the stored catalog).  Customers in no segment of a
    segmentation have no row for it.  ``reason`` is the same for all members of a segment.
    """
    if not segmentations:
        raise ValueError("no segmentation is configured; name at least one in segmentations.yaml")
    rows = ibis.union(*[_one(assigned, name, segmentation) for name, segmentation in segmentations.items()])
    reasons = definitions.select("segmentation", "segment", reason="definition")
    return rows.left_join(reasons, ["segmentation", "segment"]).select(*rows.columns, "reason")


def _one(assigned: ir.Table, name: str, segmentation: Segmentation) -> ir.Table:
    segment = assigned[name] if is_exclusive(segmentation) else assigned[name].unnest()
    rows = assigned.select("customer_id", segmentation=ibis.literal(name), segment=segment, score=assigned[name + SCORE_SUFFIX])
    return rows.filter(rows.segment.notnull())
