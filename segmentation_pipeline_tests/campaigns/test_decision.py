"""Who gets which campaign: rules one can follow by hand, and arms that stay comparable under every decision."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from statistics import fmean, variance
from typing import Any

import pytest

from segmentation_pipeline.config.schema import Cap, Decision
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.campaigns.day_of_campaigns import Outcome, Shop, campaign, decided

PLAIN = {"holdout_share": 0.0, "cost_per_contact": Decimal("0.50")}


def person(name: str, **columns: Any) -> dict[str, Any]:
    return {"customer_id": name, "in_x": True, "in_y": True, "rank_x": 1.0, "rank_y": 1.0, "v_x": 2.0, "v_y": 1.0} | columns


def world(*people: dict[str, Any], by: str = "priority", x: Any = (), y: Any = (), **decision: Any) -> Shop:
    return Shop(
        people,
        {
            "x": campaign("x", **(PLAIN | {"value": "v_x"} | dict(x))),
            "y": campaign("y", **(PLAIN | {"value": "v_y"} | dict(y))),
        },
        Decision(by=by, **decision),  # type: ignore[arg-type]
    )


def test_by_each_everybody_gets_everything_as_if_no_other_campaign_were_there():
    outcome = decided(world(person("a"), person("b"), by="each"))
    assert outcome.contacted("x") == outcome.contacted("y") == {"a", "b"}


def test_by_priority_the_next_campaign_takes_its_best_of_those_who_are_left():
    people = [person("a", rank_x=3.0, rank_y=3.0), person("b", rank_x=2.0, rank_y=2.0), person("c", rank_x=1.0, rank_y=1.0)]
    outcome = decided(world(*people, x={"limit": 1}, y={"limit": 1}))
    assert outcome.outcomes("x") == {"a": "treatment", "b": "limit", "c": "limit"}
    assert outcome.outcomes("y") == {"a": "lost_to", "b": "treatment", "c": "limit"}
    assert outcome.rows["y"]["a"]["reason"] == "lost to x, which contacts them on this day"
    turned = decided(world(*people, x={"limit": 1}, y={"limit": 1, "priority": 1}))
    assert turned.outcomes("y") == {"a": "treatment", "b": "limit", "c": "limit"}


def test_whoever_is_kept_out_of_one_campaign_is_free_for_the_next():
    people = [person(f"c{number}") for number in range(40)]
    outcome = decided(world(*people, x={"holdout_share": 0.5}))
    kept_out = outcome.listed("x") - outcome.contacted("x")
    assert kept_out and outcome.contacted("y") == kept_out


def test_an_address_gets_one_message_a_day_on_a_channel():
    people = [person("a", in_y=False), person("b", in_x=False)]
    shared = {"a": "one", "b": "one"}
    assert decided(replace(world(*people), addresses=shared)).outcomes("y") == {"b": "address_shared"}
    assert decided(replace(world(*people, y={"channel": "sms"}), addresses=shared)).contacted("y") == {"b"}
    assert decided(replace(world(*people, y={"one_per": "person"}), addresses=shared)).contacted("y") == {"b"}
    assert decided(replace(world(*people, by="value"), addresses=shared)).outcomes("y") == {"b": "address_shared"}


def test_by_value_everybody_goes_where_they_earn_most_and_nobody_who_earns_nothing():
    people = [person("a"), person("b", v_x=1.0, v_y=3.0), person("c", v_x=0.5, v_y=0.2), person("d", v_x=None, v_y=0.9)]
    outcome = decided(world(*people, by="value"))
    assert outcome.outcomes("x") == {"a": "treatment", "b": "lost_to", "c": "no_gain", "d": "lost_to"}
    assert outcome.outcomes("y") == {"a": "lost_to", "b": "treatment", "c": "no_gain", "d": "treatment"}
    assert outcome.rows["x"]["c"]["reason"] == "expected to earn 0.00, cost included"


def test_a_value_that_is_not_known_loses_to_every_known_one_and_wins_where_there_is_none():
    for unknown in (None, float("nan")):
        outcome = decided(world(person("a", v_x=unknown, v_y=0.6), person("b", v_x=unknown, v_y=unknown), by="value"))
        assert (outcome.contacted("x"), outcome.contacted("y")) == ({"b"}, {"a"})


def test_money_goes_where_it_earns_most_and_tells_what_one_more_would_earn():
    people = [person(f"c{number}", v_x=1.0 + number, v_y=0.0) for number in range(6)]
    outcome = decided(world(*people, by="value", budget=Decimal("1.60")))
    assert outcome.contacted("x") == {"c3", "c4", "c5"}
    assert outcome.outcomes("x")["c0"] == "budget"
    total = next(spent for spent in outcome.spent if spent.campaign is None)
    assert (total.spent, total.contacts, total.price) == (1.5, 3, pytest.approx(2.5 / 0.5))


def test_a_budget_of_one_campaign_cuts_its_list_in_the_order_of_rank():
    people = [person(f"c{number}", rank_x=float(number)) for number in range(4)]
    outcome = decided(world(*people, x={"budget": Decimal("1.20")}))
    assert outcome.outcomes("x") == {"c0": "budget", "c1": "budget", "c2": "treatment", "c3": "treatment"}


def test_caps_count_contacts_of_the_days_before_and_of_campaigns_that_come_first():
    sent = [("other", "a", "treatment", shop.AS_OF - timedelta(days=6), "email"), ("other", "b", "holdout", shop.AS_OF, "sms")]
    day = replace(world(person("a"), person("b"), by="each", caps=(Cap(contacts=1, days=7),)), sent=sent)
    outcome = decided(day)
    assert outcome.outcomes("x") == {"a": "cap", "b": "treatment"}
    assert outcome.outcomes("y") == {"a": "cap", "b": "cap"}
    assert outcome.rows["x"]["a"]["reason"] == "contacted as often as a cap allows: 1 contact in 7 days"
    later = replace(day, as_of=shop.AS_OF + timedelta(days=1))
    assert decided(later).outcomes("x")["a"] == "treatment"


def test_of_several_caps_that_are_reached_the_widest_is_told():
    caps = (Cap(contacts=1, days=7, tag="promo"), Cap(contacts=1, days=7, channel="email"), Cap(contacts=1, days=30))
    sent = [("x", "a", "treatment", shop.AS_OF - timedelta(days=1), "email")]
    tagged = {"tags": ("promo",), "repeat": {"after_days": 1}}

    def told(*caps: Cap) -> str:
        return str(decided(replace(world(person("a"), x=tagged, caps=caps), sent=sent)).rows["x"]["a"]["reason"])

    assert told(*caps).endswith(": 1 contact in 30 days")
    assert told(*caps[:2]).endswith(": 1 contact in 7 days by email")
    assert told(caps[0]).endswith(": 1 contact in 7 days of campaigns tagged promo")


def test_a_transactional_message_is_neither_capped_nor_counted_and_takes_nobody_from_others():
    sent = [("x", "a", "treatment", shop.AS_OF - timedelta(days=1), "email")]
    recall = {"transactional": True, "repeat": {"after_days": 1}}
    outcome = decided(replace(world(person("a"), x=recall, caps=(Cap(contacts=1, days=7),)), sent=sent))
    assert outcome.contacted("x") == outcome.contacted("y") == {"a"}


def _many(by: str, seed: int = 5) -> Shop:
    """Values and ranks that hang together, so that whoever wins differs from whoever loses."""
    chance = random.Random(seed)
    people = []
    for number in range(4000):
        worth = chance.gauss(0, 1)
        row: dict[str, Any] = {"customer_id": f"p{number:05d}", "worth": worth}
        for at, name in enumerate(("x", "y", "z")):
            row[f"in_{name}"] = chance.random() < 0.7
            row[f"rank_{name}"] = worth + chance.gauss(0, 1)
            row[f"v_{name}"] = max(0.0, 1.0 + 0.3 * at + 0.5 * worth + chance.gauss(0, 1))
        people.append(row)
    asked = {
        "x": campaign("x", value="v_x", limit=900, holdout_share=0.3),
        "y": campaign("y", value="v_y", holdout_share=0.4, budget=Decimal("300.00")),
        "z": campaign("z", value="v_z", holdout_share=0.3),
    }
    return Shop(people, asked, Decision(by=by, budget=Decimal("1000.00")))  # type: ignore[arg-type]


def _apart(one: list[float], other: list[float]) -> float:
    """How many standard errors two means are apart."""
    error = (variance(one) / len(one) + variance(other) / len(other)) ** 0.5
    return abs(fmean(one) - fmean(other)) / error if error else 0.0


@pytest.mark.slow
@pytest.mark.parametrize("by", ["priority", "value"])
def test_arms_differ_in_nothing_but_the_message_and_a_planted_effect_is_found(by: str) -> None:
    day = _many(by)
    outcome = decided(day)
    of = {str(row["customer_id"]): row for row in day.people}
    noise = random.Random(11)
    bought = {name: row["worth"] + noise.gauss(0, 1) for name, row in of.items()}
    for name in ("x", "y", "z"):
        treated, kept_out = _arms(outcome, name)
        share = day.campaigns[name].holdout_share
        listed = len(treated) + len(kept_out)
        assert listed > 300
        assert abs(len(kept_out) - share * listed) < 4 * (share * (1 - share) * listed) ** 0.5
        for column in ("worth", "rank_x", "rank_y", "rank_z", "v_x", "v_y", "v_z", "in_x", "in_y", "in_z"):
            assert _apart([float(of[who][column]) for who in treated], [float(of[who][column]) for who in kept_out]) < 4, column
        effect = 0.5
        with_effect = [bought[who] + effect for who in treated]
        without = [bought[who] for who in kept_out]
        error = (variance(with_effect) / len(with_effect) + variance(without) / len(without)) ** 0.5
        assert abs(fmean(with_effect) - fmean(without) - effect) < 4 * error


def _arms(outcome: Outcome, name: str) -> tuple[list[str], list[str]]:
    treated = sorted(outcome.contacted(name))
    return treated, sorted(outcome.listed(name) - set(treated))
