"""Who goes on from one campaign to the next: the contacted, so many days later, by what they did since."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.campaigns.journey import followed
from segmentation_pipeline.config.schema import DependsOn
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.engine.conftest import engine as any_engine
from segmentation_pipeline_tests.examples import examples

__all__ = ["any_engine"]

ENGINE = DuckDBEngine(None)
FIRST = date(2026, 3, 1)
CONTACT = {"campaign": "string", "customer_id": "string", "channel": "string", "arm": "string", "event_date": "date"}


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def goes_on(engine: Engine, contacts, orders, on: int, if_: str, within: int = 0, told: int = 0) -> dict[str, date]:
    """``contacts``: campaign, who, arm, day, of which the log tells the first ``told``; ``orders``: who, day; the step is three
    days after ``welcome``."""
    columns: dict[str, list[object]] = {
        "campaign": [c[0] for c in contacts],
        "customer_id": [c[1] for c in contacts],
        "channel": ["email"] * len(contacts),
        "arm": [c[2] for c in contacts],
        "event_date": [day(c[3]) for c in contacts],
    }
    bought = {"customer_id": [who for who, _ in orders], "event_date": [day(n) for _, n in orders]}
    known = engine.memtable(columns, CONTACT)
    logged = engine.memtable({name: values[:told] for name, values in columns.items()}, CONTACT) if told else None
    placed = engine.memtable(bought, {"customer_id": "string", "event_date": "date"})
    step = DependsOn.model_validate({"campaign": "hello", "days_after": 3, "if": if_, "within_days": within})
    rows = engine.rows(followed(known, logged, "welcome", step, placed, day(on)))
    assert len({row["customer_id"] for row in rows}) == len(rows)
    return {row["customer_id"]: row["trigger_on"] for row in rows}


def test_the_contacted_go_on_and_the_holdout_never_does(any_engine: Engine) -> None:
    contacts = [
        ("welcome", "waits", "treatment", 4),
        ("welcome", "buys", "treatment", 4),
        ("welcome", "second_text", "text_b", 4),
        ("welcome", "kept_out", "holdout", 4),
        ("welcome", "day_before", "treatment", 3),
        ("other", "of_another", "treatment", 4),
    ]
    orders = [("buys", 5), ("waits", 4), ("waits", 1)]
    on_the_day = {"waits": day(4), "second_text": day(4)}
    assert goes_on(any_engine, contacts, orders, 7, "not_ordered") == on_the_day, "an order of the list's day came before it"
    assert goes_on(any_engine, contacts, orders, 7, "ordered") == {"buys": day(4)}
    assert goes_on(any_engine, contacts, orders, 7, "any") == on_the_day | {"buys": day(4)}
    assert goes_on(any_engine, contacts, orders, 7, "recency_days > 1") == on_the_day | {"buys": day(4)}, "rules are asked later"
    assert goes_on(any_engine, contacts, orders, 7, "not_ordered", within=1) == on_the_day | {"day_before": day(3)}


def test_an_order_of_the_day_of_a_contact_that_the_log_tells_is_one_since(any_engine: Engine) -> None:
    contacts = [
        ("welcome", "told", "treatment", 4),
        ("welcome", "told_and_waits", "treatment", 4),
        ("welcome", "listed", "treatment", 4),
    ]
    orders = [("told", 4), ("listed", 4)]
    assert set(goes_on(any_engine, contacts, orders, 7, "not_ordered", told=2)) == {"told_and_waits", "listed"}
    assert set(goes_on(any_engine, contacts, orders, 7, "ordered", told=2)) == {"told"}


WHO = st.sampled_from([*"abc"])
CONTACTS = st.lists(
    st.tuples(st.sampled_from(["welcome", "other"]), WHO, st.sampled_from(["treatment", "holdout", "b"]), st.integers(0, 8)),
    max_size=8,
)


@pytest.mark.parametrize("if_", ["not_ordered", "ordered", "any"])
@given(
    CONTACTS,
    st.lists(st.tuples(WHO, st.integers(0, 12)), max_size=4),
    st.integers(3, 12),
    st.sampled_from([0, 2]),
    st.integers(0, 8),
)
@examples(12, 80)
def test_as_a_clerk_finds_it(if_, contacts, orders, on, within, told) -> None:
    known = [(who, n) for who, n in orders if n <= on]
    expected = {}
    for who in "abc":
        days = [
            n
            for key, name, arm, n in contacts
            if (key, name) == ("welcome", who) and arm != "holdout" and n + 3 <= on <= n + 3 + within
        ]
        if days:
            in_log = any(c[:2] == ("welcome", who) and c[2] != "holdout" and c[3] == max(days) for c in contacts[:told])
            bought = any(name == who and (n > max(days) or (in_log and n == max(days))) for name, n in known)
            if if_ == "any" or bought == (if_ == "ordered"):
                expected[who] = day(max(days))
    assert goes_on(ENGINE, contacts, known, on, if_, within, told) == expected
