"""The day of the first order, a year later and every year after."""

from __future__ import annotations

from typing import ClassVar, Literal

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.triggers.day_of_year import LeapDay, comes_back
from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger
from segmentation_pipeline.config.schema import Config


class FirstOrderAnniversaryTrigger(Trigger):
    """The first order is the first completed one that is known; ``leap_day`` as for birthdays."""

    on: Literal["first_order_anniversary"]
    leap_day: LeapDay = "feb_28"

    foreseeable: ClassVar[bool] = True

    @property
    def words(self) -> str:
        return "anniversary of the first order"

    def reads(self, config: Config) -> tuple[str, ...]:
        return ()

    def happened(self, inputs: Inputs) -> ir.Table:
        return comes_back(inputs.profile, "first_order_date", inputs, self.leap_day)
