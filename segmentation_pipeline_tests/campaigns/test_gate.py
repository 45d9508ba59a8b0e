"""The gate decides rightly for every way of being left out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
import pytest

from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.gate import CampaignError, select_audience
from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.accounts import accounts, with_unused_rows, without_unused_rows
from segmentation_pipeline.privacy.addresses import CHANNEL_FIELDS
from segmentation_pipeline.values.states import FUTURE_DATED, REJECTED
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
NOT_REQUIRED = PrivacyConfig(salt="test-salt-1", consent="not_required", consent_not_required_reason="transactional mail only")


def judge(*rows: tuple[str, bool | None, float | None], **changes: Any) -> dict[str, dict[str, Any]]:
    """The gate's row per customer the rule names; everyone is reachable and consents unless changed."""
    everyone = [row[0] for row in rows]
    settings = {
        name: changes.pop(name) for name in ("limit", "quiet_days", "holdout_share", "rank_by", "one_per") if name in changes
    }
    arguments: dict[str, Any] = {
        "accounts": shop.accounts(*everyone),
        "consents": shop.granted(*everyone),
        "suppressions": None,
        "past_contacts": None,
    }
    privacy, as_of = changes.pop("privacy", shop.PRIVACY), changes.pop("as_of", shop.AS_OF)
    context = CampaignContext("spring", shop.campaign(**settings), privacy, as_of)
    selection = select_audience(context, shop.profile(*rows), shop.bind, Ledgers(**(arguments | changes)))
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
        accounts=shop.accounts("rule", "consent", "suppressed", "recent", "best", "second", "beyond"),
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
    assert outcomes(("a", False, 1.0), accounts=shop.accounts(), consents=None) == {}
    assert outcomes(("a", True, 1.0), accounts=shop.accounts(), consents=None) == {"a": "address"}


def test_an_unknown_rule_result_is_a_no():
    assert outcomes(("a", None, 1.0)) == {}


def test_the_address_must_be_one_of_the_campaigns_channel():
    by_phone = shop.table(shop.ACCOUNT, [("a", "a", True, None, "+4917112345", "street|1", None, None)])
    assert outcomes(("a", True, 1.0), accounts=by_phone) == {"a": "address"}


