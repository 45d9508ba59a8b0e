"""Invariants of days on which several campaigns want the same people, over random worlds and several days in a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.config.schema import Campaign, Cap, Decision
from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.campaigns.day_of_campaigns import Outcome, Shop, campaign, decided
from segmentation_pipeline_tests.examples import examples

pytestmark = pytest.mark.slow

PEOPLE = [f"c{number}" for number in range(8)]
NAMES = ("x", "y", "z")
AMOUNTS = st.sampled_from([None, Decimal("1.00"), Decimal("2.50")])
STEPS = {step.value for step in FunnelStep}

caps = st.builds(
    Cap,
    contacts=st.integers(1, 2),
    days=st.integers(1, 4),
    channel=st.sampled_from([None, None, "email", "sms"]),
    tag=st.sampled_from([None, None, "promo"]),
)
campaigns = st.builds(
    lambda name, budget, stratify_by, **settings: (
        name,
        settings | {"budget": budget, "stratify_by": stratify_by if settings["holdout_share"] else ()},
    ),
    name=st.just(""),
    budget=AMOUNTS,
    channel=st.sampled_from(["email", "email", "sms"]),
    limit=st.none() | st.integers(1, 5),
    holdout_share=st.sampled_from([0.0, 0.3, 0.6]),
    stratify_by=st.sampled_from([(), ("tier",)]),
    cost_per_contact=st.sampled_from([Decimal("0.30"), Decimal("0.70")]),
    tags=st.sampled_from([(), ("promo",)]),
    one_per=st.sampled_from(["address", "address", "person"]),
    repeat=st.sampled_from([{"after_days": 1}, {"after_days": 2}, "never"]),
    priority=st.none() | st.integers(1, 3),
    transactional=st.sampled_from([False, False, False, False, True]),
    arms=st.sampled_from([{}, {}, {"plain": {"share": 0.5}, "voucher": {"share": 0.3}, "call": {"share": 0.2}}]),
)


@st.composite
def worlds(draw: st.DrawFn, by: Sequence[str] = ("each", "priority", "value")) -> Shop:
    people = [
        {"customer_id": name, "tier": draw(st.sampled_from([None, "gold", "rest"]))}
        | {f"in_{each}": draw(st.sampled_from([True, True, True, False])) for each in NAMES}
        | {f"rank_{each}": draw(st.sampled_from([None, 1.0, 2.0, 3.0])) for each in NAMES}
        | {f"v_{each}": draw(st.sampled_from([None, -1.0, 0.5, 1.0, 2.0, 4.0])) for each in NAMES}
        for name in PEOPLE
    ]
    return Shop(
        people,
        {name: campaign(name, value=f"v_{name}", **draw(campaigns)[1]) for name in NAMES},
        Decision(
            by=draw(st.sampled_from(by)),
            caps=tuple(draw(st.lists(caps, max_size=2))),
            budget=draw(AMOUNTS),
            global_holdout_share=draw(st.sampled_from([0.0, 0.0, 0.3])),
        ),
        addresses={name: draw(st.sampled_from([name, name, "shared", "other"])) for name in PEOPLE},
    )


def nights(world: Shop, number: int) -> list[tuple[Shop, Outcome]]:
    """Days one after the other, each of which knows the lists of those before."""
    sent: list[tuple[str, str, str, date, str]] = []
    drawn: list[tuple[str, str, str, str, date]] = []
    found = []
    for night in range(number):
        today = replace(world, as_of=shop.AS_OF + timedelta(days=night), sent=tuple(sent), drawn=tuple(drawn))
        outcome = decided(today)
        found.append((today, outcome))
        for name, rows in outcome.rows.items():
            channel = world.campaigns[name].channel
            listed = {who: row for who, row in rows.items() if row["outcome"] in ARMS}
            sent += [(name, who, row["outcome"], today.as_of, channel) for who, row in listed.items()]
            drawn += [(name, who, row["arm"], row["stratum"], today.as_of) for who, row in listed.items() if row["stratum"]]
    return found


ARMS = ("treatment", "holdout")


def contacts(days: Sequence[tuple[Shop, Outcome]]) -> list[tuple[date, str, Campaign, str]]:
    return [
        (world.as_of, name, world.campaigns[name], who)
        for world, outcome in days
        for name in outcome.rows
        for who in outcome.contacted(name)
    ]


def most_in_a_window(when: Sequence[date], days: int) -> int:
    return max((sum(first <= day < first + timedelta(days=days) for day in when) for first in when), default=0)


@examples(2, 12)
@given(worlds())
def test_no_person_and_no_address_is_over_a_cap_in_any_window(world: Shop) -> None:
    made = [each for each in contacts(nights(world, 4)) if each[2].competes]
    for cap in world.decision.caps:
        counted = [
            each for each in made if cap.channel in (None, each[2].channel) and (cap.tag is None or cap.tag in each[2].tags)
        ]
        by_person: dict[str, list[date]] = defaultdict(list)
        by_address: dict[tuple[str, str], set[tuple[date, str]]] = defaultdict(set)
        for day, name, each, who in counted:
            by_person[who].append(day)
            if each.one_per != "person":
                by_address[each.channel, world.addresses[who]].add((day, name))
        for when in by_person.values():
            assert most_in_a_window(when, cap.days) <= cap.contacts
        for messages in by_address.values():
            assert most_in_a_window([day for day, _ in messages], cap.days) <= cap.contacts


@examples(2, 15)
@given(worlds())
def test_over_nights_persons_and_addresses_are_in_one_arm_and_the_control_group_gets_nothing(world: Shop) -> None:
    of_person: dict[tuple[str, str], set[str]] = defaultdict(set)
    of_address: dict[tuple[str, str], set[str]] = defaultdict(set)
    days = nights(world, 3)
    for _, outcome in days:
        for name, rows in outcome.rows.items():
            for who, row in rows.items():
                if row["outcome"] in ARMS:
                    assert (row["arm"] == "holdout") == (row["outcome"] == "holdout")
                    of_person[name, who].add(row["arm"])
                    of_address[name, world.addresses[who]].add(row["arm"])
    assert all(len(arms) == 1 for arms in (*of_person.values(), *of_address.values()))
    control = {
        who
        for _, outcome in days
        for rows in outcome.rows.values()
        for who, row in rows.items()
        if row["outcome"] == FunnelStep.GLOBAL_HOLDOUT
    }
    assert not control & {who for _, _, each, who in contacts(days) if not each.transactional}


@examples(2, 15)
@given(worlds(by=("each",)))
def test_over_nights_each_stratum_holds_out_its_share_to_within_one_address(world: Shop) -> None:
    """Of campaigns from whose lists nothing takes anybody away once arms are drawn."""
    each = {"limit": None, "budget": None, "holdout_share": 0.3, "stratify_by": ("tier",), "one_per": "address"}
    campaigns = {name: campaign.model_copy(update=each) for name, campaign in world.campaigns.items()}
    world = replace(world, campaigns=campaigns, decision=Decision())
    strata: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    tiers = {str(person["customer_id"]): person["tier"] or "unknown" for person in world.people}
    for _, outcome in nights(world, 3):
        for name, rows in outcome.rows.items():
            for who, row in rows.items():
                if row["outcome"] in ARMS:
                    strata[name, row["stratum"]][world.addresses[who]] = row["arm"]
                    assert row["stratum"].removeprefix("tier=") in {
                        tiers[other] for other in tiers if world.addresses[other] == world.addresses[who]
                    }
    for arms in strata.values():
        held_out = sum(arm == "holdout" for arm in arms.values())
        assert abs(held_out - 0.3 * len(arms)) < 1


@examples(3, 15)
@given(worlds(by=("priority", "value")))
def test_nobody_is_in_two_lists_of_a_day_and_no_address_gets_two_messages(world: Shop) -> None:
    outcome = decided(world)
    persons: list[str] = []
    places: list[tuple[str, str]] = []
    for name, each in world.campaigns.items():
        if each.competes:
            persons += outcome.contacted(name)
            if each.one_per == "address":
                places += [(each.channel, world.addresses[who]) for who in outcome.contacted(name)]
    assert len(persons) == len(set(persons))
    assert len(places) == len(set(places))


@examples(3, 15)
@given(worlds())
def test_limits_and_budgets_hold_to_the_cent(world: Shop) -> None:
    outcome = decided(world)
    total = Decimal(0)
    for name, each in world.campaigns.items():
        cost = len(outcome.contacted(name)) * (each.cost_per_contact or Decimal(0))
        assert not each.limit or len(outcome.listed(name)) <= each.limit
        if each.competes:
            assert each.budget is None or cost <= each.budget
            total += cost
    assert world.decision.budget is None or total <= world.decision.budget
    told = {spent.campaign: spent for spent in outcome.spent}
    if told:
        assert told[None].spent == pytest.approx(float(total))


@examples(2, 15)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_a_replay_change_nothing(world: Shop, random: Any) -> None:
    people = list(world.people)
    random.shuffle(people)
    first = decided(world)
    assert decided(replace(world, people=people)).rows == first.rows
    assert decided(world).rows == first.rows


@examples(2, 15)
@given(worlds(by=("priority", "value")))
def test_everybody_the_rule_names_ends_at_one_step_and_who_lost_is_told_to_whom(world: Shop) -> None:
    outcome = decided(world)
    winners = {who: name for name, each in world.campaigns.items() if each.competes for who in outcome.contacted(name)}
    for name, rows in outcome.rows.items():
        assert set(rows) == {str(person["customer_id"]) for person in world.people if person[f"in_{name}"]}
        for who, row in rows.items():
            assert row["outcome"] in {*STEPS, "treatment"} and row["reason"]
            assert (row["lost_to"] is not None) == (row["outcome"] == "lost_to")
            if row["outcome"] == "lost_to":
                assert winners[who] == row["lost_to"] and row["lost_to"] in row["reason"]
        ranks = sorted(row["rank"] for row in rows.values() if row["rank"] is not None)
        assert ranks == list(range(1, len(ranks) + 1))


def flipped(world: Shop, name: str) -> Mapping[str, str]:
    """Who is listed for a campaign, in whatever arm, when its arms are drawn with another share."""
    each = world.campaigns[name]
    turned = {**world.campaigns, name: each.model_copy(update={"holdout_share": 0.9 if each.holdout_share < 0.5 else 0.1})}
    return dict.fromkeys(decided(replace(world, campaigns=turned)).listed(name), "listed")


@examples(3, 15)
@given(worlds(by=("priority",)))
def test_who_is_measured_does_not_depend_on_their_own_arm(world: Shop) -> None:
    """The first campaigns by priority, whose money is not scarce: whoever they would contact is in one of their arms."""
    free = {name: each.model_copy(update={"budget": None}) for name, each in world.campaigns.items()}
    world = replace(world, campaigns=free, decision=world.decision.model_copy(update={"budget": None}))
    for name in NAMES:
        assert flipped(world, name).keys() == decided(world).listed(name)


def tried(world: Shop) -> float:
    """The most that any choice of a campaign or none for each person earns, under limits and money."""
    names = list(world.campaigns)
    people = list(world.people)

    def search(at: int, limits: dict[str, int], money: dict[str | None, Decimal]) -> float:
        if at == len(people):
            return 0.0
        best = search(at + 1, limits, money)
        for name in names:
            each, gain = world.campaigns[name], people[at][f"v_{name}"]
            cost = each.cost_per_contact or Decimal(0)
            if not people[at][f"in_{name}"] or gain is None or gain - float(cost) <= 0 or limits[name] < 1:
                continue
            if money[name] < cost or money[None] < cost:
                continue
            less = {**money, name: money[name] - cost, None: money[None] - cost}
            best = max(best, gain - float(cost) + search(at + 1, {**limits, name: limits[name] - 1}, less))
        return best

    plenty = Decimal(1000)
    limits = {name: each.limit or 1000 for name, each in world.campaigns.items()}
    money: dict[str | None, Decimal] = {name: each.budget or plenty for name, each in world.campaigns.items()}
    return search(0, limits, money | {None: world.decision.budget or plenty})


@examples(6, 40)
@given(worlds(by=("value",)))
def test_without_holdouts_few_people_are_shared_out_as_well_as_can_be(world: Shop) -> None:
    alone = {"holdout_share": 0.0, "stratify_by": (), "transactional": False, "tags": ()}
    plain = {name: each.model_copy(update=alone) for name, each in world.campaigns.items()}
    known = [person | {f"v_{name}": person[f"v_{name}"] or 1.5 for name in NAMES} for person in world.people]
    free = world.decision.model_copy(update={"caps": (), "global_holdout_share": 0.0})
    world = replace(world, campaigns=plain, people=known, addresses={}, decision=free)
    outcome = decided(world)
    earned = sum(row["gain"] for name in NAMES for row in outcome.rows[name].values() if row["outcome"] == "treatment")
    assert earned == pytest.approx(tried(world))
