"""Which segment is each customer in?  One wide expression over the scored customers.

Belongs here: the order in which segmentations are assigned.  Does not belong here: how a kind picks a segment
(``kinds/``), the rule language (``rules/parse.py``), the models behind RFM and clusters, and what happens over time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import RuleSegment, Segmentation
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.rules.dependencies import levels
from segmentation_pipeline.segmentations.cut_points import CutPoint
from segmentation_pipeline.segmentations.kinds.base import Assigning, Bind, SegmentationKind

SCORE_SUFFIX = "__score"


class MissingColumn(UserError):
    """A segmentation needs a column the scored customers do not have."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Everybody's segments and the numbers that were measured to find them.

    ``profile``: a row is a customer; the scored columns and per exclusive segmentation a column of
    its name with the segment (text, null = in no segment).  ``cut_points``: per quantile
    segmentation its tiers, best first.
    """

    profile: ir.Table
    cut_points: Mapping[str, Sequence[CutPoint]]


def exclusive_names(segmentations: Mapping[str, Segmentation]) -> list[str]:
    """The segmentations with one text column in ``Assignment.wide``, in config order."""
    return [name for name, segmentation in segmentations.items() if segmentation.is_exclusive]


def assign(
    engine: Engine,
    scored: ir.Table,
    segmentations: Mapping[str, SegmentationKind],
    bind: Bind,
    cut_points: Mapping[str, Sequence[CutPoint]] | None = None,
) -> Assignment:
    """Assign every row of ``scored`` (one per customer) to the segments of all segmentations.

    Each kind picks segments in its own way; what it must count of everybody is counted now, but ``cut_points`` where
    they are given.  What a segmentation reads of others is assigned before it.

    Raises ``MissingColumn`` when a segmentation reads a column that is not there.
    """
    for name, segmentation in segmentations.items():
        _require(name, scored, segmentation.columns_read())
    if cut_points is None:
        cut_points = measured_cut_points(engine, scored, segmentations)
    day = Assigning(engine, cut_points, bind)
    table = scored
    kinds: dict[type[SegmentationKind], None] = dict.fromkeys(type(each) for each in segmentations.values())
    for kind in kinds:
        table = kind.prepared(table, {name: each for name, each in segmentations.items() if type(each) is kind})
    for level in levels(segmentations):
        exclusive = [name for name in level if segmentations[name].is_exclusive]
        table = table.mutate(**{name: segmentations[name].segment(name, table, day) for name in exclusive})
    return Assignment(table.select(*scored.columns, *exclusive_names(segmentations)), cut_points)


def measured_cut_points(
    engine: Engine, scored: ir.Table, segmentations: Mapping[str, SegmentationKind]
) -> dict[str, tuple[CutPoint, ...]]:
    """By segmentation, where its segments begin on a column; without those that have no such points."""
    return {name: cuts for name, each in segmentations.items() if (cuts := each.cut_points(engine, scored))}


def all_segments(profile: ir.Table, segmentations: Mapping[str, SegmentationKind], bind: Bind) -> ir.Table:
    """Every segment of every customer of ``Assignment.profile``.

    A row is a customer; per segmentation a column of its name (for segmentations that are not
    exclusive an array of segments, perhaps empty) and ``<name>__score`` (double, null where the
    kind has no score).
    """
    columns: dict[str, ir.Value] = {"customer_id": profile.customer_id}
    for name, segmentation in segmentations.items():
        columns[name] = profile[name] if segmentation.is_exclusive else _those_that_hold(segmentation.rules(), profile, bind)
        columns[name + SCORE_SUFFIX] = segmentation.score(profile)
    return profile.select(**columns)


def _require(name: str, table: ir.Table, columns: Iterable[str]) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise MissingColumn(
            f"segmentation '{name}' reads column '{missing[0]}', which the scored customers do not have; "
            "name another column or remove the segmentation from segmentations.yaml"
        )


def _those_that_hold(rules: Sequence[RuleSegment], table: ir.Table, bind: Bind) -> ir.ArrayValue:
    names = [ibis.ifelse(bind(segment.when, table), segment.name, ibis.null("string")) for segment in rules]
    return ibis.array(names).filter(lambda segment: segment.notnull())
