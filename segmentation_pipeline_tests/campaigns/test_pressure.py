"""Lists that were sent count as contacts: nobody is written to twice, and a standing list stays whole."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.campaigns.pressure import contacts, own_contacts
from segmentation_pipeline.config.schema import Campaign, Repeat
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
YESTERDAY = shop.AS_OF - timedelta(days=1)
LOG = {"campaign": "string", "customer_id": "string", "channel": "string", "arm": "string", "event_date": "date"}


def judged(
    *people: str, lists: Any = None, log: Any = None, keys: dict[str, str] | None = None, accounts: Any = None, **settings: Any
) -> dict[str, dict[str, Any]]:
    """The gate's row per person; everybody is in the rule, reachable and consents."""
    everybody = accounts if accounts is not None else shop.accounts(*people)
    keys = keys or {}
    known = contacts(log, None if lists is None else own_contacts(lists, everybody, keys), keys)
    selection = select_audience(
        CampaignContext(settings.pop("name", "spring"), shop.campaign(**settings), shop.PRIVACY, shop.AS_OF),
        shop.profile(*((name, True, float(place)) for place, name in enumerate(people))),
        shop.bind,
        Ledgers(accounts=everybody, consents=shop.granted(*people), suppressions=None, past_contacts=known),
    )
    return {str(row["customer_id"]): row for row in ENGINE.rows(selection)}


def outcomes(*people: str, **given: Any) -> dict[str, str]:
    return {name: row["outcome"] for name, row in judged(*people, **given).items()}


def test_whoever_had_the_message_does_not_get_it_again_and_is_told_when():
    sent = shop.own_lists(("spring", "had", "treatment", YESTERDAY), ("other", "new", "treatment", YESTERDAY))
    found = judged("had", "new", lists=sent)
    assert {name: row["outcome"] for name, row in found.items()} == {"had": "repeat", "new": "treatment"}
    assert found["had"]["reason"] == "had this message on 2026-03-30; it may come again after 300 days"


@pytest.mark.slow
@pytest.mark.parametrize(("days", "outcome"), [(1, "repeat"), (299, "repeat"), (300, "treatment"), (365, "treatment")])
def test_a_greeting_comes_again_when_its_days_are_over(days: int, outcome: str):
    sent = shop.own_lists(("spring", "a", "treatment", shop.AS_OF - timedelta(days=days)))
    assert outcomes("a", lists=sent) == {"a": outcome}
    assert outcomes("a", lists=sent, repeat="never") == {"a": "repeat"}
    assert outcomes("a", lists=sent, repeat=Repeat(after_days=1)) == {"a": "treatment"}


def test_who_was_kept_out_stays_out_as_long_as_the_others_and_was_not_contacted():
    sent = shop.own_lists(("spring", "held", "holdout", YESTERDAY))
    found = judged("held", lists=sent)
    assert found["held"]["outcome"] == "repeat"
    assert found["held"]["reason"] == "drawn on 2026-03-30 to be kept out of this message; it may come again after 300 days"
    assert outcomes("held", lists=sent, name="other", quiet_days=30) == {"held": "treatment"}


def test_quiet_days_know_lists_of_other_campaigns_until_they_are_over():
    sent = shop.own_lists(("other", "near", "treatment", date(2026, 3, 25)), ("other", "far", "treatment", date(2026, 3, 24)))
    assert outcomes("near", "far", lists=sent, quiet_days=7) == {"near": "recent_contact", "far": "treatment"}


def test_the_contact_log_replaces_what_a_list_assumed():
    sent = shop.own_lists(
        *(("spring", name, "treatment", date(2026, 3, 20)) for name in ("sent", "not_sent", "unknown", "again"))
    )
    log = shop.table(
        LOG,
        [
            ("Spring ", "sent", "email", "treatment", date(2026, 3, 21)),
            ("spring", "not_sent", "email", "holdout", date(2026, 3, 21)),
            ("other", "unknown", "email", "holdout", date(2026, 3, 21)),
            ("spring", "again", "email", "holdout", date(2025, 3, 21)),  # of another year's list
        ],
    )
    found = judged("sent", "not_sent", "unknown", "again", lists=sent, log=log)
    assert {name: row["outcome"] for name, row in found.items()} == {
        "sent": "repeat",
        "not_sent": "treatment",
        "unknown": "repeat",
        "again": "repeat",
    }
    assert "had this message on 2026-03-21" in found["sent"]["reason"]


