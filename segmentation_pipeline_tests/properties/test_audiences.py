"""Invariants of audiences over random customers, ledgers, lists and addresses.

The gate is compared with a second implementation in plain Python that works event by event, as a
person with the paper ledger would.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.campaigns.audiences import campaign_audiences
from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.funnel import campaign_funnel
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.config.schema import Campaign, PrivacyConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.examples import examples

ENGINE = DuckDBEngine(None)
AS_OF = shop.AS_OF
NOT_REQUIRED = PrivacyConfig(salt="test-salt-1", consent="not_required", consent_not_required_reason="test")
pytestmark = pytest.mark.slow
some = examples(6, 75)

names = st.sampled_from([f"c{number}" for number in range(5)])
days = st.integers(-2, 1).map(lambda n: AS_OF + timedelta(days=n))
hours = st.sampled_from([0, 12])
instants = st.builds(lambda day, hour: datetime(day.year, day.month, day.day, hour), days, hours)


@dataclass(frozen=True)
class World:
    """Everything the gate is given, as Python rows."""

    people: list[tuple[str, bool | None, float | None]]
    reachable: set[str]
    events: list[tuple[str, str, str, str, datetime]] | None
    suppressed: list[tuple[str, date]]
    contacted: list[tuple[str, str, date]]
    limit: int | None
    quiet_days: int
    holdout_share: float
    privacy: PrivacyConfig

    @cached_property
    def campaign(self) -> Campaign:
        return shop.campaign(limit=self.limit, quiet_days=self.quiet_days, holdout_share=self.holdout_share)

    def selection(self) -> Any:
        ENGINE.write(
            "campaigns.selection",
            select_audience(
                CampaignContext("spring", self.campaign, self.privacy, AS_OF),
                shop.profile(*self.people),
                shop.bind,
                Ledgers(
                    accounts=shop.accounts(*sorted(self.reachable)),
                    consents=None if self.events is None else shop.consents(*self.events),
                    suppressions=shop.suppressions(*self.suppressed),
                    past_contacts=shop.contacts(*self.contacted),
                ),
            ),
        )
        return ENGINE.table("campaigns.selection")


worlds = st.builds(
    World,
    people=st.lists(
        st.tuples(names, st.sampled_from([True, True, True, False, None]), st.sampled_from([None, 1.0, 2.0, 3.0])),
        unique_by=lambda row: row[0],
        min_size=3,
    ),
    reachable=st.sets(names, min_size=3),
    events=st.none()
    | st.lists(
        st.tuples(
            names,
            st.sampled_from(["email", "email", "EMAIL", "sms"]),
            st.sampled_from(["marketing", "marketing", "surveys"]),
            st.sampled_from(["granted", "withdrawn"]),
            instants,
        ),
        min_size=20,
        max_size=40,
    ),
    suppressed=st.lists(st.tuples(names, days), max_size=3),
    contacted=st.lists(st.tuples(names, st.sampled_from(["treatment", "treatment", "holdout"]), days), max_size=6),
    limit=st.none() | st.integers(1, 4),
    quiet_days=st.integers(0, 3),
    holdout_share=st.sampled_from([0.0, 0.3, 0.6]),
    privacy=st.sampled_from([shop.PRIVACY, shop.PRIVACY, NOT_REQUIRED]),
)


def last_status(world: World, customer: str) -> str | None:
    """Read the ledger from the first event to the last, grants up to the day only; a withdrawal at the same instant comes last."""
    status = None
    for who, channel, purpose, kind, at in sorted(world.events or [], key=lambda e: (e[4], e[3].lower() == "withdrawn")):
        if (who, channel.lower(), purpose.lower()) != (customer, "email", "marketing"):
            continue
        if kind.lower() == "withdrawn" or at.date() <= AS_OF:
            status = kind.lower()
    return status


def stopped_at(world: World, customer: str, in_rule: bool | None) -> str | None:
    """The first step that stops the customer before the ranking, by the book."""
    if not in_rule:
        return "rule"
    if customer not in world.reachable:
        return "address"
    status = last_status(world, customer)
    if status == "withdrawn" or (status is None and world.privacy.consent == "required"):
        return "consent"
    if any(who == customer for who, _ in world.suppressed):
        return "suppression"
    contact_days = [day for who, arm, day in world.contacted if (who, arm) == (customer, "treatment")]
    if any((AS_OF - day).days < world.quiet_days for day in contact_days) and world.quiet_days:
        return "recent_contact"
    return None


@some
@given(worlds)
def test_the_gate_agrees_with_the_paper_ledger_and_never_lets_a_stopped_customer_pass(world):
    rows = ENGINE.rows(world.selection())
    found = {row["customer_id"]: row for row in rows}
    expected = {customer: stopped_at(world, customer, in_rule) for customer, in_rule, _ in world.people if in_rule}
    assert len(rows) == len(found) == len(expected)
    for customer, step in expected.items():
        if step is not None:
            assert found[customer]["outcome"] == step
        else:
            assert found[customer]["outcome"] in ("limit", "treatment", "holdout")
    assert all(row["reason"] for row in rows)


@some
@given(worlds)
def test_ranks_run_from_one_without_gaps_best_first_and_the_limit_cuts_below(world):
    ranked = sorted((row for row in ENGINE.rows(world.selection()) if row["rank"] is not None), key=lambda row: row["rank"])
    assert [row["rank"] for row in ranked] == list(range(1, len(ranked) + 1))
    values = [-1.0 if row["expected_value"] is None else row["expected_value"] for row in ranked]
    assert values == sorted(values, reverse=True)
    assert [row["outcome"] == "limit" for row in ranked] == [bool(world.limit) and row["rank"] > world.limit for row in ranked]


@some
@given(worlds)
def test_the_funnel_adds_up_to_the_customer(world):
    selection = world.selection()
    outcomes = [row["outcome"] for row in ENGINE.rows(selection)]
    outcomes += ["rule"] * (len(world.people) - len(outcomes))
    funnel = ENGINE.rows(
        campaign_funnel(
            selection,
            CampaignContext("spring", world.campaign, world.privacy, AS_OF),
            population=len(world.people),
            has_ledger=world.events is not None,
        ).order_by("step_number")
    )
    assert funnel[0]["entered"] == len(world.people)
    for before, after in pairwise(funnel):
        assert after["entered"] == before["remained"]
    for row in funnel:
        assert row["entered"] - row["left_out"] == row["remained"]
        if row["step"] != "exported":
            assert row["left_out"] == outcomes.count(row["step"])
    assert funnel[-1]["remained"] == outcomes.count("treatment")
    published = ENGINE.rows(campaign_audiences(selection, CampaignContext("spring", world.campaign, world.privacy, AS_OF)))
    assert len(published) == outcomes.count("treatment") + outcomes.count("holdout")


def arms(people: list[str], share: float) -> dict[str, str]:
    selection = select_audience(
        CampaignContext("spring", shop.campaign(holdout_share=share), shop.PRIVACY, AS_OF),
        shop.profile(*((name, True, 1.0) for name in people)),
        shop.bind,
        Ledgers(accounts=shop.accounts(*people), consents=shop.granted(*people), suppressions=None, past_contacts=None),
    )
    return {str(row["customer_id"]): str(row["outcome"]) for row in ENGINE.rows(selection)}


@examples(4, 50)
@given(st.sets(st.text(min_size=1, max_size=5), min_size=1), st.sets(st.text(min_size=1, max_size=5)), st.floats(0, 0.99))
def test_an_arm_does_not_depend_on_who_else_is_there(stay, others, share):
    alone, together = arms(sorted(stay), share), arms(sorted(stay | others), share)
    assert alone == {name: together[name] for name in stay}


@examples(4, 50)
@given(st.floats(0, 0.99), st.floats(0, 0.99))
def test_a_larger_holdout_keeps_everyone_of_the_smaller(one, other):
    people = [f"c{number}" for number in range(60)]
    small, large = arms(people, min(one, other)), arms(people, max(one, other))
    assert all(large[name] == "holdout" for name in people if small[name] == "holdout")
