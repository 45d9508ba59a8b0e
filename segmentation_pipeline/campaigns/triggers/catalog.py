"""The triggers there are, and ``campaigns.yaml`` with the keys each of them takes.

The one registration line of a new trigger is its entry in ``TRIGGERS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Union, cast

from pydantic import Field

from segmentation_pipeline.campaigns.triggers.abandoned_cart import AbandonedCartTrigger
from segmentation_pipeline.campaigns.triggers.birthday import BirthdayTrigger
from segmentation_pipeline.campaigns.triggers.browsed import BrowsedTrigger
from segmentation_pipeline.campaigns.triggers.first_order_anniversary import FirstOrderAnniversaryTrigger
from segmentation_pipeline.campaigns.triggers.nth_order import NthOrderTrigger
from segmentation_pipeline.campaigns.triggers.occasion import OccasionTrigger
from segmentation_pipeline.campaigns.triggers.points_expiring import PointsExpiringTrigger
from segmentation_pipeline.campaigns.triggers.price_lowered import PriceLoweredTrigger
from segmentation_pipeline.campaigns.triggers.replenishment_due import ReplenishmentDueTrigger
from segmentation_pipeline.campaigns.triggers.segment_changed import SegmentEnteredTrigger, SegmentLeftTrigger
from segmentation_pipeline.campaigns.triggers.spend_reached import SpendReachedTrigger
from segmentation_pipeline.campaigns.triggers.tier_reached import TierReachedTrigger
from segmentation_pipeline.campaigns.triggers.trigger import Trigger
from segmentation_pipeline.config.schema import Campaign, CampaignsConfig, Config, Name
from segmentation_pipeline.config.schema.composed import with_field

TRIGGERS: tuple[type[Trigger], ...] = (
    # Of the calendar.
    BirthdayTrigger,
    FirstOrderAnniversaryTrigger,
    OccasionTrigger,
    # Of what was bought.
    NthOrderTrigger,
    SpendReachedTrigger,
    ReplenishmentDueTrigger,
    PriceLoweredTrigger,
    # Of the loyalty programme.
    TierReachedTrigger,
    PointsExpiringTrigger,
    # Of the web shop.
    AbandonedCartTrigger,
    BrowsedTrigger,
    # Of segments.
    SegmentEnteredTrigger,
    SegmentLeftTrigger,
)


@cache
def campaigns_model() -> type[CampaignsConfig]:
    """The model of ``campaigns.yaml`` with the keys of every trigger."""
    any_trigger: Any = Annotated[Union[(*TRIGGERS, None)], Field(discriminator="on")]  # of a tuple
    campaign: Any = with_field(Campaign, "trigger", any_trigger, None)
    return with_field(CampaignsConfig, "campaigns", dict[Name, campaign], ...)


def triggers_of(config: Config) -> Mapping[str, Trigger]:
    """The triggers of a loaded configuration by campaign, with all that a trigger answers."""
    found = {name: campaign.trigger for name, campaign in config.campaigns.items()}
    return {name: cast(Trigger, trigger) for name, trigger in found.items() if trigger is not None}


def trigger_tables(config: Config) -> tuple[str, ...]:
    """The tables the triggers of a configuration read beside ``customer_profile``."""
    return tuple(dict.fromkeys(table for trigger in triggers_of(config).values() for table in trigger.reads(config)))
