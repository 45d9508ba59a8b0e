"""Consent coverage counts whom the gate would let through, channel by channel, and nobody else."""

from __future__ import annotations

from datetime import date, datetime

import ibis
import pytest

from segmentation_pipeline.campaigns.contactable import CHANNELS, CONTACTABLE, contactable_customers
from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
NOT_REQUIRED = PrivacyConfig(salt="test-salt-1", consent="not_required", consent_not_required_reason="a test")
EVERYBODY = ("yes", "silent", "withdrawn", "suppressed", "by_phone", "ads", "no_address")
SAID = datetime(2026, 1, 1)


def ledgers(**changes):
    given = {
        "accounts": shop.accounts(*EVERYBODY[:-1]),
        "consents": shop.consents(
            ("yes", "email", "marketing", "granted", SAID),
            ("withdrawn", "email", "marketing", "withdrawn", SAID),
            ("suppressed", "email", "marketing", "granted", SAID),
            ("by_phone", "sms", "marketing", "granted", SAID),
            ("ads", "ads", "ad_audiences", "granted", SAID),
            ("no_address", "email", "marketing", "granted", SAID),
        ),
        "suppressions": shop.suppressions(("suppressed", date(2026, 1, 2))),
        "past_contacts": None,
    }
    return Ledgers(**(given | changes))


def reached(*channels, privacy=shop.PRIVACY, **changes):
    profile = shop.profile(*((who, True, 1.0) for who in EVERYBODY))
    made = contactable_customers(profile, channels, ledgers(**changes), privacy)
    assert made.schema() == ibis.schema(CONTACTABLE)
    rows = ENGINE.rows(made)
    assert sorted(row["customer_id"] for row in rows) == sorted(EVERYBODY), "everybody once"
    assert all(row[channel] is None for row in rows for channel in CHANNELS if channel not in channels)
    return {channel: {row["customer_id"] for row in rows if row[channel]} for channel in channels}


def test_each_channel_has_those_who_agreed_to_it_and_can_be_reached():
    assert reached("email", "sms", "post", "ads") == {"email": {"yes"}, "sms": {"by_phone"}, "post": set(), "ads": {"ads"}}


def test_where_consent_is_not_required_a_no_still_counts():
    assert reached("email", privacy=NOT_REQUIRED) == {"email": {"yes", "silent", "by_phone", "ads"}}


def test_without_a_ledger_nobody_may_be_reached():
    assert reached("email", consents=None) == {"email": set()}


@pytest.mark.parametrize("privacy", [shop.PRIVACY, NOT_REQUIRED], ids=["required", "not required"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_it_is_the_answer_of_the_gate(channel, privacy):
    """Whom a campaign for everybody, without limit and holdout, contacts on the channel."""
    of_ads = {"purpose": "ad_audiences", "kind": "standing"} if channel == "ads" else {}
    context = CampaignContext("spring", shop.campaign(channel=channel, **of_ads), privacy, shop.AS_OF)
    profile = shop.profile(*((who, True, 1.0) for who in EVERYBODY))
    chosen = ENGINE.rows(select_audience(context, profile, shop.bind, ledgers()))
    assert {row["customer_id"] for row in chosen if row["outcome"] == "treatment"} == reached(channel, privacy=privacy)[channel]
