"""The gate decides rightly for every way of being left out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from segmentation_pipeline.campaigns.gate import CampaignError, select_audience
from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
NOT_REQUIRED = PrivacyConfig(salt="test-salt-1", consent="not_required", consent_not_required_reason="transactional mail only")


def judge(*rows: tuple[str, bool | None, float | None], **changes: Any) -> dict[str, dict[str, Any]]:
    """The gate's row per customer the rule names; everyone is reachable and consents unless changed."""
    everyone = [row[0] for row in rows]
    settings = {name: changes.pop(name) for name in ("limit", "quiet_days", "holdout_share", "rank_by") if name in changes}
    arguments: dict[str, Any] = {
        "addresses": shop.addresses(*everyone),
        "consents": shop.granted(*everyone),
        "suppressions": None,
        "past_contacts": None,
        "privacy": shop.PRIVACY,
        "as_of": shop.AS_OF,
    }
    selection = select_audience("spring", shop.campaign(**settings), shop.profile(*rows), shop.bind, **(arguments | changes))
    return {str(row["customer_id"]): row for row in ENGINE.rows(selection)}


def outcomes(*rows: tuple[str, bool | None, float | None], **changes: Any) -> dict[str, str]:
    return {customer: row["outcome"] for customer, row in judge(*rows, **changes).items()}


def test_every_step_stops_its_customer_and_says_why():
    found = judge(
        ("rule", False, 9.0),
        ("address", True, 9.0),
        ("consent", True, 9.0),
        ("suppressed", True, 9.0),
        ("recent", True, 9.0),
        ("best", True, 8.0),
        ("second", True, 7.0),
        ("beyond", True, 6.0),
        limit=2,
        quiet_days=7,
        addresses=shop.addresses("rule", "consent", "suppressed", "recent", "best", "second", "beyond"),
        consents=shop.granted("rule", "address", "suppressed", "recent", "best", "second", "beyond"),
        suppressions=shop.suppressions(("suppressed", date(2026, 3, 31))),
        past_contacts=shop.contacts(("recent", "treatment", date(2026, 3, 25))),
    )
    assert {customer: (row["outcome"], row["rank"], row["reason"]) for customer, row in found.items()} == {
        "address": ("address", None, "no usable e-mail address"),
        "consent": ("consent", None, "no consent for email/marketing: never given"),
        "suppressed": ("suppression", None, "suppressed since 2026-03-31"),
        "recent": ("recent_contact", None, "contacted on 2026-03-25, quiet time is 7 days"),
        "best": ("treatment", 1, "rule holds: wanted; consent for email/marketing since 2026-01-01; rank 1 by clv"),
        "second": ("treatment", 2, "rule holds: wanted; consent for email/marketing since 2026-01-01; rank 2 by clv"),
        "beyond": ("limit", 3, "rank 3 by clv, limit is 2"),
    }
    assert found["beyond"]["expected_value"] == 6.0


def test_an_earlier_step_is_named_when_several_would_stop_someone():
    assert outcomes(("a", False, 1.0), addresses=shop.addresses(), consents=None) == {}
    assert outcomes(("a", True, 1.0), addresses=shop.addresses(), consents=None) == {"a": "address"}


def test_an_unknown_rule_result_is_a_no():
    assert outcomes(("a", None, 1.0)) == {}


def test_the_address_must_be_one_of_the_campaigns_channel():
    by_mail = shop.table(
        {"customer_id": "string", "reachable_email": "boolean", "reachable_sms": "boolean", "reachable_post": "boolean"},
        [("a", False, True, True)],
    )
    assert outcomes(("a", True, 1.0), addresses=by_mail) == {"a": "address"}


def test_the_last_consent_event_up_to_the_day_decides():
    events = shop.consents(
        ("back", "email", "marketing", "granted", datetime(2026, 1, 1)),
        ("back", "email", "marketing", "withdrawn", datetime(2026, 2, 1)),
        ("back", "email", "marketing", "granted", datetime(2026, 3, 1)),
        ("gone", "email", "marketing", "granted", datetime(2026, 2, 1)),
        ("gone", "email", "marketing", "withdrawn", datetime(2026, 3, 1)),
        ("later", "email", "marketing", "granted", datetime(2026, 4, 1)),
        ("not_yet", "email", "marketing", "granted", datetime(2026, 3, 31, 23, 59)),
        ("not_yet", "email", "marketing", "withdrawn", datetime(2026, 4, 1)),
        ("same", "email", "marketing", "granted", datetime(2026, 3, 1, 12)),
        ("same", "email", "marketing", "withdrawn", datetime(2026, 3, 1, 12)),
    )
    found = judge(*((name, True, 1.0) for name in ("back", "gone", "later", "not_yet", "same")), consents=events)
    assert {name: row["outcome"] for name, row in found.items()} == {
        "back": "treatment",
        "gone": "consent",
        "later": "consent",
        "not_yet": "treatment",
        "same": "consent",
    }
    assert found["gone"]["reason"] == "no consent for email/marketing: withdrawn on 2026-03-01"
    assert "consent for email/marketing since 2026-03-01" in found["back"]["reason"]


