"""The long table of who is in which segment today, since when, and why."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.segmentations.assign import SCORE_SUFFIX, is_exclusive


def memberships(assigned: ir.Table, segmentations: Mapping[str, Segmentation], definitions: ir.Table) -> ir.Table:
    """A row is a customer in a segment: customer_id, segmentation, segment, score (double), reason.

    ``assigned`` comes from ``all_segments``, ``definitions`` is any table with segmentation, segment
    and definition (``definitions_table`` or the stored catalog).  Customers in no segment of a
    segmentation have no row for it.  ``reason`` is the same for all members of a segment.
    """
    if not segmentations:
        raise ValueError("no segmentation is configured; name at least one in segmentations.yaml")
    rows = ibis.union(*(_one(assigned, name, segmentation) for name, segmentation in segmentations.items()))
    reasons = definitions.select("segmentation", "segment", reason="definition")
    return rows.left_join(reasons, ["segmentation", "segment"]).select(*rows.columns, "reason")


def with_since(memberships: ir.Table, standing: ir.Table) -> ir.Table:
    """``memberships`` with ``since`` (DATE): when the present stay began.  ``standing``: from ``history.standing``."""
    joined = memberships.left_join(standing, ["customer_id", "segmentation", "segment"])
    return joined.select(*memberships.columns, "since")


def who_changed(today: ir.Table, before: ir.Table, segmentations: Mapping[str, Segmentation]) -> ir.Table:
    """customer_id of everybody whose segments differ between two tables of ``all_segments``."""
    then = before.rename({f"{name}__before": name for name in segmentations} | {"customer_before": "customer_id"})
    both = today.outer_join(then, today.customer_id == then.customer_before)
    same = [both[name].identical_to(both[f"{name}__before"]) for name in segmentations]
    changed = both.filter(~ibis.and_(*same, both.customer_id.notnull(), both.customer_before.notnull()))
    return changed.select(customer_id=ibis.coalesce(changed.customer_id, changed.customer_before))


def _one(assigned: ir.Table, name: str, segmentation: Segmentation) -> ir.Table:
    segment = assigned[name] if is_exclusive(segmentation) else assigned[name].unnest()
    rows = assigned.select("customer_id", segmentation=ibis.literal(name), segment=segment, score=assigned[name + SCORE_SUFFIX])
    return rows.filter(rows.segment.notnull())