def test_the_last_consent_event_decides_and_a_withdrawal_counts_before_its_day():
    events = shop.consents(
        ("back", "email", "marketing", "granted", datetime(2026, 1, 1)),
        ("back", "email", "marketing", "withdrawn", datetime(2026, 2, 1)),
        ("back", "email", "marketing", "granted", datetime(2026, 3, 1)),
        ("gone", "email", "marketing", "granted", datetime(2026, 2, 1)),
        ("gone", "email", "marketing", "withdrawn", datetime(2026, 3, 1)),
        ("later", "email", "marketing", "granted", datetime(2026, 4, 1)),
        ("objected_since", "email", "marketing", "granted", datetime(2026, 3, 31, 23, 59)),
        ("objected_since", "email", "marketing", "withdrawn", datetime(2026, 4, 1)),
        ("same", "email", "marketing", "granted", datetime(2026, 3, 1, 12)),
        ("same", "email", "marketing", "withdrawn", datetime(2026, 3, 1, 12)),
    )
    found = judge(*((name, True, 1.0) for name in ("back", "gone", "later", "objected_since", "same")), consents=events)
    assert {name: row["outcome"] for name, row in found.items()} == {
        "back": "treatment",
        "gone": "consent",
        "later": "consent",
        "objected_since": "consent",
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


def test_a_later_withdrawal_takes_the_grant_back():
    events = shop.consents(
        ("a", "email", "marketing", "granted", datetime(2026, 1, 1)),
        ("a", "email", "marketing", "withdrawn", datetime(2026, 2, 1)),
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


def test_a_suppression_counts_before_its_day_and_without_one():
    listed = shop.suppressions(("a", date(2026, 4, 1)), ("b", date(2026, 3, 31)), ("b", date(2026, 4, 2)))
    unread = listed.mutate(event_date=ibis.null("date"))
    names = [(name, True, 1.0) for name in "abc"]
    assert outcomes(*names, suppressions=listed) == {"a": "suppression", "b": "suppression", "c": "treatment"}
    found = judge(*names, suppressions=unread)
    assert found["a"]["reason"] == "suppressed since a day that cannot be read"


TWINS = shop.table(
    shop.ACCOUNT,
    [
        ("one", "one", True, "twin@example.com", None, None, None, None),
        ("two", "two", True, "twin@example.com", None, None, None, None),
        ("web", "pair", False, "old@example.com", None, None, None, None),
        ("pair", "pair", True, "new@example.com", None, None, None, None),
        ("own", "own", True, "own@example.com", None, None, None, None),
    ],
)
"""Two people with one address, one person with two accounts and addresses, and one with nothing special."""


def test_a_no_of_one_account_stops_everybody_who_has_its_address():
    everyone = [(name, True, 1.0) for name in ("one", "two", "own")]
    grants = shop.granted("one", "two", "own")
    stopped = {"one": "suppression", "two": "suppression", "own": "treatment"}
    assert outcomes(*everyone, accounts=TWINS, consents=grants, suppressions=shop.suppressions(("one", shop.AS_OF))) == stopped
    withdrawn = shop.consents(("one", "email", "marketing", "withdrawn", datetime(2026, 1, 1)))
    found = outcomes(*everyone, accounts=TWINS, consents=grants.union(withdrawn))
    assert found == {"one": "consent", "two": "consent", "own": "treatment"}


def test_a_no_of_a_customer_known_only_later_or_refused_stops_who_has_its_address_and_a_grant_counts_for_nobody():
    names = ("one", "two", "own", "late", "refused")
    pii, clean = shop.people(*({"customer_id": name, "email": f"{name}@example.com"} for name in names[:3]))
    rows = [("late", "One@example.com"), ("refused", "two@example.com"), (None, "own@example.com"), ("own", "old@example.com")]
    bare = shop.table({"customer_id": "string", "email": "string"}, rows)
    absent = {name: ibis.null("string") for name in CHANNEL_FIELDS["post"] + ("phone",)}
    judged = bare.mutate(_state=ibis.ifelse(bare.customer_id == "late", FUTURE_DATED, REJECTED), **absent)
    used = accounts(shop.profile(*((name, True, 1.0) for name in names[:3])), None, pii, clean, places=False)
    known = with_unused_rows(used, judged, places=False)
    everyone = [(name, True, 1.0) for name in names[:3]]
    grants, noes = shop.granted(*names[:3]), [("late", shop.AS_OF), ("refused", shop.AS_OF)]
    found = outcomes(*everyone, accounts=known, consents=grants, suppressions=shop.suppressions(*noes))
    assert found == {"one": "suppression", "two": "suppression", "own": "treatment"}
    sound = ENGINE.rows(without_unused_rows(known).select("account", "email"))
    assert {(row["account"], row["email"]) for row in sound} == {(name, f"{name}@example.com") for name in names[:3]}


@pytest.mark.slow
def test_an_address_is_listed_once_for_the_best_ranked_and_is_in_one_arm():
    grants = shop.granted("one", "two")
    both = (("one", True, 1.0), ("two", True, 2.0))
    found = judge(*both, accounts=TWINS, consents=grants)
    assert {name: row["outcome"] for name, row in found.items()} == {"one": "same_address", "two": "treatment"}
    assert found["one"]["reason"] == "somebody better ranked has the same address"
    turned = (("one", True, 2.0), ("two", True, 1.0))
    for share in (0.2, 0.4, 0.6, 0.8):
        arms = [
            set(outcomes(*rows, accounts=TWINS, consents=grants, holdout_share=share).values()) - {"same_address"}
            for rows in (both, turned)
        ]
        assert arms[0] == arms[1]
    assert set(outcomes(*both, accounts=TWINS, consents=grants, one_per="person").values()) == {"treatment"}


def test_a_grant_counts_for_the_address_of_its_account_unless_the_person_is_asked_for():
    person = ("pair", True, 1.0)
    other, own = shop.granted("web"), shop.granted("pair")
    of_person = shop.PRIVACY.model_copy(update={"consent_of": "person"})
    assert outcomes(person, accounts=TWINS, consents=other) == {"pair": "consent"}
    assert outcomes(person, accounts=TWINS, consents=own) == {"pair": "treatment"}
    assert outcomes(person, accounts=TWINS, consents=other, privacy=of_person) == {"pair": "treatment"}


def test_a_no_of_any_account_is_one_of_the_person():
    events = shop.granted("pair").union(shop.consents(("web", "email", "marketing", "withdrawn", datetime(2025, 1, 1))))
    assert outcomes(("pair", True, 1.0), accounts=TWINS, consents=events) == {"pair": "consent"}


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
        "future": "recent_contact",
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


def test_what_was_said_is_read_of_the_campaigns_own_channel_and_purpose():
    nobody = Ledgers(shop.accounts("a"), None, None, None)
    everybody = Ledgers(shop.accounts("a"), shop.granted("a"), None, None)
    refused = nobody.standing("email", "marketing", shop.PRIVACY)
    granted = everybody.standing("email", "marketing", shop.PRIVACY)
    others = {("sms", "marketing"): granted, ("email", "newsletter"): granted}
    assert outcomes(("a", True, 1.0), consents=None, stored=others) == {"a": "consent"}
    assert outcomes(("a", True, 1.0), stored=others | {("email", "marketing"): refused}) == {"a": "consent"}
    assert outcomes(("a", True, 1.0), consents=None, stored={("email", "marketing"): granted}) == {"a": "treatment"}
