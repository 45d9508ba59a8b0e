"""Every engine decides alike: by priority, by value under money, and under caps."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from segmentation_pipeline.campaigns.decisions import audience_overlap, campaign_decisions
from segmentation_pipeline.config.schema import Cap, Decision
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.campaigns.day_of_campaigns import Shop, campaign, decided

pytestmark = pytest.mark.slow


def world(by: str) -> Shop:
    chance = random.Random(3)
    people = [
        {"customer_id": f"c{number:02d}"}
        | {f"in_{name}": chance.random() < 0.8 for name in "xy"}
        | {f"rank_{name}": round(chance.random(), 2) for name in "xy"}
        | {f"v_{name}": chance.choice([None, 0.2, 1.0, 1.5, 2.5]) for name in "xy"}
        for number in range(30)
    ]
    day = shop.AS_OF - timedelta(days=1)
    return Shop(
        people,
        {
            "x": campaign("x", value="v_x", limit=9, holdout_share=0.3),
            "y": campaign("y", value="v_y", holdout_share=0.2, budget=Decimal("4.00"), tags=("promo",)),
        },
        Decision(by=by, caps=(Cap(contacts=1, days=7), Cap(contacts=2, days=30, tag="promo")), budget=Decimal("6.50")),  # type: ignore[arg-type]
        addresses={f"c{number:02d}": f"m{number // 2}" for number in range(10)},
        sent=[("x", f"c{number:02d}", "treatment", day, "email") for number in range(20, 23)],
    )


@pytest.mark.parametrize("by", ["each", "priority", "value"])
def test_outcomes_are_those_of_duckdb(engine, by: str) -> None:
    expected, found = decided(world(by)), decided(world(by), engine)
    for name in ("x", "y"):
        for told in (expected, found):
            for row in told.rows[name].values():
                row.pop("reason")
        assert found.rows[name] == expected.rows[name]
    assert found.spent == expected.spent


def test_decisions_and_overlaps_are_those_of_duckdb(engine) -> None:
    rows = [
        ("a", "x", "consent", 9.0),
        ("a", "y", "treatment", 5.0),
        ("b", "x", "treatment", None),
        ("b", "y", "lost_to", 2.0),
        ("c", "y", "holdout", 1.0),
    ]
    outcomes = shop.table({"customer_id": "string", "campaign": "string", "outcome": "string", "gain": "float64"}, rows)
    told = {row["customer_id"]: row["stopped"] for row in engine.rows(campaign_decisions(outcomes, ("x", "y"), shop.AS_OF))}
    assert told == {"a": "x: consent", "b": "y: lost_to", "c": "y: holdout"}
    [overlap] = engine.rows(audience_overlap(outcomes, shop.AS_OF))
    assert (overlap["passed_both"], overlap["listed_both"]) == (1, 0)
