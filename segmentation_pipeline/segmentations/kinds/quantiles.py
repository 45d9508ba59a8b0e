"""Tiers of a numeric column, highest values first; equal values share a tier."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal, Self

import ibis.expr.types as ir
from pydantic import Field, model_validator

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Labelled, Name, Segmentation
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.available_columns import NUMERIC
from segmentation_pipeline.rules.decision_boundaries import DecisionBoundaries
from segmentation_pipeline.segmentations.cut_points import CutPoint, find_cut_points, tier
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.kinds.base import Assigned, Assigning, SegmentationKind
from segmentation_pipeline.segmentations.kinds.check import Check


class QuantileSegment(Labelled):
    """The tier ``name``; ``top`` is the cumulative share of customers, best first: 0.1 = best tenth, 1 = the rest.
    ``description`` is shown with it."""

    name: Name
    top: Annotated[float, Field(gt=0.0, le=1.0)]
    description: str = ""


class QuantilesSegmentation(SegmentationKind):
    """Tiers of a numeric ``column``, highest values first, in the order of ``segments``; equal values share a tier."""

    kind: Literal["quantiles"]
    column: str
    segments: tuple[QuantileSegment, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        tops = [segment.top for segment in self.segments]
        if tops != sorted(set(tops)) or tops[-1] != 1.0:
            raise ValueError("'top' must increase from tier to tier and end at 1.0")
        return self

    def labelled(self) -> tuple[tuple[str, Labelled], ...]:
        return tuple((segment.name, segment) for segment in self.segments)

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return tuple(segment.name for segment in self.segments)

    def problems(self, check: Check) -> Iterator[Diagnostic]:
        return check.column(self.column, NUMERIC, "numeric")

    def columns_read(self) -> tuple[str, ...]:
        return (self.column,)

    def cut_points(self, engine: Engine, scored: ir.Table) -> tuple[CutPoint, ...]:
        return find_cut_points(engine, scored[self.column], [(segment.name, segment.top) for segment in self.segments])

    def segment(self, name: str, table: ir.Table, day: Assigning) -> ir.Value:
        return tier(table[self.column], day.cut_points[name])

    def score(self, profile: ir.Table) -> ir.Value:
        return profile[self.column].cast("float64")

    def follows_from_columns(self, cuts: Sequence[CutPoint], following: Collection[str]) -> bool:
        return bool(cuts)

    def edges(self, cuts: Sequence[CutPoint]) -> tuple[DecisionBoundaries, ...]:
        found = tuple(cut.at_least for cut in cuts if cut.at_least is not None)
        return (DecisionBoundaries((self.column,), found),) if cuts else ()

    def define(self, name: str, assigned: Assigned) -> list[SegmentDefinition]:
        descriptions = {segment.name: segment.description for segment in self.segments}
        found, above, cuts = [], None, assigned.cut_points
        for position, cut in enumerate(cuts):
            words = _between(self.column, cut, above, last=position == len(cuts) - 1)
            found.append(SegmentDefinition(name, cut.segment, words, descriptions[cut.segment]))
            above = cut.at_least if cut.at_least is not None else above
        return found

    def decisions(self, definitions: Sequence[SegmentDefinition]) -> Mapping[str, object]:
        """Not the cut points: they move with the customers."""
        return {"column": self.column, "tiers": [[segment.name, segment.top] for segment in self.segments]}


def _between(column: str, cut: CutPoint, above: Decimal | None, last: bool) -> str:
    if cut.at_least is None:
        return f"no value of {column} falls in this tier, because equal values share a tier"
    lower = f"{column} >= {cut.at_least}"
    if above is None:
        return f"{column} is known" if last else lower
    return f"{column} < {above}" if last else f"{lower} and {column} < {above}"
