"""A cart that was left and not bought since."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.identity.identifiers import write_identifiers
from segmentation_pipeline.identity.stored import update_identity
from segmentation_pipeline_tests.campaigns.triggers.world import at, happened, trigger, write
from segmentation_pipeline_tests.clean import project

DAY, NEXT = date(2026, 3, 9), date(2026, 3, 10)


def visit(
    number: int, who: str | None, started: datetime, cart_adds: int | None = 1, orders: int | None = 0
) -> dict[str, object]:
    return {"session_id": f"s{number}", "customer_id": who, "started_at": started, "cart_adds": cart_adds, "orders": orders}


def order(number: int, who: str, when: datetime, status: str | None = None) -> dict[str, object]:
    return {"order_id": f"o{number}", "customer_id": who, "ordered_at": when, "amount": 10, "status": status}


def test_left_and_not_bought_since(any_engine: Engine) -> None:
    names = ("anna", "empty", "bought_then", "bought_later", "before", "cancelled", "day_only", "unknown")
    visits = [visit(n, who, at(DAY, 15), cart_adds=0 if who == "empty" else 2) for n, who in enumerate(names)]
    visits += [
        visit(20, "in_visit", at(DAY, 15), orders=1),
        visit(21, None, at(DAY, 15)),
        visit(22, "unknown", at(DAY, 15), None, None),
    ]
    write(any_engine, "web_sessions", *visits[:7], *visits[8:], visit(23, "untold", at(DAY, 15), 1, None))
    write(
        any_engine,
        "orders",
        order(1, "bought_then", at(DAY, 16)),
        order(2, "bought_later", at(NEXT, 9)),
        order(3, "before", at(DAY, 14)),
        order(4, "cancelled", at(DAY, 16), "cancelled"),
        order(5, "day_only", at(DAY, 0)),
    )
    due = trigger(on="abandoned_cart", days_after=1)
    assert happened(any_engine, due, NEXT) == dict.fromkeys(["anna", "before", "cancelled", "untold"], DAY)
    assert set(happened(any_engine, trigger(on="abandoned_cart", days_after=1, within_days=1), date(2026, 3, 11))) == {
        "anna",
        "before",
        "cancelled",
        "untold",
    }


@pytest.mark.slow
def test_the_day_is_that_of_the_shop_and_the_person_whoever_of_their_accounts_bought(tmp_path: Path) -> None:
    """From files: half past eleven at night belongs to its day, also in the night the clocks change."""
    engine = DuckDBEngine(None)
    configured = project.config(
        {"orders": {}, "web_sessions": {}, "customers": {}, "identities": {}}, business={"timezone": "Europe/Berlin"}
    )
    project.write(
        tmp_path,
        "web_sessions",
        "session_id,customer_id,started_at,cart_adds,orders",
        "s1,anna,2026-03-28 23:30,1,0",  # the clock goes forward in this night
        "s2,bert,2026-03-29 00:30,1,0",
        "s3,cora,2026-10-24 23:30,1,0",  # and back in this one
        "s4,dora,2026-10-25 02:30,1,0",
        "s5,two,2026-03-28 20:00,1,0",
    )
    project.write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        "o1,one,2026-03-28 21:00,5.00",
        "o2,anna,2026-03-28 23:15,5.00",
    )
    project.write(
        tmp_path,
        "customers",
        "customer_id,email",
        *(f"{who},{who}@example.com" for who in ("one", "two", "anna", "bert", "cora", "dora")),
    )
    project.write(
        tmp_path,
        "identities",
        "record_id,customer_id,system,kind,identifier,seen_at",
        "r1,one,web,loyalty_card,4711,2026-01-01",
        "r2,two,store,loyalty_card,4711,2026-01-01",
    )
    changes, as_of = ChangeSet(), date(2026, 10, 25)
    project.clean_all(engine, tmp_path, configured, as_of)
    write_identifiers(engine, configured, changes)
    update_identity(engine, configured, as_of, changes)
    due = trigger(on="abandoned_cart")
    for day, found in (
        (date(2026, 3, 28), {"anna"}),
        (date(2026, 3, 29), {"bert"}),
        (date(2026, 10, 24), {"cora"}),
        (date(2026, 10, 25), {"dora"}),
    ):
        assert happened(engine, due, day, configured) == dict.fromkeys(found, day)
    engine.close()
