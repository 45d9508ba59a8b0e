"""Warnings about segmentations nobody can work with: too small, too many, too lopsided.

Belongs here: judging counts.  Does not belong here: showing the result (Dagster checks do).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.segmentations.definitions import SegmentDefinition

MAX_SEGMENTS = 30
MAX_SHARE = 0.95
MAX_UNASSIGNED_SHARE = 0.5

Sizes = Mapping[tuple[str, str], int]
"""Members per (segmentation, segment); a missing segment has none."""


@dataclass(frozen=True, slots=True)
class Guard:
    """One judgement on one segmentation, a warning unless ``passed``; ``numbers`` are what was measured and the limit."""

    segmentation: str
    name: str
    passed: bool
    message: str
    numbers: Mapping[str, float]


def segment_sizes(engine: Engine, memberships: ir.Table) -> dict[tuple[str, str], int]:
    """Members per (segmentation, segment)."""
    sizes = memberships.group_by(["segmentation", "segment"]).agg(customers=memberships.count())
    return {(str(r["segmentation"]), str(r["segment"])): int(r["customers"]) for r in engine.rows(sizes)}


def guard_segments(
    segmentations: Mapping[str, Segmentation], definitions: Sequence[SegmentDefinition], sizes: Sizes, customers: int
) -> list[Guard]:
    """The guards of every segmentation, in config order; ``customers`` is the number of all customers.

    ``has_members``, ``sizes`` (no segment below its min_size), ``segment_count``,
    ``balance`` (no segment with nearly everybody) and, for exclusive ones, ``coverage``.
    """
    guards: list[Guard] = []
    for name, segmentation in segmentations.items():
        segments = [d.segment for d in definitions if d.segmentation == name]
        counts = {segment: sizes.get((name, segment), 0) for segment in segments}
        guards += [
            _has_members(name, counts),
            _sizes(name, counts, segmentation),
            _segment_count(name, counts),
            _balance(name, counts, customers),
        ]
        if segmentation.is_exclusive:
            guards.append(_coverage(name, counts, customers))
    return guards


def _has_members(name: str, counts: Mapping[str, int]) -> Guard:
    members = sum(counts.values())
    message = (
        f"{members} memberships"
        if members
        else ("no customer is in any segment; check the rules or the column it reads, and that there are customers")
    )
    return Guard(name, "has_members", members > 0, message, {"memberships": members})


def _sizes(name: str, counts: Mapping[str, int], segmentation: Segmentation) -> Guard:
    small = sorted((count, segment) for segment, count in counts.items() if count < segmentation.min_size)
    listed = ", ".join(f"{segment} ({count})" for count, segment in small[:10])
    message = (
        f"{len(small)} of {len(counts)} segments have fewer than {segmentation.min_size} customers: {listed}; "
        "widen their rule, merge them or lower min_size"
        if small
        else f"every segment has at least {segmentation.min_size} customers"
    )
    numbers = {"small_segments": len(small), "smallest": min(counts.values(), default=0), "min_size": segmentation.min_size}
    return Guard(name, "sizes", not small, message, numbers)


def _segment_count(name: str, counts: Mapping[str, int]) -> Guard:
    passed = len(counts) <= MAX_SEGMENTS
    message = f"{len(counts)} segments" + (
        "" if passed else f", more than {MAX_SEGMENTS}: too many to act on; raise min_size or merge some"
    )
    return Guard(name, "segment_count", passed, message, {"segments": len(counts), "limit": MAX_SEGMENTS})


def _balance(name: str, counts: Mapping[str, int], customers: int) -> Guard:
    largest = max(sorted(counts), key=lambda segment: counts[segment], default="")
    share = round(counts.get(largest, 0) / customers, 6) if customers else 0.0
    message = f"the largest segment, {largest}, holds {share:.1%} of customers" + (
        "" if share <= MAX_SHARE else f", more than {MAX_SHARE:.0%}: it hardly divides anybody"
    )
    return Guard(name, "balance", share <= MAX_SHARE, message, {"largest_share": share, "limit": MAX_SHARE})


def _coverage(name: str, counts: Mapping[str, int], customers: int) -> Guard:
    left_out = customers - sum(counts.values())
    share = round(left_out / customers, 6) if customers else 0.0
    message = f"{left_out} of {customers} customers ({share:.1%}) are in no segment" + (
        ""
        if share <= MAX_UNASSIGNED_SHARE
        else f", more than {MAX_UNASSIGNED_SHARE:.0%}; is a rule for the rest missing, or is nothing known of them?"
    )
    return Guard(
        name,
        "coverage",
        share <= MAX_UNASSIGNED_SHARE,
        message,
        {"unassigned": left_out, "unassigned_share": share, "limit": MAX_UNASSIGNED_SHARE},
    )
