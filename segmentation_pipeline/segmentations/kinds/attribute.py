"""One segment per value of a text column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Self

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Name, Segmentation
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.kinds.base import Assigned, Assigning, SegmentationKind
from segmentation_pipeline.segmentations.kinds.check import Check


class AttributeSegmentation(SegmentationKind):
    """One segment per value of a text ``column``; values below ``min_size`` customers go to ``other``."""

    kind: Literal["attribute"]
    column: str
    other: Name = "other"

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return ()

    def problems(self, check: Check) -> Iterator[Diagnostic]:
        return check.column(self.column, (Type.TEXT,), "text")

    def columns_read(self) -> tuple[str, ...]:
        return (self.column,)

    @classmethod
    def prepared(cls, scored: ir.Table, of_kind: Mapping[str, Self]) -> ir.Table:
        """Add each customer's labels and, of those common enough for a segment, their number of customers.

        All are counted in one table of labels: counted one upon the other, each would double the work of those before.
        """
        labelled = scored.mutate(**{_label(name): label(scored[each.column]) for name, each in of_kind.items()})
        rows = labelled
        for name, each in of_kind.items():
            known, common = labelled.filter(labelled[_label(name)].notnull()), f"{name}__common"
            sizes = known.group_by(_label(name)).agg(known.count().name(_label_size(name)))
            sizes = sizes.filter(sizes[_label_size(name)] >= each.min_size).rename({common: _label(name)})
            rows = rows.left_join(sizes, labelled[_label(name)] == sizes[common])
        return rows.select(*labelled.columns, *(_label_size(name) for name in of_kind))

    def segment(self, name: str, table: ir.Table, day: Assigning) -> ir.Value:
        own = table[_label(name)]
        rare = own.notnull() & table[_label_size(name)].isnull()
        return ibis.ifelse(rare, self.other, own)

    def define(self, name: str, assigned: Assigned) -> list[SegmentDefinition]:
        segments = assigned.segments
        present = segments.filter(segments[name].notnull()).select(segment=name).distinct().order_by("segment")
        rare = f"{self.column} is a value fewer than {self.min_size} customers have"
        return [
            SegmentDefinition(name, segment, rare if segment == self.other else f"{self.column} is {segment}")
            for segment in (str(row["segment"]) for row in assigned.engine.rows(present))
        ]

    def decisions(self, definitions: Sequence[SegmentDefinition]) -> Mapping[str, object]:
        return {"column": self.column, "other": self.other, "min_size": self.min_size}


def label(text: ir.StringValue) -> ir.StringValue:
    """A value as a segment name: lower case, everything but letters and digits as one ``_``."""
    words = text.lower().re_replace(r"[^\p{L}\p{N}]+", "_")
    return words.re_replace(r"^_+|_+$", "").nullif("")


def _label(name: str) -> str:
    return f"{name}__label"


def _label_size(name: str) -> str:
    return f"{name}__label_size"
