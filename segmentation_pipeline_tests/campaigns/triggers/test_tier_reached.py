"""A higher tier than on the day before."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns.triggers.world import at, happened, trigger, write
from segmentation_pipeline_tests.examples import examples

ENGINE = DuckDBEngine(None)
TIERS = ["bronze", "silver", "gold"]
FIRST = date(2026, 3, 1)


def write_tiers(engine: Engine, changes: list[tuple[str, date, int, str | None]]) -> None:
    """Who, when, at what hour, which tier."""
    rows = [
        {"event_id": f"e{n:02}", "customer_id": who, "occurred_at": at(day, hour), "event": "tier_changed", "tier": tier}
        for n, (who, day, hour, tier) in enumerate(changes)
    ]
    write(engine, "loyalty", *rows)


def test_up_is_reached_and_down_is_not(any_engine: Engine) -> None:
    day = date(2026, 3, 9)
    write_tiers(
        any_engine,
        [
            ("up", FIRST, 9, "Silver"),
            ("up", day, 9, "gold "),
            ("down", FIRST, 9, "gold"),
            ("down", day, 9, "silver"),
            ("first", day, 9, "bronze"),
            ("same", FIRST, 9, "gold"),
            ("same", day, 9, "gold"),
            ("there_and_back", FIRST, 9, "bronze"),
            ("there_and_back", day, 9, "gold"),
            ("there_and_back", day, 18, "bronze"),
            ("unknown", day, 9, "platinum"),
            ("points", day, 9, None),
        ],
    )
    assert happened(any_engine, trigger(on="tier_reached", tiers=TIERS), day) == {"up": day, "first": day}
    assert happened(any_engine, trigger(on="tier_reached", tiers=TIERS[1:], days_after=1), date(2026, 3, 10)) == {"up": day}


CHANGES = st.lists(
    st.tuples(
        st.sampled_from([*"abc"]),
        st.integers(0, 8).map(lambda n: FIRST + timedelta(days=n)),
        st.integers(0, 3),
        st.sampled_from([*TIERS, "other"]),
    ),
    max_size=12,
)


@given(CHANGES, st.integers(0, 9), st.sampled_from([0, 2]))
@examples(25, 80)
def test_as_a_clerk_finds_it(changes, days, within) -> None:
    write_tiers(ENGINE, changes)
    as_of, expected = FIRST + timedelta(days=days), {}

    def height(who: str, day: date) -> int:
        theirs = [(d, hour, f"e{n:02}", tier) for n, (name, d, hour, tier) in enumerate(changes) if name == who and d <= day]
        tier = max(theirs)[3] if theirs else None
        return TIERS.index(tier) if tier in TIERS else -1

    for who in "abc":
        for back in range(within, -1, -1):
            day = as_of - timedelta(days=back)
            if height(who, day) > height(who, day - timedelta(days=1)):
                expected[who] = day
    assert happened(ENGINE, trigger(on="tier_reached", tiers=TIERS, within_days=within), as_of) == expected
