"""``decision:`` in ``campaigns.yaml``: who gets which campaign where several want the same person, and how often."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from segmentation_pipeline.config.schema.base import MOST, MOST_DAYS, Amount, Model, Name


class Cap(Model):
    """At most ``contacts`` messages to one person in any ``days`` days, the day itself included.

    Of all channels and campaigns; with ``channel`` of that channel, with ``tag`` of the campaigns that have the tag.
    """

    contacts: Annotated[int, Field(ge=1, le=MOST)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)]
    channel: Literal["email", "sms", "post"] | None = None
    tag: Name | None = None

    @property
    def words(self) -> str:
        """What it allows, such as '2 contacts in 7 days by email'."""
        number = f"{self.contacts} contact{'s' if self.contacts > 1 else ''} in {self.days} day{'s' if self.days > 1 else ''}"
        by = f" by {self.channel}" if self.channel else ""
        return number + by + (f" of campaigns tagged {self.tag}" if self.tag else "")


class Decision(Model):
    """How campaigns share the customers of a day.

    ``by: each``: they do not compete, a person may be in several lists.  ``priority``: a person gets the first campaign by
    priority that wants them.  ``value``: the one that earns most, value less cost, and nobody who earns nothing.  ``caps``
    all hold.  ``budget`` is money a day for all campaigns.

    ``global_holdout_share`` of all people get none of the campaigns, but for transactional ones, so that the effect of all
    of them together can be measured.  ``global_holdout_draw`` is part of the draw: with another text, such as a year, other
    people are drawn.
    """

    by: Literal["each", "priority", "value"] = "each"
    caps: tuple[Cap, ...] = ()
    budget: Amount | None = None
    global_holdout_share: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    global_holdout_draw: str = ""
