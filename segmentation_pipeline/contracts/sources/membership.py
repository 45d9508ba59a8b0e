"""What ties a customer to the shop: loyalty programme, subscriptions and their use."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources.base import OF_CUSTOMER, Source, count, instant, key, text

LOYALTY = Source(
    name="loyalty",
    description="An event of the loyalty programme: somebody joined, earned or spent points, changed tier, brought a friend.",
    columns=(
        key("event_id", "The event."),
        key("customer_id", "The member."),
        instant("occurred_at", "When it happened."),
        text(
            "event",
            "joined, left, earned, redeemed, expired, tier_changed or referred.",
            required=True,
            allowed=("joined", "left", "earned", "redeemed", "expired", "tier_changed", "referred"),
        ),
        count("points", "Points earned, redeemed or expired; never negative.", "points"),
        Column("expires_at", Type.INSTANT, "When points earned lapse.", unit="UTC", null_means="never, or not an earning"),
        text("tier", "Tier reached, for example bronze, silver, gold."),
    ),
    natural_key=("event_id",),
    event_time="occurred_at",
    references=(OF_CUSTOMER,),
)

SUBSCRIPTIONS = Source(
    name="subscriptions",
    description="A subscription as it is from a moment on: started, changed, renewed, paused or cancelled.",
    columns=(
        key("subscription_id", "The subscription."),
        key("customer_id", "Who subscribes."),
        instant("changed_at", "From when it is so."),
        text("status", "trial, active, paused or cancelled.", required=True, allowed=("trial", "active", "paused", "cancelled")),
        text("plan", "What is subscribed to."),
        count("seats", "Users or units paid for.", "seats"),
        Column("monthly_amount", Type.MONEY, "Paid per month.", unit="base currency", null_means="not known", minimum=0.0),
        Column("renews_at", Type.INSTANT, "When it renews next.", unit="UTC", null_means="not known"),
    ),
    natural_key=("subscription_id", "changed_at"),
    event_time="changed_at",
    references=(OF_CUSTOMER,),
)

USAGE = Source(
    name="usage",
    description="A use of what was bought or subscribed to.",
    columns=(
        key("customer_id", "Who used it."),
        instant("used_at", "When."),
        text("feature", "What was used.", required=True),
        count("quantity", "How many times or units; where nothing is said, once.", "uses"),
    ),
    natural_key=("customer_id", "feature", "used_at"),
    event_time="used_at",
    references=(OF_CUSTOMER,),
)
