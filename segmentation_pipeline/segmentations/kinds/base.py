"""What a kind of segmentation is: the keys it adds to ``segmentations.yaml`` and the answers it gives, in one class.

A kind is one file of this folder and one line of the list in ``kinds/__init__.py``.  What is asked of every kind is
declared here; who asks knows no kind by name.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, final

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import ModelsConfig, Segmentation
from segmentation_pipeline.config.yaml_file import KeyPath
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.rules.decision_boundaries import DecisionBoundaries
from segmentation_pipeline.segmentations.cut_points import CutPoint
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.explanation import Asked, Explanation, by_columns
from segmentation_pipeline.segmentations.kinds.check import Check

Bind = Callable[[str, ir.Table], ir.BooleanValue]
"""A rule's text and a table to the rule as a condition on that table."""


@dataclass(frozen=True, slots=True)
class Assigning:
    """What everybody's segments are found with: where to count, the day's cut points by segmentation, and rules."""

    engine: Engine
    cut_points: Mapping[str, Sequence[CutPoint]]
    bind: Bind


@dataclass(frozen=True, slots=True)
class Assigned:
    """What segments are put into words from: everybody's segments (``all_segments``), the day's cut points of this
    segmentation, and what the models say of their segments."""

    engine: Engine
    segments: ir.Table
    cut_points: Sequence[CutPoint]
    words: Mapping[str, str]


class SegmentationKind(Segmentation):
    """A kind: its keys are its pydantic fields, ``kind`` a literal of the one word that chooses it."""

    @abstractmethod
    def problems(self, check: Check) -> Iterator[Diagnostic]:
        """What is wrong with its keys that only the rest of the project tells: columns, models and segments that do not exist."""

    def named_segments(self) -> tuple[tuple[KeyPath, str], ...]:
        """The names the configuration gives its segments, each with the keys it stands under."""
        return tuple((("segments", position, "name"), name) for position, (name, _) in enumerate(self.labelled()))

    def columns_read(self) -> tuple[str, ...]:
        """The columns of the scored customers it is made from, beside those its rules name."""
        return ()  # the binding of a rule checks the rule's columns

    def cut_points(self, engine: Engine, scored: ir.Table) -> tuple[CutPoint, ...]:
        """Where its segments begin on a column, measured now over everybody, best first; none for most kinds."""
        return ()

    @classmethod
    def prepared(cls, scored: ir.Table, of_kind: Mapping[str, Self]) -> ir.Table:
        """``scored`` with what ``segment`` needs to know of everybody.

        Asked once for all segmentations of the kind: tables counted one upon the other would each double the work before.
        """
        return scored

    @abstractmethod
    def segment(self, name: str, table: ir.Table, day: Assigning) -> ir.Value:
        """Each customer's segment as text, null for none; ``table`` has those of the segmentations it is made from.

        Not asked of segments that overlap: those are the rules that hold.
        """

    def score(self, profile: ir.Table) -> ir.Value:
        """How well each customer fits, as a double; null for kinds without."""
        return ibis.null("float64")

    def follows_from_columns(self, cuts: Sequence[CutPoint], following: Collection[str]) -> bool:
        """Whether a customer's segment follows from single columns, given the day's cut points, with nobody counted.

        ``following`` are columns of models that themselves follow from others on that day.
        """
        return bool(self.rules())

    def edges(self, cuts: Sequence[CutPoint]) -> tuple[DecisionBoundaries, ...]:
        """The values of columns at which its segments meet, beside those of its rules."""
        return ()

    def words(self, models: ModelsConfig, registered: Registered) -> Mapping[str, str]:
        """By segment, what the model it is made by says of it; nothing for kinds without a model."""
        return {}

    @abstractmethod
    def define(self, name: str, assigned: Assigned) -> list[SegmentDefinition]:
        """Every segment and who is in it, in words; also those nobody is in."""

    @abstractmethod
    def decisions(self, definitions: Sequence[SegmentDefinition]) -> Mapping[str, object]:
        """All that decides who is in which segment, fit for JSON; ``definitions`` are those of its segments.

        Not what it reads of other segmentations, whose versions count as well, and no titles, texts or owners.
        """

    @final
    def version_basis(self, definitions: Sequence[SegmentDefinition]) -> dict[str, object]:
        """What its version is a hash of."""
        return {"kind": self.kind, **self.decisions(definitions)}

    def explaining_columns(self) -> tuple[str, ...]:
        """The columns whose values say why a customer is in a segment."""
        return self.columns_read()

    def why_unassigned(self, asked: Asked) -> str | None:
        """Why this customer has no segment, where that is not for an unknown value."""
        return None

    def explain(self, name: str, asked: Asked) -> Explanation:
        """Why the customer is in the segment, or in none."""
        return by_columns(name, asked, self.explaining_columns(), self.why_unassigned(asked))

    def notes(self, customer: Mapping[str, object], registered: Registered) -> tuple[str, ...]:
        """What else there is to say of a customer in a segment."""
        return ()
