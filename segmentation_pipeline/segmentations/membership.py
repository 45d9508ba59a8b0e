"""The long table of who is in which segment today, since when, and why."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.segmentations.assign import SCORE_SUFFIX

SINCE_SUFFIX = "__since"


def memberships(assigned: ir.Table, segmentations: Mapping[str, Segmentation], definitions: ir.Table) -> ir.Table:
    """A row is a customer in a segment: customer_id, segmentation, segment, score (double), reason.

    ``assigned`` comes from ``all_segments``, ``definitions`` is any table with segmentation, segment
    and definition (``definitions_table`` or the stored catalog).  Customers in no segment of a
    segmentation have no row for it.  ``reason`` is the same for all members of a segment.
    """
    if not segmentations:
        raise UserError(
            "no segmentation is configured. Name at least one in config/segmentations.yaml, for example "
            "'segmentations: {rfm: {kind: rfm, title: RFM}}', and run again."
        )
    rows = ibis.union(*(_one(assigned, name, segmentation) for name, segmentation in segmentations.items()))
    return _with_reasons(rows, definitions)


def dated_memberships(
    assigned: ir.Table, began: ir.Table, standing: ir.Table, segmentations: Mapping[str, Segmentation], definitions: ir.Table
) -> ir.Table:
    """``memberships`` with ``since`` (DATE): when the present stay began.

    ``began`` has a row per customer and, per exclusive segmentation, a column ``<name>__since``
    (``when_began``): one narrow join in place of one by customer, segmentation and segment, which
    is left for segmentations that are not exclusive; their stays are in ``standing``.
    """
    exclusive = [name for name, segmentation in segmentations.items() if segmentation.is_exclusive]
    several = [name for name in segmentations if name not in exclusive]
    parts = []
    if exclusive:
        named = began.select(customer_began="customer_id", **{name + SINCE_SUFFIX: name + SINCE_SUFFIX for name in exclusive})
        placed = assigned.left_join(named, assigned.customer_id == named.customer_began)
        each = [
            ibis.struct(
                {
                    "segmentation": ibis.literal(name),
                    "segment": placed[name],
                    "score": placed[name + SCORE_SUFFIX],
                    "since": placed[name + SINCE_SUFFIX],
                }
            )
            for name in exclusive
        ]
        rows = placed.select("customer_id", membership=ibis.array(each).unnest()).unpack("membership")
        parts.append(rows.filter(rows.segment.notnull()))
    if several:
        rows = ibis.union(*(_one(assigned, name, segmentations[name]) for name in several))
        stays = standing.filter(standing.segmentation.isin(several))
        parts.append(rows.left_join(stays, ["customer_id", "segmentation", "segment"]).select(*rows.columns, "since"))
    return _with_reasons(ibis.union(*parts), definitions)


def when_began(standing: ir.Table, segmentations: Mapping[str, Segmentation]) -> ir.Table:
    """Of the stays of ``spells.active_on``: customer_id and, per exclusive segmentation, ``<name>__since`` (DATE)."""
    starts = {
        name + SINCE_SUFFIX: standing.since.max(where=standing.segmentation == name)
        for name, segmentation in segmentations.items()
        if segmentation.is_exclusive
    }
    return standing.group_by("customer_id").agg(**starts)


def who_changed(today: ir.Table, before: ir.Table, segmentations: Mapping[str, Segmentation]) -> ir.Table:
    """customer_id of everybody whose segments differ between two tables of ``all_segments``."""
    then = before.select(customer_before="customer_id", **{f"{name}__before": name for name in segmentations})
    both = today.outer_join(then, today.customer_id == then.customer_before)
    same = [both[name].identical_to(both[f"{name}__before"]) for name in segmentations]
    changed = both.filter(~ibis.and_(*same, both.customer_id.notnull(), both.customer_before.notnull()))
    return changed.select(customer_id=ibis.coalesce(changed.customer_id, changed.customer_before))


def _with_reasons(rows: ir.Table, definitions: ir.Table) -> ir.Table:
    reasons = definitions.select("segmentation", "segment", reason="definition")
    return rows.left_join(reasons, ["segmentation", "segment"]).select(*rows.columns, "reason")


def _one(assigned: ir.Table, name: str, segmentation: Segmentation) -> ir.Table:
    segment = assigned[name] if segmentation.is_exclusive else assigned[name].unnest()
    rows = assigned.select("customer_id", segmentation=ibis.literal(name), segment=segment, score=assigned[name + SCORE_SUFFIX])
    return rows.filter(rows.segment.notnull())
