"""Whom the shop may contact, whom it did, and what that cost."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.labels import ARM_WORDS, Arm
from segmentation_pipeline.contracts.sources.base import (
    OF_CUSTOMER,
    UPDATED_AT,
    Source,
    free_text,
    instant,
    key,
    optional_key,
    text,
)

ADDRESS_COLUMNS = (
    text("email", "E-mail address it is about, or its SHA-256 in hexadecimal (trimmed, lower case).", pii=True),
    text("phone", "Telephone number it is about, or the SHA-256 of its E.164 form.", pii=True),
    text("street", "Street and number of the postal address it is about.", pii=True),
    text("postal_code", "Postal code of that address.", pii=True),
    text("city", "Town of that address."),
)
"""An address a row of a ledger may name, instead of or beside a customer."""
NAMES_SOMEBODY = ("customer_id", "email", "phone", "street")
"""Columns of a ledger that can say whom a row is about."""
_NAMED = tuple(column.name for column in ADDRESS_COLUMNS)
_NO_CUSTOMER = "the row names an address"

CONSENTS = Source(
    name="consents",
    description="An event of the consent ledger; the last one up to a day counts.",
    columns=(
        optional_key("customer_id", "Who gave or withdrew consent.", _NO_CUSTOMER),
        *ADDRESS_COLUMNS,
        text("channel", "Channel the consent is for: email, sms, post, ...", required=True),
        text("purpose", "Purpose the consent is for: marketing, ...", required=True),
        text("status", "granted or withdrawn.", required=True, allowed=("granted", "withdrawn")),
        Column("occurred_at", Type.INSTANT, "When it was given or withdrawn.", unit="UTC", required=True),
    ),
    natural_key=("customer_id", *_NAMED, "channel", "purpose", "status", "occurred_at"),
    event_time="occurred_at",
    any_of=NAMES_SOMEBODY,
    references=(OF_CUSTOMER,),
)

SUPPRESSIONS = Source(
    name="suppressions",
    description="A customer or address that must not be contacted from a day on, whatever the consent says.",
    columns=(
        optional_key("customer_id", "Who must not be contacted.", _NO_CUSTOMER),
        *ADDRESS_COLUMNS,
        Column("channel", Type.TEXT, "Channel it is for: email, sms, post, ...", null_means="every channel"),
        free_text("reason", "Why: complaint, deceased, legal, bounced, ..."),
        Column("suppressed_at", Type.INSTANT, "From when.", unit="UTC", required=True),
        Column("ends_on", Type.DAY, "Last day it holds.", "day", "it does not end", ahead=True),
    ),
    natural_key=("customer_id", *_NAMED, "channel", "suppressed_at"),
    event_time="suppressed_at",
    any_of=NAMES_SOMEBODY,
)

RESTRICTIONS = Source(
    name="restrictions",
    description="A customer whose data may only be kept, not used: no score, no segment, no audience (GDPR article 18).",
    columns=(
        optional_key("customer_id", "Whose data is restricted.", _NO_CUSTOMER),
        *ADDRESS_COLUMNS,
        free_text("reason", "Why: accuracy contested, objection pending, legal claim, ..."),
        Column("restricted_at", Type.INSTANT, "From when.", unit="UTC", required=True),
        Column("ends_on", Type.DAY, "Last day it holds.", "day", "it does not end", ahead=True),
    ),
    natural_key=("customer_id", *_NAMED, "restricted_at"),
    event_time="restricted_at",
    any_of=NAMES_SOMEBODY,
)

CAMPAIGN_CONTACTS = Source(
    name="campaign_contacts",
    description="A customer drawn for a past campaign: which arm, and what happened after.",
    columns=(
        key("campaign", "The campaign."),
        key("customer_id", "The customer drawn."),
        Column("contacted_at", Type.INSTANT, "When the campaign went out.", unit="UTC", required=True),
        text("channel", "Channel of the contact."),
        Column(
            "arm",
            Type.TEXT,
            "holdout (was kept out; control is read as it), treatment (was contacted), or the name of an arm (was contacted with "
            "its message): one of campaigns.yaml, or one given under values.",
            required=True,
            allowed=tuple(arm.value for arm in Arm),
            also=tuple((word, arm.value) for arm, words in ARM_WORDS.items() for word in words),
            nameable=True,
        ),
        Column(
            "converted_at",
            Type.INSTANT,
            "First order in the outcome window.",
            unit="UTC",
            null_means="no order in the window",
            known_at=("converted_at",),
        ),
        Column(
            "outcome_amount",
            Type.MONEY,
            "Revenue in the outcome window.",
            unit="base currency",
            null_means="not known",
            minimum=0.0,
        ),
        Column("visited", Type.BOOLEAN, "Whether there was a visit in the outcome window.", null_means="not known"),
        Column("converted", Type.BOOLEAN, "Whether the outcome was reached in the outcome window.", null_means="not known"),
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
