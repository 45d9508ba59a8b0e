"""Who is kept out and who gets which message: by hash of the contact unit, in strata over all days, or as a control group."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.campaigns.arms import first_drawn, held_out_at, with_arms
from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.config.schema import Campaign, Decision
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.examples import examples

ENGINE = DuckDBEngine(None)
PEOPLE = [f"c{number:03}" for number in range(300)]
TWO = {"plain": {"share": 0.5, "content": "tpl-17"}, "voucher": {"share": 0.5, "content": "tpl-18"}}
_DRAWN = {"customer_id": "string", "account": "string", "arm": "string", "stratum": "string", "as_of": "date"}


def selected(*customers: str, **settings: Any) -> dict[str, dict[str, Any]]:
    """The gate's row per customer; everyone may be contacted unless changed."""
    known = {name: settings.pop(name) for name in ("together", "drawn", "households") if name in settings}
    accounts, name = settings.pop("accounts", None), settings.pop("name", "spring")
    decision, profile = settings.pop("decision", Decision()), settings.pop("profile", None)
    as_of = settings.pop("as_of", shop.AS_OF)
    accounts = shop.accounts(*customers) if accounts is None else accounts
    ledgers = Ledgers(accounts=accounts, consents=shop.granted(*customers), suppressions=None, past_contacts=None, **known)
    context = CampaignContext(name, shop.campaign(**settings), shop.PRIVACY, as_of, decision=decision)
    profile = shop.profile(*((customer, True, 1.0) for customer in customers)) if profile is None else profile
    found = ENGINE.rows(select_audience(context, profile, shop.bind, ledgers))
    return {str(row["customer_id"]): row for row in found}


def arms(*customers: str, **settings: Any) -> dict[str, str]:
    return {customer: row["arm"] for customer, row in selected(*customers, **settings).items()}


def compared(decision: Decision, holdout: str, limit: int | None = None) -> dict[str, dict[str, Any]]:
    """As ``selected``, of a campaign without a holdout of its own."""
    campaign = Campaign(title="t", channel="email", audience="wanted", holdout=holdout, limit=limit)  # type: ignore[arg-type]
    context = CampaignContext("spring", campaign, shop.PRIVACY, shop.AS_OF, decision=decision)
    people = shop.profile(*((customer, True, 1.0) for customer in PEOPLE))
    ledgers = Ledgers(accounts=shop.accounts(*PEOPLE), consents=shop.granted(*PEOPLE), suppressions=None, past_contacts=None)
    return {str(row["customer_id"]): row for row in ENGINE.rows(select_audience(context, people, shop.bind, ledgers))}


def in_profile(**groups: str | None) -> ir.Table:
    """A profile in which each customer is in the rule and has a ``tier``."""
    schema = {"customer_id": "string", "wanted": "boolean", "clv": "float64", "tier": "string"}
    return shop.table(schema, [(customer, True, 1.0, tier) for customer, tier in groups.items()])


def drawn(*rows: tuple[str, str, str | None, date], accounts: ir.Table | None = None) -> ir.Table:
    """``first_drawn`` of customer, arm, stratum and day."""
    lists = shop.table(_DRAWN, [(customer, customer, arm, stratum, day) for customer, arm, stratum, day in rows])
    people = shop.accounts(*dict.fromkeys(row[0] for row in rows)) if accounts is None else accounts
    return first_drawn(lists, people, None, "email")


def test_without_arms_whoever_is_contacted_is_in_the_treatment_and_there_is_no_stratum():
    found = selected(*PEOPLE, holdout_share=0.3)
    assert {row["arm"] for row in found.values()} == {"treatment", "holdout"}
    assert all(row["arm"] == row["outcome"] and row["stratum"] is None for row in found.values())


def test_named_arms_part_those_who_are_contacted_by_their_shares():
    found = selected(*PEOPLE, holdout_share=0.2, arms={"plain": {"share": 0.75}, "voucher": {"share": 0.25}})
    drawn_for = [row["arm"] for row in found.values()]
    contacted = len(PEOPLE) - drawn_for.count("holdout")
    assert set(drawn_for) == {"plain", "voucher", "holdout"}
    assert abs(drawn_for.count("voucher") / contacted - 0.25) < 0.08
    assert {(row["outcome"], row["arm"] == "holdout") for row in found.values()} == {("treatment", False), ("holdout", True)}
    assert all(row["reason"].endswith(f"; arm {row['arm']}") for row in found.values() if row["arm"] != "holdout")


