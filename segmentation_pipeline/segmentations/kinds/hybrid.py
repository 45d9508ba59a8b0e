"""Made of other segmentations: their cross, or the first of some of their segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from typing import Annotated, Literal, Self

import ibis
import ibis.expr.types as ir
from pydantic import Field, model_validator

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Cross, Model, Name, RuleSegment, Segmentation
from segmentation_pipeline.config.yaml_file import KeyPath
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.rules.dependencies import CROSS
from segmentation_pipeline.rules.lexer import IN_SEGMENT
from segmentation_pipeline.rules.parse import RuleError
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.explanation import Asked, Explanation, by_rules
from segmentation_pipeline.segmentations.kinds.base import Assigned, Assigning, SegmentationKind
from segmentation_pipeline.segmentations.kinds.by_rules import first_that_holds, rule_decisions, rule_definitions
from segmentation_pipeline.segmentations.kinds.check import Check


class Priority(Model):
    """Who is in ``segment`` of ``segmentation`` is in the segment called ``name`` (left out: as over there)."""

    segmentation: Name
    segment: str
    name: Name | None = None


class HybridSegmentation(SegmentationKind):
    """Made of other segmentations: their cross, or the first of some of their segments.

    ``of`` crosses exclusive segmentations: a segment per combination, named ``gold_x_active``.  The
    ``max_cells`` largest combinations with at least ``min_size`` customers are kept, equals by
    name; everybody else is in ``other``.  ``priorities`` are tried top to bottom and the first
    segment the customer is in wins, else ``else``.
    """

    kind: Literal["hybrid"]
    of: Annotated[tuple[Name, ...], Field(min_length=2)] | None = None
    max_cells: Annotated[int, Field(ge=1, le=1_000)] = 24
    other: Name = "other"
    priorities: Annotated[tuple[Priority, ...], Field(min_length=1)] | None = None
    otherwise: Name | None = Field(default=None, alias="else")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.of is None) == (self.priorities is None):
            raise ValueError("give exactly one of 'of' and 'priorities'")
        unused = {"max_cells", "other"} if self.of is None else {"otherwise"}
        if strange := sorted(unused & self.model_fields_set):
            key = "else" if strange[0] == "otherwise" else strange[0]
            raise ValueError(f"'{key}' belongs to '{'of' if self.of is None else 'priorities'}'")
        return self

    @property
    def cross(self) -> Cross | None:
        return Cross(self.of, self.other) if self.of else None

    def rules(self) -> tuple[RuleSegment, ...]:
        """A priority is the rule that the customer is in that segment over there."""
        if self.priorities is None:
            return ()
        ranked = [
            RuleSegment(name=p.name or p.segment, when=_member(p.segmentation, p.segment), description="")
            for p in self.priorities
        ]
        rest = [] if self.otherwise is None else [RuleSegment(name=self.otherwise, when="true")]
        return (*ranked, *rest)

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        if rules := self.rules():
            return tuple(segment.name for segment in rules)
        crossed = [others[each].segment_names(others) if each in others else () for each in self.of or ()]
        return (*map(CROSS.join, product(*crossed)), self.other) if all(crossed) else ()

    def segment_keys(self, others: Mapping[str, Segmentation]) -> dict[str, str]:
        """A segment made of others goes by their keys: ``golden_x_active`` is still ``gold_x_active`` when it was ``gold``.

        Where only the data tells all cells (``golden_x_high_frequency``) none is listed.
        """
        keys: dict[str, str] = {}
        for priority in self.priorities or ():
            if priority.name is None and priority.segmentation in others:
                keys[priority.segment] = (
                    others[priority.segmentation].segment_keys(others).get(priority.segment, priority.segment)
                )
        crossed = [(others[each].segment_names(others), others[each].segment_keys(others)) for each in self.of or ()]
        if any(name != key for _, renamed in crossed for name, key in renamed.items()):
            for cell in product(*(names for names, _ in crossed)):
                parts = [renamed.get(part, part) for part, (_, renamed) in zip(cell, crossed, strict=True)]
                keys[CROSS.join(cell)] = CROSS.join(parts)
        return keys

    def named_segments(self) -> tuple[tuple[KeyPath, str], ...]:
        ranked = len(self.priorities or ())
        return tuple(
            (("priorities", position) if position < ranked else ("else",), segment.name)
            for position, segment in enumerate(self.rules())
        )

    def problems(self, check: Check) -> Iterator[Diagnostic]:
        """Segmentations that do not exist, cannot be crossed or lead back here, and segments that do not exist."""
        yield from self._cross_problems(check, check.config.segmentations)
        for position, (priority, segment) in enumerate(zip(self.priorities or (), self.rules(), strict=False)):
            try:
                check.known.parse(segment.when)
            except RuleError as error:
                key = "segment" if priority.segmentation in check.known.segmentations else "segmentation"
                for mistake in error.mistakes:
                    yield check.problem(("priorities", position, key), mistake.found, mistake.expected, mistake.suggestion)

    def _cross_problems(self, check: Check, others: Mapping[str, Segmentation]) -> Iterator[Diagnostic]:
        off = check.known.unavailable
        exclusive = [name for name, segmentation in others.items() if segmentation.is_exclusive and name not in off]
        for position, name in enumerate(self.of or ()):
            place: KeyPath = ("of", position)
            if name in off:
                yield check.problem(place, f"'{name}', {off[name]}", one_of(exclusive, "segmentation"))
            elif name not in others:
                hint = did_you_mean(name, exclusive)
                yield check.problem(place, f"the unknown segmentation '{name}'", one_of(exclusive, "segmentation"), hint)
            elif name not in exclusive:
                found = f"'{name}', whose segments overlap (exclusive: false)"
                yield check.problem(place, found, one_of(exclusive, "exclusive segmentation"), "name its segments as priorities")
            elif name in (self.of or ())[:position]:
                yield check.problem(place, f"'{name}' a second time", "each segmentation once")

    def segment(self, name: str, table: ir.Table, day: Assigning) -> ir.Value:
        if not self.of:
            return first_that_holds(self.rules(), table, day.bind)
        return self._cell(table, self._kept_cells(day.engine, table))

    def _kept_cells(self, engine: Engine, table: ir.Table) -> tuple[str, ...]:
        """The cells that are segments of their own, measured now: the ``max_cells`` largest of at least
        ``min_size`` customers; of equals those that come first by name."""
        named = table.select(cell=self._combination(table))
        sizes = named.filter(named.cell.notnull()).group_by("cell").agg(customers=ibis._.count())
        enough = sizes.filter(sizes.customers >= self.min_size).order_by(sizes.customers.desc(), sizes.cell)
        return tuple(str(row["cell"]) for row in engine.rows(enough.limit(self.max_cells)))

    def _cell(self, table: ir.Table, kept: Sequence[str]) -> ir.StringValue:
        """The customer's cell, or ``other`` for one that is not kept; null for customers in no segment of one of the crossed."""
        own = self._combination(table)
        return ibis.cases((own.isin(kept), own), (own.notnull(), self.other), else_=ibis.null("string"))

    def _combination(self, table: ir.Table) -> ir.StringValue:
        """Null when one of the segments is: text joined with the unknown is unknown."""
        first, *others = (table[name] for name in self.of or ())
        return reduce(lambda joined, segment: joined + CROSS + segment, others, first)

    def define(self, name: str, assigned: Assigned) -> list[SegmentDefinition]:
        if not self.of:
            return rule_definitions(name, self.rules())
        segments = assigned.segments
        kept = segments.filter(segments[name] != self.other).select(name, *self.of).distinct().order_by(name)
        found = [
            SegmentDefinition(name, str(row[name]), " and ".join(f"{each} is {row[each]}" for each in self.of))
            for row in assigned.engine.rows(kept)
        ]
        small = f", or has fewer than {self.min_size} customers" if self.min_size else ""
        rest = f"{' and '.join(self.of)} are known, and the cell is not among the {self.max_cells} largest{small}"
        return [*found, SegmentDefinition(name, self.other, rest)]

    def decisions(self, definitions: Sequence[SegmentDefinition]) -> Mapping[str, object]:
        if not self.of:
            return rule_decisions(self.rules(), exclusive=True)
        return {"of": self.of, "max_cells": self.max_cells, "other": self.other, "min_size": self.min_size}

    def explaining_columns(self) -> tuple[str, ...]:
        return self.of or ()

    def explain(self, name: str, asked: Asked) -> Explanation:
        return super().explain(name, asked) if self.of else by_rules(name, asked, self.rules(), only_one=True)


def _member(segmentation: str, segment: str) -> str:
    quoted = segment.replace("'", "''")
    return f"{IN_SEGMENT}({segmentation}, '{quoted}')"
