"""Visits without an order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns.triggers.world import at, happened, trigger, write
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.measurement.shop import write_orders

ENGINE = DuckDBEngine(None)
FIRST = date(2026, 3, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def write_visits(engine: Engine, visits: list[tuple[str | None, int, int | None]]) -> None:
    rows = [
        {"session_id": f"s{n}", "customer_id": who, "started_at": at(day(on)), "page_views": pages}
        for n, (who, on, pages) in enumerate(visits)
    ]
    write(engine, "web_sessions", *rows)


def test_the_day_that_makes_them_so_many(any_engine: Engine) -> None:
    write_visits(
        any_engine,
        [
            *(("anna", on, 5) for on in (3, 4, 5)),
            *(("bert", on, 5) for on in (1, 4, 5)),  # the first is five days old
            *(("cora", on, 5) for on in (3, 4, 5)),  # bought on day 4
            *(("dora", on, 5) for on in (2, 3, 4, 5)),  # were so many the day before
            *(("emil", on, 5) for on in (3, 4, 5)),  # bought before
            *((None, 5, 5) for _ in range(3)),
            *(("fred", 5, pages) for pages in (None, None, 20)),
        ],
    )
    write_orders(any_engine, [("cora", day(4), 100), ("emil", day(2), 100), ("fred", day(5), 100, "cancelled")])
    visits = trigger(on="browsed", visits=3, days=3)
    assert happened(any_engine, visits, day(5)) == dict.fromkeys(["anna", "emil", "fred"], day(5))
    pages = trigger(on="browsed", page_views=15, days=3, days_after=1)
    assert happened(any_engine, pages, day(6)) == dict.fromkeys(["anna", "emil", "fred"], day(5))
    write_orders(any_engine, [("anna", day(6), 100)])
    assert "anna" not in happened(any_engine, pages, day(6)), "bought since"


def test_either_measure_must_be_given() -> None:
    for keys in ({}, {"visits": 2, "page_views": 3}):
        with pytest.raises(ValidationError, match="give either 'page_views' or 'visits'"):
            trigger(on="browsed", days=3, **keys)


VISITS = st.lists(st.tuples(st.sampled_from([*"ab", None]), st.integers(0, 9), st.integers(0, 4)), max_size=14)


@given(
    VISITS,
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), max_size=2),
    st.integers(1, 4),
    st.integers(1, 6),
    st.integers(3, 9),
)
@examples(25, 80)
def test_as_a_clerk_finds_it(visits, orders, window, pages, on) -> None:
    write_visits(ENGINE, visits)
    known = [(who, n) for who, n in orders if n <= on]
    write_orders(ENGINE, [(who, day(n), 100) for who, n in known])

    def looked(who: str, end: int) -> int:
        return sum(seen for name, n, seen in visits if name == who and end - window < n <= end)

    expected = {
        who: day(on)
        for who in "ab"
        if any(name == who and n == on for name, n, _ in visits)
        and looked(who, on) >= pages > looked(who, on - 1)
        and not any(name == who and n > on - window for name, n in known)
    }
    assert happened(ENGINE, trigger(on="browsed", page_views=pages, days=window), day(on)) == expected