def test_who_is_stopped_is_in_no_arm():
    found = selected("a", "b", limit=1, arms=TWO)
    assert [row["arm"] for row in found.values() if row["outcome"] == "limit"] == [None]


def test_the_holdout_is_that_of_the_campaign_without_arms_and_another_arm_does_not_change_it():
    plain = arms(*PEOPLE, holdout_share=0.2)
    for several in (TWO, {"one": {}, "two": {}, "three": {}}):
        found = arms(*PEOPLE, holdout_share=0.2, arms=several)
        assert {c for c, arm in found.items() if arm == "holdout"} == {c for c, arm in plain.items() if arm == "holdout"}


def test_which_message_is_independent_of_the_holdout_and_of_other_campaigns():
    found, other = arms(*PEOPLE, arms=TWO), arms(*PEOPLE, arms=TWO, name="autumn")
    held = {c for c, arm in arms(*PEOPLE, holdout_share=0.5).items() if arm == "holdout"}
    for condition in (held, {c for c, arm in other.items() if arm == "plain"}):
        share = sum(found[c] == "plain" for c in condition) / len(condition)
        assert abs(share - 0.5) < 0.12


def test_an_arm_is_the_same_on_every_day_and_whatever_is_drawn_elsewhere():
    settings: dict[str, Any] = {"holdout_share": 0.3, "arms": TWO, "decision": Decision(global_holdout_share=0.1)}
    later = arms(*PEOPLE, as_of=shop.AS_OF + timedelta(days=40), **settings)
    assert arms(*PEOPLE, **settings) == later
    everybody = arms(*PEOPLE, holdout_share=0.3, arms=TWO)
    assert all(everybody[customer] == arm for customer, arm in later.items() if arm is not None)


@pytest.mark.slow
@examples(5, 60)
@given(st.sets(st.text(min_size=1, max_size=5), min_size=1), st.sets(st.text(min_size=1, max_size=5)))
def test_an_arm_depends_neither_on_who_else_is_there_nor_on_the_order_of_rows(stay, others):
    alone = arms(*sorted(stay), holdout_share=0.3, arms=TWO)
    together = arms(*sorted(stay | others, reverse=True), holdout_share=0.3, arms=TWO)
    assert alone == {name: together[name] for name in stay}


def test_one_address_is_in_one_arm_also_where_it_is_listed_for_each_person():
    rows = [(f"{who}{n}", f"{who}{n}", True, f"home{n}@example.com", None, None, None, None) for n in range(40) for who in "xy"]
    names = [row[0] for row in rows]
    found = arms(*names, accounts=shop.table(shop.ACCOUNT, rows), one_per="person", holdout_share=0.3, arms=TWO)
    assert all(found[f"x{n}"] == found[f"y{n}"] for n in range(40)) and len(set(found.values())) == 3


def test_the_global_control_group_gets_no_campaign_and_another_draw_is_another_group():
    group = Decision(global_holdout_share=0.2)
    spring = selected(*PEOPLE, decision=group)
    control = {c for c, row in spring.items() if row["outcome"] == "global_holdout"}
    assert 30 < len(control) < 90
    assert {spring[c]["reason"] for c in control} == {"in the global control group"}
    autumn = selected(*PEOPLE, decision=group, name="autumn", holdout_share=0.5)
    assert control == {c for c, row in autumn.items() if row["outcome"] == "global_holdout"}
    redrawn = selected(*PEOPLE, decision=Decision(global_holdout_share=0.2, global_holdout_draw="2027"))
    other = {c for c, row in redrawn.items() if row["outcome"] == "global_holdout"}
    assert abs(len(control & other) / len(control) - 0.2) < 0.15


def test_people_who_are_reached_together_are_in_the_control_group_together():
    pairs = [(f"c{n:03}", f"c{n - n % 2:03}") for n in range(300)]
    together = shop.table({"customer_id": "string", "unit": "string"}, pairs)
    found = selected(*PEOPLE, decision=Decision(global_holdout_share=0.3), together=together)
    assert all(found[customer]["outcome"] == found[unit]["outcome"] for customer, unit in pairs)