def test_consent_counts_for_its_channel_and_purpose_only_whatever_the_case():
    events = shop.consents(
        ("sms", "sms", "marketing", "granted", datetime(2026, 1, 1)),
        ("survey", "email", "surveys", "granted", datetime(2026, 1, 1)),
        ("loud", " Email ", "MARKETING", "Granted", datetime(2026, 1, 1)),
        ("other", "email", "marketing", "granted", datetime(2026, 1, 1)),
        ("other", "email", "surveys", "withdrawn", datetime(2026, 2, 1)),
    )
    assert outcomes(*((name, True, 1.0) for name in ("sms", "survey", "loud", "other")), consents=events) == {
        "sms": "consent",
        "survey": "consent",
        "loud": "treatment",
        "other": "treatment",
    }


def test_a_status_that_is_not_granted_counts_as_withdrawn():
    events = shop.consents(
        ("a", "email", "marketing", "granted", datetime(2026, 1, 1)),
        ("a", "email", "marketing", "pending", datetime(2026, 2, 1)),
    )
    assert outcomes(("a", True, 1.0), consents=events) == {"a": "consent"}


def test_without_a_ledger_nobody_passes():
    found = judge(("a", True, 1.0), consents=None)
    assert found["a"]["outcome"] == "consent"
    assert found["a"]["reason"] == "no consent ledger is configured, so nobody may be contacted"


def test_consent_not_required_passes_everyone_and_records_the_ground():
    found = judge(("a", True, 1.0), consents=None, privacy=NOT_REQUIRED)
    assert found["a"]["outcome"] == "treatment"
    assert "consent not required: transactional mail only" in found["a"]["reason"]


def test_a_recorded_withdrawal_counts_even_when_consent_is_not_required():
    events = shop.consents(("gone", "email", "marketing", "withdrawn", datetime(2026, 3, 1)))
    assert outcomes(("gone", True, 1.0), ("never", True, 1.0), consents=events, privacy=NOT_REQUIRED) == {
        "gone": "consent",
        "never": "treatment",
    }


def test_a_suppression_of_tomorrow_does_not_count_today():
    listed = shop.suppressions(("a", date(2026, 4, 1)), ("b", date(2026, 3, 31)), ("b", date(2026, 4, 2)))
    assert outcomes(("a", True, 1.0), ("b", True, 1.0), suppressions=listed) == {"a": "treatment", "b": "suppression"}


def test_quiet_days_count_back_from_the_day_and_only_for_those_contacted():
    history = shop.contacts(
        ("today", "treatment", date(2026, 3, 31)),
        ("day7", "treatment", date(2026, 3, 25)),
        ("day8", "treatment", date(2026, 3, 24)),
        ("held", "holdout", date(2026, 3, 30)),
        ("future", "treatment", date(2026, 4, 1)),
        ("loud", "Treatment", date(2026, 3, 30)),
    )
    names = ("today", "day7", "day8", "held", "future", "loud")
    assert outcomes(*((name, True, 1.0) for name in names), past_contacts=history, quiet_days=7) == {
        "today": "recent_contact",
        "day7": "recent_contact",
        "day8": "treatment",
        "held": "treatment",
        "future": "treatment",
        "loud": "recent_contact",
    }
    assert set(outcomes(*((name, True, 1.0) for name in names), past_contacts=history).values()) == {"treatment"}


def test_unknown_values_rank_last():
    found = judge(("unknown", True, None), ("nan", True, float("nan")), ("low", True, -5.0), ("high", True, 5.0), limit=2)
    assert {name: row["outcome"] for name, row in found.items()} == {
        "high": "treatment",
        "low": "treatment",
        "unknown": "limit",
        "nan": "limit",
    }
    assert (found["high"]["rank"], found["low"]["rank"]) == (1, 2)
    assert found["nan"]["expected_value"] is None


def test_ties_are_drawn_the_same_way_whatever_the_order_of_rows():
    names = [f"c{number}" for number in range(20)]
    once = outcomes(*((name, True, 1.0) for name in names), limit=5)
    again = outcomes(*((name, True, 1.0) for name in reversed(names)), limit=5)
    assert once == again
    assert list(once.values()).count("treatment") == 5


def test_the_limit_counts_both_arms():
    names = [f"c{number:03}" for number in range(200)]
    found = list(outcomes(*((name, True, 1.0) for name in names), limit=100, holdout_share=0.3).values())
    assert found.count("treatment") + found.count("holdout") == 100
    assert 15 <= found.count("holdout") <= 45


@pytest.mark.parametrize("column", ["nowhere", "customer_id", "wanted"])
def test_a_rank_column_that_is_not_numeric_is_refused_with_the_choices(column):
    with pytest.raises(CampaignError, match=r"campaigns\.spring\.rank_by: .*Choose one of: clv"):
        judge(("a", True, 1.0), rank_by=column)
