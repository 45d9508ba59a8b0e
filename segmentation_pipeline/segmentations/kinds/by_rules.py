"""What kinds share whose segments are given by rules."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import RuleSegment
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.kinds.base import Bind


def first_that_holds(rules: Sequence[RuleSegment], table: ir.Table, bind: Bind) -> ir.StringValue:
    """The segment of the first rule that holds, null when none does; a rule that meets unknown values does not hold."""
    return ibis.cases(*((bind(segment.when, table), segment.name) for segment in rules), else_=ibis.null("string"))


def rule_definitions(name: str, rules: Sequence[RuleSegment]) -> list[SegmentDefinition]:
    """Rules are their own words, on one line."""
    return [SegmentDefinition(name, segment.name, " ".join(segment.when.split()), segment.description) for segment in rules]


def rule_decisions(rules: Sequence[RuleSegment], *, exclusive: bool) -> dict[str, object]:
    """The rules in order, however they are broken into lines."""
    return {"exclusive": exclusive, "rules": [[segment.name, " ".join(segment.when.split())] for segment in rules]}
