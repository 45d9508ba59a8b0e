"""``campaigns.yaml``: who is to be contacted, how, and who is kept out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from segmentation_pipeline.config.schema.base import Model, Name, RuleText


class Campaign(Model):
    """Who is to be contacted, how, and how many are kept out to measure the effect.

    ``audience`` is a rule over the columns of ``customer_profile``.  ``rank_by`` orders the list,
    highest first; ``limit`` keeps the best.  ``quiet_days`` leaves out whom any campaign reached
    that recently.  ``one_per: address`` lists an address once, for the best ranked of those who have it;
    ``person`` lists it for each of them.
    """

    title: str
    description: str = ""
    owner: str = "team:crm"
    channel: Literal["email", "sms", "post"]
    purpose: str = "marketing"
    audience: RuleText
    rank_by: str = "clv"
    one_per: Literal["address", "person"] = "address"
    limit: Annotated[int, Field(ge=1)] | None = None
    quiet_days: Annotated[int, Field(ge=0)] = 0
    holdout_share: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.1


class CampaignsConfig(Model):
    campaigns: dict[Name, Campaign]
