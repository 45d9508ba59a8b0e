"""The customer's birthday.  Birth dates stay in schema ``pii``: what leaves it is the day in the year of the list."""

from __future__ import annotations

from typing import ClassVar, Literal

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.triggers.day_of_year import LeapDay, comes_back
from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.identity.canonical import personal_table


class BirthdayTrigger(Trigger):
    """``leap_day`` is when those born on 29 February celebrate where there is none."""

    on: Literal["birthday"]
    leap_day: LeapDay = "feb_28"

    foreseeable: ClassVar[bool] = True

    @property
    def words(self) -> str:
        return "birthday"

    def needs(self) -> tuple[str, ...]:
        return ("customers.birth_date",)

    def off(self, config: Config) -> str | None:
        allowed = "birthday" in config.privacy.attributes
        return None if allowed else "privacy.yaml does not allow it; add it to privacy.yaml, attributes: birthday"

    def reads(self, config: Config) -> tuple[str, ...]:
        return (personal_table(config),)

    def happened(self, inputs: Inputs) -> ir.Table:
        return comes_back(inputs.table(personal_table(inputs.config)), "birth_date", inputs, self.leap_day)
