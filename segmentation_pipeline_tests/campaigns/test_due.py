"""Campaigns that wait: who comes to the gate, and in what words they and all others are told why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.due import due_customers, not_due_words
from segmentation_pipeline.campaigns.explain import explain_customer
from segmentation_pipeline.campaigns.funnel import campaign_funnel
from segmentation_pipeline.campaigns.gate import CampaignError, select_audience
from segmentation_pipeline.config.schema import DependsOn
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.campaigns.triggers.world import trigger
from segmentation_pipeline_tests.engine.conftest import engine as any_engine

__all__ = ["any_engine"]

DAYS = {"customer_id": "string", "trigger_on": "date"}
STEP = DependsOn.model_validate({"campaign": "welcome", "days_after": 3, "if": "bought"})


def on(engine: Engine, *rows: tuple[str, date]) -> Any:
    return engine.memtable({"customer_id": [who for who, _ in rows], "trigger_on": [day for _, day in rows]}, DAYS)


def test_the_words_tell_what_and_when(any_engine: Engine) -> None:
    birthday = trigger(on="birthday", days_before=7)
    many = on(
        any_engine,
        ("a", date(2026, 6, 7)),
        ("b", date(2026, 6, 1)),
        ("c", date(2026, 5, 31)),
        ("d", date(2026, 5, 1)),
        ("a", date(2026, 6, 6)),
    )
    found = any_engine.rows(due_customers([(birthday, many)], date(2026, 5, 31)))
    assert {row["customer_id"]: row["due"] for row in found} == {
        "a": "birthday on 2026-06-07, 7 days ahead",
        "b": "birthday on 2026-06-01, 1 day ahead",
        "c": "birthday on 2026-05-31, today",
        "d": "birthday on 2026-05-01, 30 days ago",
    }
    both = [(birthday, many), (STEP, on(any_engine, ("a", date(2026, 5, 28)), ("z", date(2026, 5, 28))))]
    assert any_engine.rows(due_customers(both, date(2026, 5, 31))) == [
        {"customer_id": "a", "due": "birthday on 2026-06-07, 7 days ahead; contact by welcome on 2026-05-28, 3 days ago"}
    ]


def test_only_those_whose_day_it_is_pass_the_rule_and_the_funnel_says_so() -> None:
    engine = DuckDBEngine(None)
    campaign = shop.campaign().model_copy(update={"trigger": trigger(on="birthday", days_before=7)})
    context = CampaignContext("spring", campaign, shop.PRIVACY, date(2026, 5, 31))
    people = shop.profile(("due", True, 1.0), ("no_rule", False, 1.0), ("no_day", True, 1.0), ("unreachable", True, 1.0))
    due = due_customers(
        [(campaign.trigger, on(engine, *((w, date(2026, 6, 7)) for w in ("due", "no_rule", "unreachable", "gone"))))],
        context.as_of,
    )
    ledgers = Ledgers(shop.accounts("due", "no_rule", "no_day"), shop.granted("due"), None, None, due=due)
    selection = select_audience(context, people, shop.bind, ledgers)
    assert {row["customer_id"]: (row["outcome"], row["reason"]) for row in engine.rows(selection)} == {
        "due": (
            "treatment",
            "birthday on 2026-06-07, 7 days ahead; rule holds: wanted; consent for email/marketing since 2026-01-01; rank 1 by clv",
        ),
        "unreachable": ("address", "birthday on 2026-06-07, 7 days ahead; no usable e-mail address"),
    }
    [first, *_] = engine.rows(campaign_funnel(selection, context, population=4, has_ledger=True).order_by("step_number"))
    assert (first["left_out"], first["reason"]) == (2, "rule does not hold: wanted, or no birthday on 2026-06-07")
    [told] = explain_customer(engine, selection.mutate(campaign=shop.ibis.literal("spring")), {"spring": campaign}, "no_day")
    assert told["reason"] == "rule does not hold: wanted, or no birthday"
    late = campaign.model_copy(update={"trigger": trigger(on="nth_order", nth=3, within_days=2), "depends_on": STEP})
    assert not_due_words(late, context.as_of) == (
        ", or no order number 3 from 2026-05-29 to 2026-05-31, or no contact by welcome on 2026-05-28"
    )


def test_nobody_passes_by_omission() -> None:
    campaign = shop.campaign().model_copy(update={"trigger": trigger(on="birthday")})
    context = CampaignContext("spring", campaign, shop.PRIVACY, shop.AS_OF)
    ledgers = Ledgers(shop.accounts("a"), shop.granted("a"), None, None)
    with pytest.raises(CampaignError, match=r"campaigns\.spring: it waits for something"):
        select_audience(context, shop.profile(("a", True, 1.0)), shop.bind, ledgers)


def test_the_rule_of_a_step_must_hold_as_well() -> None:
    engine = DuckDBEngine(None)
    campaign = shop.campaign().model_copy(update={"depends_on": STEP})
    context = CampaignContext("spring", campaign, shop.PRIVACY, date(2026, 5, 31))
    people = shop.profile(("buyer", True, 1.0), ("other", True, 1.0), ("unknown", True, 1.0))
    people = people.mutate(bought=people.customer_id.cases(("buyer", True), ("other", False), else_=shop.ibis.null("boolean")))
    due = due_customers([(STEP, on(engine, *((who, date(2026, 5, 28)) for who in ("buyer", "other", "unknown"))))], context.as_of)
    ledgers = Ledgers(shop.accounts("buyer", "other", "unknown"), shop.granted("buyer", "other", "unknown"), None, None, due=due)
    assert [row["customer_id"] for row in engine.rows(select_audience(context, people, shop.bind, ledgers))] == ["buyer"]