def test_a_log_that_keeps_the_last_contact_alone_hides_no_earlier_list():
    days = [date(2026, 3, 1), date(2026, 3, 10), date(2026, 3, 20)]
    sent = own_contacts(shop.own_lists(*(("spring", "a", "treatment", day) for day in days)), shop.accounts("a"), {})
    log = shop.table(LOG, [("spring", "a", "email", "treatment", date(2026, 3, 11))])
    known = contacts(log, sent, {})
    assert known is not None
    found = DuckDBEngine(None).rows(known.order_by("event_date"))
    assert [row["event_date"] for row in found] == [date(2026, 3, 1), date(2026, 3, 11), date(2026, 3, 20)]


@pytest.mark.slow
def test_a_contact_counts_for_everybody_at_the_address_but_not_on_another_channel():
    twins = shop.table(
        shop.ACCOUNT,
        [
            ("one", "one", True, "twin@example.com", "+491", None, None, None),
            ("two", "two", True, "twin@example.com", "+491", None, None, None),
        ],
    )
    sent = shop.own_lists(("spring", "one", "treatment", YESTERDAY))
    assert outcomes("two", lists=sent, accounts=twins) == {"two": "repeat"}
    assert outcomes("two", lists=sent, accounts=twins, name="other", quiet_days=7) == {"two": "recent_contact"}
    assert outcomes("two", lists=sent, accounts=twins, one_per="person") == {"two": "treatment"}
    texted = shop.own_lists(("spring", "one", "treatment", YESTERDAY), channel="sms")
    assert outcomes("two", lists=texted, accounts=twins, quiet_days=7) == {"two": "treatment"}
    log = shop.table(LOG, [("x", "one", None, "treatment", YESTERDAY)])
    assert outcomes("two", log=log, accounts=twins, quiet_days=7) == {"two": "recent_contact"}


def test_who_has_become_one_person_has_the_contacts_of_all_accounts():
    pair = shop.table(
        shop.ACCOUNT,
        [
            ("web", "pair", False, "old@example.com", None, None, None, None),
            ("pair", "pair", True, "new@example.com", None, None, None, None),
        ],
    )
    sent = shop.own_lists(("spring", "web", "treatment", YESTERDAY))
    assert outcomes("pair", lists=sent, accounts=pair) == {"pair": "repeat"}


def test_a_renamed_campaign_keeps_its_arms_and_its_contacts():
    people = [f"c{number:02}" for number in range(60)]
    before = outcomes(*people, holdout_share=0.4)
    renamed = {"name": "fruehling", "formerly": ("spring",), "holdout_share": 0.4}
    assert outcomes(*people, **renamed) == before
    assert outcomes(*people, name="fruehling", key="spring", holdout_share=0.4) == before
    assert outcomes(*people, name="fruehling", holdout_share=0.4) != before
    sent = shop.own_lists(("spring", "c00", "treatment", YESTERDAY))
    assert outcomes("c00", lists=sent, keys={"spring": "spring", "fruehling": "spring"}, **renamed) == {"c00": "repeat"}


def test_being_on_a_standing_list_is_no_contact_and_a_standing_list_keeps_who_is_on_it():
    sent = shop.own_lists(("spring", "a", "treatment", YESTERDAY), kind="standing")
    assert outcomes("a", lists=sent, name="other", quiet_days=30) == {"a": "treatment"}
    assert outcomes("a", lists=sent, kind="standing") == {"a": "treatment"}
    names = ("low", "high")
    everybody = shop.accounts(*names)
    selection = select_audience(
        CampaignContext("spring", shop.campaign(kind="standing", limit=1), shop.PRIVACY, shop.AS_OF),
        shop.profile(("low", True, 1.0), ("high", True, 9.0)),
        shop.bind,
        Ledgers(
            accounts=everybody,
            consents=shop.granted(*names),
            suppressions=None,
            past_contacts=None,
            members=shop.table({"customer_id": "string"}, [("low",)]),
        ),
    )
    assert {r["customer_id"]: r["outcome"] for r in ENGINE.rows(selection)} == {"low": "treatment", "high": "limit"}


@pytest.mark.parametrize("setting", [{"repeat": "never"}, {"quiet_days": 3}])
def test_what_belongs_to_messages_is_refused_for_a_standing_list(setting: dict[str, Any]):
    with pytest.raises(ValueError, match="belongs to 'kind: message'"):
        Campaign(title="Ads", channel="email", audience="true", kind="standing", **setting)
