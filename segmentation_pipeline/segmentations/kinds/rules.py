"""Segments by boolean rules.  Exclusive: the first rule that holds wins, top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import ibis.expr.types as ir
from pydantic import Field

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Labelled, RuleSegment, Segmentation
from segmentation_pipeline.rules.problems import rule_problems
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.explanation import Asked, Explanation, by_rules
from segmentation_pipeline.segmentations.kinds.base import Assigned, Assigning, SegmentationKind
from segmentation_pipeline.segmentations.kinds.by_rules import first_that_holds, rule_decisions, rule_definitions
from segmentation_pipeline.segmentations.kinds.check import Check


class RulesSegmentation(SegmentationKind):
    """``segments`` by boolean rules.  Where they are ``exclusive`` the first rule that holds wins, top to bottom; else a customer
    is in all whose rules hold."""

    kind: Literal["rules"]
    exclusive: bool = True
    segments: tuple[RuleSegment, ...] = Field(min_length=1)

    @property
    def is_exclusive(self) -> bool:
        return self.exclusive

    def rules(self) -> tuple[RuleSegment, ...]:
        return self.segments

    def labelled(self) -> tuple[tuple[str, Labelled], ...]:
        return tuple((segment.name, segment) for segment in self.segments)

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return tuple(segment.name for segment in self.segments)

    def problems(self, check: Check) -> Iterator[Diagnostic]:
        for position, segment in enumerate(self.segments):
            yield from rule_problems(segment.when, check.known, check.file, (*check.path, "segments", position, "when"))

    def segment(self, name: str, table: ir.Table, day: Assigning) -> ir.Value:
        return first_that_holds(self.rules(), table, day.bind)

    def define(self, name: str, assigned: Assigned) -> list[SegmentDefinition]:
        return rule_definitions(name, self.rules())

    def decisions(self, definitions: Sequence[SegmentDefinition]) -> Mapping[str, object]:
        return rule_decisions(self.rules(), exclusive=self.exclusive)

    def explain(self, name: str, asked: Asked) -> Explanation:
        return by_rules(name, asked, self.rules(), only_one=self.exclusive)
