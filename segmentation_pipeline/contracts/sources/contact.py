"""Whom the shop may contact, whom it did, and what that cost."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources.base import OF_CUSTOMER, UPDATED_AT, Source, instant, key, text

CONSENTS = Source(
    name="consents",
    description="An event of the consent ledger; the last one up to a day counts.",
    columns=(
        key("customer_id", "Who gave or withdrew consent."),
        text("channel", "Channel the consent is for: email, sms, post, ...", required=True),
        text("purpose", "Purpose the consent is for: marketing, ...", required=True),
        text("status", "granted or withdrawn.", required=True, allowed=("granted", "withdrawn")),
        Column("occurred_at", Type.INSTANT, "When it was given or withdrawn.", unit="UTC", required=True),
    ),
    natural_key=("customer_id", "channel", "purpose", "status", "occurred_at"),
    event_time="occurred_at",
    references=(OF_CUSTOMER,),
)

SUPPRESSIONS = Source(
    name="suppressions",
    description="A customer who must not be contacted from a day on, whatever the consent says.",
    columns=(
        key("customer_id", "Who must not be contacted."),
        text("reason", "Why: complaint, deceased, legal, bounced, ..."),
        Column("suppressed_at", Type.INSTANT, "From when.", unit="UTC", required=True),
    ),
    natural_key=("customer_id", "suppressed_at"),
    event_time="suppressed_at",
)

CAMPAIGN_CONTACTS = Source(
    name="campaign_contacts",
    description="A customer drawn for a past campaign: which arm, and what happened after.",
    columns=(
        key("campaign", "The campaign."),
        key("customer_id", "The customer drawn."),
        Column("contacted_at", Type.INSTANT, "When the campaign went out.", unit="UTC", required=True),
        text("channel", "Channel of the contact."),
        text("arm", "treatment (was contacted) or holdout (was kept out).", required=True, allowed=("treatment", "holdout")),
        Column(
            "converted_at", Type.INSTANT, "First order in the outcome window.", unit="UTC", null_means="no order in the window"
        ),
        Column(
            "outcome_amount",
            Type.MONEY,
            "Revenue in the outcome window.",
            unit="base currency",
            null_means="not known",
            minimum=0.0,
        ),
        UPDATED_AT,
    ),
    natural_key=("campaign", "customer_id", "contacted_at"),
    event_time="contacted_at",
    version="updated_at",
    references=(OF_CUSTOMER,),
)

MARKETING_COSTS = Source(
    name="marketing_costs",
    description="What was spent in a channel for a campaign; sent again with a later updated_at, a row replaces the first.",
    columns=(
        key("campaign", "The campaign, as in campaign_contacts, or what else the money was for, such as brand."),
        text("channel", "Channel it was spent in: email, search, social, print, ...", required=True),
        instant("spent_at", "When, or the day on which."),
        Column(
            "amount", Type.MONEY, "What was spent.", unit="base currency", required=True, minimum=0.0, maximum=1_000_000_000.0
        ),
        UPDATED_AT,
    ),
    natural_key=("campaign", "channel", "spent_at"),
    event_time="spent_at",
    version="updated_at",
)
