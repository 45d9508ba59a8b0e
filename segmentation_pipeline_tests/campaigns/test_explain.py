"""One customer's standing in every campaign, in words."""

from __future__ import annotations

from datetime import datetime

import ibis

from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.explain import explain_customer
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)


def selection(name, channel):
    events = shop.consents(
        ("a", "email", "marketing", "withdrawn", datetime(2026, 3, 1)),
        ("a", "sms", "marketing", "granted", datetime(2026, 1, 1)),
    )
    return select_audience(
        CampaignContext(name, shop.campaign(channel=channel), shop.PRIVACY, shop.AS_OF),
        shop.profile(("a", True, 1.0)),
        shop.bind,
        Ledgers(accounts=shop.accounts("a"), consents=events, suppressions=None, past_contacts=None),
    )


def test_says_in_or_where_and_why_left_out():
    campaigns = {name: shop.campaign(channel=channel) for name, channel in (("texts", "sms"), ("mails", "email"))}
    selections = ibis.union(*(selection(n, c.channel).mutate(campaign=ibis.literal(n)) for n, c in campaigns.items()))
    assert explain_customer(ENGINE, selections, campaigns, "a") == [
        {
            "campaign": "mails",
            "arm": None,
            "stopped_at": "consent",
            "rank": None,
            "reason": "no consent for email/marketing: withdrawn on 2026-03-01",
        },
        {
            "campaign": "texts",
            "arm": "treatment",
            "stopped_at": None,
            "rank": 1,
            "reason": "rule holds: wanted; consent for sms/marketing since 2026-01-01; rank 1 by clv",
        },
    ]


def test_who_is_not_in_a_selection_was_stopped_by_the_rule():
    selections = selection("mails", "email").mutate(campaign=ibis.literal("mails"))
    assert explain_customer(ENGINE, selections, {"mails": shop.campaign()}, "b") == [
        {"campaign": "mails", "arm": None, "stopped_at": "rule", "rank": None, "reason": "rule does not hold: wanted"}
    ]
