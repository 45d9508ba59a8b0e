"""``one_per: household``: who lives together gets a message once, as one person would, and so does an address."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any

import ibis.expr.types as ir
import pytest

from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.funnel import campaign_funnel
from segmentation_pipeline.campaigns.gate import CampaignError, select_audience
from segmentation_pipeline.campaigns.households import reached_together
from segmentation_pipeline.campaigns.pressure import contacts, own_contacts
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
Row = dict[str, Any]
YESTERDAY = shop.AS_OF - timedelta(days=1)
PEOPLE = ("ann", "ben", "cat", "dan", "eve")
ACCOUNTS = shop.table(
    shop.ACCOUNT,
    [
        # Ann and Ben live together; Ben and Cat have one mailbox, Cat and Dan live together; Eve lives alone.
        ("ann", "ann", True, "ann@example.com", "+491", None, None, None),
        ("ben", "ben", True, "both@example.com", "+492", None, None, None),
        ("cat", "cat", True, "both@example.com", "+493", None, None, None),
        ("dan", "dan", True, "dan@example.com", "+494", None, None, None),
        ("eve", "eve", True, "eve@example.com", "+495", None, None, None),
    ],
)
HOMES = shop.table(
    {"customer_id": "string", "household_id": "string"}, [("ann", "ann"), ("ben", "ann"), ("cat", "cat"), ("dan", "cat")]
)
LOG = {"campaign": "string", "customer_id": "string", "channel": "string", "arm": "string", "event_date": "date"}


def _selected(
    ranked: Sequence[str], known: ir.Table | None = None, consents: ir.Table | None = None, **settings: Any
) -> ir.Table:
    """``ranked``: who is in the rule, best first."""
    people = [(name, True, float(-place)) for place, name in enumerate(ranked)]
    campaign = shop.campaign(**{"one_per": "household"} | settings)
    with ExitStack() as held:
        homes = reached_together(ENGINE, HOMES, ACCOUNTS, ["email"], held)
        selection = select_audience(
            CampaignContext("spring", campaign, shop.PRIVACY, shop.AS_OF),
            shop.profile(*people),
            shop.bind,
            Ledgers(
                accounts=ACCOUNTS,
                consents=shop.granted(*PEOPLE) if consents is None else consents,
                suppressions=None,
                past_contacts=known,
                households=homes,
            ),
        )
        return ENGINE.rows(selection)


def _outcomes(*ranked: str, **given: Any) -> dict[str, str]:
    return {str(row["customer_id"]): str(row["outcome"]) for row in _selected(ranked, **given)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ranked", "listed", "same_household", "same_address"),
    [
        ("ann ben cat dan eve", {"ann", "cat", "eve"}, {"ben", "dan"}, set()),
        ("ben ann cat dan eve", {"ben", "eve"}, {"ann", "dan"}, {"cat"}),
        ("dan cat ben ann eve", {"dan", "ben", "eve"}, {"cat", "ann"}, set()),
        ("eve cat ann", {"eve", "cat", "ann"}, set(), set()),
    ],
)
def test_a_household_and_an_address_are_listed_once_for_the_best_ranked(
    ranked: str, listed: set[str], same_household: set[str], same_address: set[str]
) -> None:
    found = _outcomes(*ranked.split())
    assert {name for name, outcome in found.items() if outcome == "treatment"} == listed
    assert {name for name, outcome in found.items() if outcome == "same_household"} == same_household
    assert {name for name, outcome in found.items() if outcome == "same_address"} == same_address
    assert set(_outcomes(*ranked.split(), one_per="person").values()) == {"treatment"}
    assert "same_household" not in _outcomes(*ranked.split(), one_per="address").values()


def test_the_funnel_says_that_somebody_of_the_household_was_better_ranked() -> None:
    rows = _selected(PEOPLE)
    [reason] = {row["reason"] for row in rows if row["outcome"] == "same_household"}
    assert reason == "somebody better ranked lives in the same household"
    for one_per, told in (("household", (2, reason)), ("address", (2, "one list entry per address"))):
        funnel = campaign_funnel(
            shop.table({"outcome": "string"}, [(row["outcome"],) for row in rows]),
            CampaignContext("spring", shop.campaign(one_per=one_per), shop.PRIVACY, shop.AS_OF),
            population=9,
            has_ledger=True,
        )
        steps = {row["step"]: row for row in ENGINE.rows(funnel)}
        assert (steps["same_household"]["left_out"], steps["same_household"]["reason"]) == told
        assert steps["exported"]["remained"] == 3


@pytest.mark.slow
def test_households_joined_by_a_mailbox_are_in_one_arm_whoever_of_them_is_listed() -> None:
    with ExitStack() as held:
        found = ENGINE.rows(reached_together(ENGINE, HOMES, ACCOUNTS, ["email"], held))
        assert {row["customer_id"]: (row["household_id"], row["unit"]) for row in found} == {
            "ann": ("ann", "ann"),
            "ben": ("ann", "ann"),
            "cat": ("cat", "ann"),
            "dan": ("cat", "ann"),
        }
        # Nobody shares a number: there they are two households.
        found = ENGINE.rows(reached_together(ENGINE, HOMES, ACCOUNTS, ["sms"], held))
        assert {row["customer_id"]: row["unit"] for row in found} == {"ann": "ann", "ben": "ann", "cat": "cat", "dan": "cat"}
    drawn = [{_outcomes(name, holdout_share=share)[name] for name in ("ann", "dan")} for share in (0.2, 0.5, 0.8)]
    assert all(len(arms) == 1 for arms in drawn) and set.union(*drawn) == {"treatment", "holdout"}


@pytest.mark.slow
def test_a_contact_of_one_counts_for_the_household_on_every_channel() -> None:
    def known(arm: str, channel: str = "email", name: str = "spring") -> ir.Table | None:
        return contacts(None, own_contacts(shop.own_lists((name, "ann", arm, YESTERDAY), channel=channel), ACCOUNTS, {}), {})

    alone = {"cat": "treatment", "eve": "treatment"}
    some = ("ben", "cat", "eve")
    assert _outcomes(*some, known=known("treatment")) == {"ben": "repeat", **alone}
    assert _outcomes(*some, known=known("holdout")) == {"ben": "repeat", **alone}
    other = known("treatment", "sms", "other")
    assert _outcomes(*some, known=other, quiet_days=7) == {"ben": "recent_contact", **alone}
    assert _outcomes("ben", known=other, quiet_days=7, one_per="address") == {"ben": "treatment"}
    assert _outcomes("ben", known=known("holdout", name="other"), quiet_days=7) == {"ben": "treatment"}
    # At the mailbox Ben shares, a contact of his is one of Cat, as ever; it is none of Dan, who only lives with Cat.
    log = shop.table(LOG, [("spring", "ben", "email", "treatment", date(2026, 3, 30))])
    found = _outcomes(*PEOPLE, known=contacts(log, None, {}))
    assert found == {"ann": "repeat", "ben": "repeat", "cat": "repeat", "dan": "treatment", "eve": "treatment"}


def test_a_no_of_one_is_not_one_of_the_household() -> None:
    noes = shop.consents(("ann", "email", "marketing", "withdrawn", datetime(2026, 2, 1)))
    found = _outcomes("ann", "ben", "eve", consents=shop.granted(*PEOPLE).union(noes))
    assert found == {"ann": "consent", "ben": "treatment", "eve": "treatment"}


def test_who_lives_together_must_be_known() -> None:
    with pytest.raises(CampaignError, match=r"campaigns\.spring\.one_per: .*source 'identities'"):
        select_audience(
            CampaignContext("spring", shop.campaign(one_per="household"), shop.PRIVACY, shop.AS_OF),
            shop.profile(("ann", True, 1.0)),
            shop.bind,
            Ledgers(accounts=ACCOUNTS, consents=None, suppressions=None, past_contacts=None),
        )
