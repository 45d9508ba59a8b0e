"""What could become of segments too small to act on: the segment of the same segmentation most like them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.guards import Sizes
from segmentation_pipeline.segmentations.profiles import deviations, measure

Segment = tuple[str, str]


def merge_proposals(
    engine: Engine,
    scored: ir.Table,
    memberships: ir.Table,
    segmentations: Mapping[str, Segmentation],
    definitions: Sequence[SegmentDefinition],
    sizes: Sizes,
) -> dict[Segment, str]:
    """In words, for every defined segment with fewer members than the ``min_size`` of its segmentation.

    Near is whose means lie few standard deviations apart, as the root of the mean square over the
    features both have (``profiles.FEATURES``); ties by name.  Only segmentations with a small
    segment are measured.
    """
    small = [
        (d.segmentation, d.segment)
        for d in definitions
        if sizes.get((d.segmentation, d.segment), 0) < segmentations[d.segmentation].min_size
    ]
    concerned = sorted({segmentation for segmentation, segment in small if sizes.get((segmentation, segment))})
    profiles: dict[Segment, dict[str, float]] = {}
    if concerned:
        found = measure(engine, scored, memberships.filter(memberships.segmentation.isin(concerned)))
        profiles = {(str(row["segmentation"]), str(row["segment"])): deviations(row, found) for row in found.segments}
    return {segment: _proposal(segment, profiles, sizes) for segment in small}


def _proposal(small: Segment, profiles: Mapping[Segment, Mapping[str, float]], sizes: Sizes) -> str:
    if small not in profiles:
        return "nobody is in it: widen its definition or remove it"
    others = {other: _distance(profiles[small], profiles[other]) for other in profiles if other[0] == small[0] and other != small}
    near = {other: distance for other, distance in others.items() if distance is not None}
    if not near:
        return "widen its definition: no other segment has a profile to compare with"
    nearest = min(near, key=lambda other: (near[other], other))
    together = sizes[small] + sizes[nearest]
    return f"merge into {nearest[1]}: nearest by profile, {near[nearest]:.2f} sd apart; together {together} customers"


def _distance(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    """Root mean square difference over the features both have, to four places; None without any."""
    shared = [feature for feature in one if feature in other]
    if not shared:
        return None
    return round(sqrt(sum((one[feature] - other[feature]) ** 2 for feature in shared) / len(shared)), 4)
