"""Names people see and keys history is kept by: a renamed segmentation or segment goes on where it was.

``membership_changes`` and ``observed_days`` hold keys; everything made from them holds the names of today.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import HybridSegmentation, Segmentation
from segmentation_pipeline.config.segmentations import CROSS, labelled_segments, segment_names

Segmentations = Mapping[str, Segmentation]


def key_of(name: str, segmentations: Segmentations) -> str:
    """The key of a configured segmentation."""
    return segmentations[name].key_under(name)


def segment_keys(name: str, segmentations: Segmentations) -> dict[str, str]:
    """The key of every segment of a segmentation whose key is not its name.

    A segment made of others goes by their keys: ``golden_x_active`` is still ``gold_x_active`` when ``golden`` was ``gold``.
    """
    segmentation = segmentations[name]
    keys = {segment: labelled.key_under(segment) for segment, labelled in labelled_segments(segmentation)}
    if isinstance(segmentation, HybridSegmentation):
        for priority in segmentation.priorities or ():
            if priority.name is None and priority.segmentation in segmentations:
                others = segment_keys(priority.segmentation, segmentations)
                keys[priority.segment] = others.get(priority.segment, priority.segment)
        crossed = [(segment_names(each, segmentations), segment_keys(each, segmentations)) for each in segmentation.of or ()]
        if any(renamed for _, renamed in crossed):
            for cell in product(*(names for names, _ in crossed)):
                parts = [renamed.get(part, part) for part, (_, renamed) in zip(cell, crossed, strict=True)]
                keys[CROSS.join(cell)] = CROSS.join(parts)
    return {segment: key for segment, key in keys.items() if segment != key}


def by_key(table: ir.Table, segmentations: Segmentations) -> ir.Table:
    """``table`` with keys in place of the names in ``segmentation`` and, where it has it, ``segment``."""
    segmentation = {name: key_of(name, segmentations) for name in segmentations}
    segment = {(name, old): new for name in segmentations for old, new in segment_keys(name, segmentations).items()}
    return _relabelled(table, segmentation, segment)


def by_name(table: ir.Table, segmentations: Segmentations) -> ir.Table:
    """``table`` with today's names in place of keys; what is no longer configured keeps its key."""
    segmentation = {key_of(name, segmentations): name for name in segmentations}
    segment = {
        (key_of(name, segmentations), key): label
        for name in segmentations
        for label, key in segment_keys(name, segmentations).items()
    }
    return _relabelled(table, segmentation, segment)


def _relabelled(table: ir.Table, segmentation: Mapping[str, str], segment: Mapping[tuple[str, str], str]) -> ir.Table:
    changed = {}
    renamed = [(table.segmentation == old, ibis.literal(new)) for old, new in segmentation.items() if old != new]
    if renamed:
        changed["segmentation"] = ibis.cases(*renamed, else_=table.segmentation)
    if segment and "segment" in table.columns:
        cases = [((table.segmentation == of) & (table.segment == old), ibis.literal(new)) for (of, old), new in segment.items()]
        changed["segment"] = ibis.cases(*cases, else_=table.segment)
    return cast(ir.Table, table.mutate(**changed)) if changed else table