def test_compared_with_the_control_group_its_members_are_the_holdout_of_those_who_would_have_got_it():
    group = Decision(global_holdout_share=0.3)
    control = {c for c, row in selected(*PEOPLE, decision=group).items() if row["outcome"] == "global_holdout"}
    found = compared(group, "global", limit=100)
    held = {c for c, row in found.items() if row["outcome"] == "holdout"}
    assert held == {c for c, row in found.items() if row["outcome"] != "limit"} & control and 15 < len(held) < 50
    assert "in the global control group" in found[min(held)]["reason"]
    nobody = compared(group, "none")
    assert {c for c, row in nobody.items() if row["outcome"] == "global_holdout"} == control
    assert {row["outcome"] for row in nobody.values()} == {"global_holdout", "treatment"}


def test_one_newcomer_a_day_for_a_thousand_days_gives_a_tenth_held_out_whatever_the_offset():
    days = ibis.memtable({"position": list(range(1000))})
    for offset in (0.0, 0.123, 0.5, 0.999):
        at = held_out_at(days.position, 0.1, ibis.literal(offset))
        found = [int(row["held"]) for row in ENGINE.rows(days.mutate(held=at.cast("int64")).order_by("position"))]
        assert abs(sum(found) - 100) <= 1
        assert all(abs(sum(found[:n]) - n * 0.1) < 1.0 + 1e-9 for n in range(1, 1001))


def test_the_position_goes_on_from_those_drawn_on_other_days():
    """Ten nights of one newcomer and the hundred before them: as many are held out as of a hundred and ten at once."""
    context = CampaignContext("spring", shop.campaign(holdout_share=0.1, stratify_by=["tier"]), shop.PRIVACY, shop.AS_OF)
    schema = {"customer_id": "string", "unit": "string", "to_draw": "boolean", "in_control": "boolean", "stratum": "string"}

    def night(names: list[str], earlier: dict[str, str]) -> dict[str, str]:
        rows = [(earlier_name, arm, "tier=gold", shop.AS_OF) for earlier_name, arm in earlier.items()]
        people = shop.table(schema, [(name, name, True, False, "tier=gold") for name in names])
        return {
            r["customer_id"]: r["arm"]
            for r in ENGINE.rows(with_arms(people, context, drawn(*rows) if rows else None, [people.unit]))
        }

    ledger = night([f"n{n:03}" for n in range(100)], {})
    assert list(ledger.values()).count("holdout") == 10
    for n in range(10):
        ledger |= night([f"later{n}"], ledger)
    assert list(ledger.values()).count("holdout") == 11


def test_where_as_many_come_each_night_as_hold_one_to_be_held_out_it_is_not_the_same_place_every_night():
    """Else the holdout were every night's best, and what the campaign changed would be who they are."""
    context = CampaignContext("spring", shop.campaign(holdout_share=0.1, stratify_by=["tier"]), shop.PRIVACY, shop.AS_OF)
    schema = {"customer_id": "string", "unit": "string", "to_draw": "boolean", "in_control": "boolean", "stratum": "string"}
    places, rows = [], []
    for night in range(20):
        names = [f"n{night:02}-{place}" for place in range(10)]
        people = shop.table(schema, [(name, name, True, False, "tier=gold") for name in names])
        found = ENGINE.rows(with_arms(people, context, drawn(*rows) if rows else None, [people.unit]))
        held = [row["customer_id"] for row in found if row["arm"] == "holdout"]
        assert len(held) == 1
        places += [names.index(held[0])]
        rows += [(row["customer_id"], row["arm"], "tier=gold", shop.AS_OF) for row in found]
    assert len(set(places)) > 5 and 2 < sum(places) / len(places) < 7


