"""``trigger`` and ``depends_on`` of a campaign: on which day something happens to a customer that the message answers.

Belongs here: what every trigger may be told, and the steps of a journey.  Does not belong here: the triggers.  Each is one
file of ``campaigns/triggers``, keys and computing together.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from segmentation_pipeline.config.schema.base import Model, Name, RuleText

Lead = Annotated[int, Field(ge=0, le=365)]
Since = Literal["not_ordered", "ordered", "any"]


class TriggerConfig(Model):
    """Something that happens to customers, each on a day of their own, and when it is answered.

    ``on`` is what happens.  ``days_before`` or ``days_after`` the day the message is due; ``within_days`` is how many days later
    it may still be sent, where a night was missed.
    """

    on: str
    days_before: Lead = 0
    days_after: Lead = 0
    within_days: Lead = 0

    @property
    def words(self) -> str:
        """What it is, in words that may follow "no" and precede "on 2026-06-07"."""
        raise NotImplementedError

    @property
    def since_then(self) -> str:
        """What must be so since, in words behind the day."""
        return ""

    def event_days(self, as_of: date) -> tuple[date, date]:
        """The first and the last day of what a list of ``as_of`` answers."""
        last = as_of + timedelta(days=self.days_before - self.days_after)
        return last - timedelta(days=self.within_days), last


class DependsOn(Model):
    """A step of a journey: whom ``campaign`` contacted ``days_after`` days ago, and what they did since.

    ``if`` is ``not_ordered``, ``ordered``, ``any``, or a rule over the columns of ``customer_profile``; ``within_days`` is
    how many days later the step may still be taken.
    """

    campaign: Name
    days_after: Annotated[int, Field(ge=1, le=365)]
    since: Annotated[Since | RuleText, Field(alias="if", description="not_ordered, ordered, any or a rule")] = "not_ordered"
    within_days: Lead = 0

    @property
    def rule(self) -> str | None:
        """The rule that must hold; None where orders tell, or nothing need be so."""
        return None if self.since in ("not_ordered", "ordered", "any") else self.since

    @property
    def words(self) -> str:
        """What it is, in words that may follow "no" and precede "on 2026-06-07"."""
        return f"contact by {self.campaign}"

    @property
    def since_then(self) -> str:
        """What must be so since, in words behind the day."""
        return {"not_ordered": " with no order since", "ordered": " with an order since"}.get(self.since, "")

    def event_days(self, as_of: date) -> tuple[date, date]:
        """The first and the last day of the contacts that a list of ``as_of`` follows."""
        last = as_of - timedelta(days=self.days_after)
        return last - timedelta(days=self.within_days), last
