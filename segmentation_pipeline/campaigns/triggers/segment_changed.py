"""A customer has entered a segment, or left one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger
from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.history.labels import key_of
from segmentation_pipeline.history.spells import members_as_of


class _SegmentTrigger(Trigger):
    """``segment`` of ``segmentation``, as ``segment_history`` has it: against the observed day before.

    On the first day a segmentation is observed nobody has entered it.
    """

    segmentation: str
    segment: str

    def problems(self, config: Config, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
        known = config.segmentations
        if self.segmentation not in known:
            found, hint = f"the unknown segmentation '{self.segmentation}'", did_you_mean(self.segmentation, known)
            yield file.problem((*path, "segmentation"), found, one_of(known, "segmentation"), hint)
            return
        names = known[self.segmentation].segment_names(known)
        if names and self.segment not in names:
            found, hint = f"the unknown segment '{self.segment}'", did_you_mean(self.segment, names)
            yield file.problem((*path, "segment"), found, one_of(names, "segment"), hint)

    def reads(self, config: Config) -> tuple[str, ...]:
        return (tables.SEGMENT_HISTORY, tables.OBSERVED_DAYS)

    def stays(self, inputs: Inputs) -> ir.Table:
        """The stays of customers in the segment."""
        history = inputs.table(tables.SEGMENT_HISTORY)
        return history.filter(history.segmentation == self.segmentation, history.segment == self.segment)

    def members(self, inputs: Inputs) -> ir.Table:
        """customer_id of who is in the segment at the end of the day."""
        return members_as_of(inputs.table(tables.SEGMENT_HISTORY), self.segmentation, self.segment, inputs.as_of)


class SegmentEnteredTrigger(_SegmentTrigger):
    """The day on which the customer was first found in the segment; who has left it since has not entered it."""

    on: Literal["segment_entered"]

    @property
    def words(self) -> str:
        return f"entry into {self.segmentation}.{self.segment}"

    def happened(self, inputs: Inputs) -> ir.Table:
        days = inputs.table(tables.OBSERVED_DAYS)
        days = days.filter(days.segmentation == key_of(self.segmentation, inputs.config.segmentations))
        first = days.agg(first_observed=days.as_of.min())
        stays = self.stays(inputs)
        lately = stays.filter(inputs.asked(stays.valid_from)).cross_join(first)
        entered = lately.filter(lately.valid_from > lately.first_observed)
        return entered.semi_join(self.members(inputs), "customer_id").select("customer_id", trigger_on="valid_from")


class SegmentLeftTrigger(_SegmentTrigger):
    """The day on which the customer was first found out of the segment; who is in it again has not left it."""

    on: Literal["segment_left"]

    @property
    def words(self) -> str:
        return f"exit from {self.segmentation}.{self.segment}"

    def happened(self, inputs: Inputs) -> ir.Table:
        stays = self.stays(inputs)
        left = stays.filter(inputs.asked(stays.valid_to).fill_null(False))
        return left.anti_join(self.members(inputs), "customer_id").select("customer_id", trigger_on="valid_to")
