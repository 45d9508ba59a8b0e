"""An occasion of the calendar, where the customer lives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar, Literal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from segmentation_pipeline.calendars.windows import windows
from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger
from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.features.calendar import common_occasions, follows_customer, regions_off
from segmentation_pipeline.features.family import is_mapped

_REGION = "holiday_region"


class OccasionTrigger(Trigger):
    """``occasion`` is one of ``features.occasions`` in ``pipeline.yaml``; it happens on its first day, or with
    ``day: last`` on its last.

    One that follows the customer's country happens where they live, and to nobody whose country is not known.
    """

    on: Literal["occasion"]
    occasion: str
    day: Literal["first", "last"] = "first"

    foreseeable: ClassVar[bool] = True

    @property
    def words(self) -> str:
        return f"{self.day} day of {self.occasion}"

    def off(self, config: Config) -> str | None:
        occasion = common_occasions(config).get(self.occasion)
        if occasion is None or not follows_customer(occasion):
            return None
        country = None if is_mapped(config, "customers.country") else "source 'customers' maps no column 'country'"
        return regions_off(config) or country

    def problems(self, config: Config, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
        known = tuple(common_occasions(config))
        if self.occasion in config.pipeline.features.occasions and self.occasion not in known:
            yield file.problem((*path, "occasion"), "an occasion that is everybody's own", "'on: birthday' for birthdays")
        elif self.occasion not in known:
            hint = did_you_mean(self.occasion, known) or "list it in pipeline.yaml, features.occasions"
            found = f"the unknown occasion '{self.occasion}'"
            yield file.problem((*path, "occasion"), found, one_of(known, "occasion") if known else "an occasion", hint)

    def reads(self, config: Config) -> tuple[str, ...]:
        return ()

    def happened(self, inputs: Inputs) -> ir.Table:
        profile = inputs.profile
        if not follows_customer(common_occasions(inputs.config)[self.occasion]):
            day = self._day(inputs, None)
            everybody = profile.select("customer_id", trigger_on=ibis.literal(day, "date"))
            return everybody.filter(day is not None)
        places = inputs.rows(profile.filter(profile[_REGION].notnull()).select(_REGION).distinct())
        found = {place: self._day(inputs, place) for place in sorted(str(row[_REGION]) for row in places)}
        there = {place: day for place, day in found.items() if day is not None}
        days = ibis.memtable(
            pa.table({_REGION: pa.array(there, pa.string()), "trigger_on": pa.array(there.values(), pa.date32())})
        )
        return profile.select("customer_id", _REGION).inner_join(days, _REGION).select("customer_id", "trigger_on")

    def _day(self, inputs: Inputs, place: str | None) -> date | None:
        """The last of the days asked for on which the occasion begins, or ends, at the place; None where none does."""
        occasion = common_occasions(inputs.config)[self.occasion]
        at = 0 if self.day == "first" else 1
        days = [window[at] for window in windows(occasion, inputs.first, inputs.last, place)]
        return max((day for day in days if inputs.first <= day <= inputs.last), default=None)