def test_every_stratum_holds_out_its_share_and_unknown_is_one_of_them():
    tiers = {customer: ("gold", "silver", None)[number % 3] for number, customer in enumerate(PEOPLE)}
    found = selected(*PEOPLE, profile=in_profile(**tiers), holdout_share=0.1, stratify_by=["tier"])
    strata = {row["stratum"] for row in found.values()}
    assert strata == {"tier=gold", "tier=silver", "tier=unknown"}
    for stratum in strata:
        of_it = [row["arm"] for row in found.values() if row["stratum"] == stratum]
        assert len(of_it) == 100 and of_it.count("holdout") == 10
    again = selected(
        *reversed(PEOPLE), profile=in_profile(**dict(reversed(tiers.items()))), holdout_share=0.1, stratify_by=["tier"]
    )
    assert again == found


def test_the_share_is_that_of_the_chosen_where_a_limit_cuts_off_the_others():
    schema = {"customer_id": "string", "wanted": "boolean", "clv": "float64", "tier": "string"}
    rows = [
        (customer, True, float(number * 7 % 300), "gold" if number % 3 else "silver") for number, customer in enumerate(PEOPLE)
    ]
    for limit in (30, 100, 200):
        found = selected(*PEOPLE, profile=shop.table(schema, rows), holdout_share=0.2, stratify_by=["tier"], limit=limit)
        for tier in ("tier=gold", "tier=silver"):
            drawn_for = [row["arm"] for row in found.values() if row["stratum"] == tier]
            assert abs(drawn_for.count("holdout") - 0.2 * len(drawn_for)) <= 1
        assert sum(row["stratum"] is not None for row in found.values()) == limit


def test_who_was_drawn_keeps_arm_and_stratum_and_of_merged_people_the_older_row_counts():
    before = shop.AS_OF - timedelta(days=9)
    rows = [("a", "voucher", "tier=gold", before), ("b", "holdout", "tier=gold", before), ("c", "gone", "tier=gold", before)]
    profile = in_profile(a="silver", b="silver", c="silver", d="silver")
    found = selected(
        *"abcd", profile=profile, holdout_share=0.1, stratify_by=["tier"], arms=TWO, drawn=drawn(*rows), one_per="person"
    )
    assert (found["a"]["arm"], found["b"]["arm"]) == ("voucher", "holdout")
    assert found["c"]["arm"] in TWO  # its arm is no more: it was contacted, and gets one of those there are
    assert {found[c]["stratum"] for c in "abc"} == {"tier=gold"} and found["d"]["stratum"] == "tier=silver"
    merged = shop.table(
        _DRAWN,
        [("a", "web", "plain", "tier=x", before), ("a", "a", "holdout", "tier=y", before - timedelta(days=1))],
    )
    [row] = ENGINE.rows(first_drawn(merged, shop.accounts("a"), None, "email"))
    assert (row["unit"], row["arm"], row["stratum"]) == ("a", "holdout", "tier=y")


def test_people_who_share_an_address_are_drawn_once_in_strata_too():
    twins = shop.table(shop.ACCOUNT, [(n, n, True, "home@example.com", None, None, None, None) for n in ("one", "two")])
    ledger = drawn(("two", "holdout", "tier=gold", shop.AS_OF - timedelta(days=3)), accounts=twins)
    settings = {"accounts": twins, "holdout_share": 0.1, "stratify_by": ["tier"], "one_per": "person"}
    profile = in_profile(one="silver", two="gold")
    assert arms("one", "two", profile=profile, drawn=ledger, **settings) == {"one": "holdout", "two": "holdout"}
    fresh = selected("one", "two", profile=profile, **settings)
    assert fresh["one"]["arm"] == fresh["two"]["arm"] and fresh["two"]["stratum"] == "tier=silver"


def test_whom_a_campaign_is_not_in_the_language_of_is_left_out_at_the_rule_with_its_own_reason():
    schema = {"customer_id": "string", "wanted": "boolean", "clv": "float64", "language": "string"}
    spoken = {"a": "de", "b": "DE-AT", "c": "fr", "d": None}
    profile = shop.table(schema, [(customer, True, 1.0, language) for customer, language in spoken.items()])
    found = selected(*spoken, profile=profile, languages=["de", "en"])
    assert {customer: row["outcome"] for customer, row in found.items()} == {
        "a": "treatment",
        "b": "treatment",
        "c": "rule",
        "d": "rule",
    }
    assert found["c"]["reason"] == "the language is not known or none of de, en"
