"""What was spent comes to an amount, in all or in some days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns.triggers.world import happened, trigger
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.measurement.shop import write_orders

ENGINE = DuckDBEngine(None)
FIRST = date(2026, 3, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_the_day_that_crosses_it_less_what_was_paid_back(any_engine: Engine) -> None:
    orders = [
        ("anna", day(0), 6000),
        ("anna", day(5), 4000),  # exactly 100.00
        ("bert", day(5), 10000),  # sent back on the day
        ("cora", day(0), 10000),
        ("cora", day(5), 2000),  # had it before
        ("dora", day(5), 9999),
        ("emil", day(1), 10000),  # reached, sent back on day 3, reached again
        ("emil", day(5), 10000),
    ]
    write_orders(any_engine, orders, [(2, day(5), 500), (6, day(3), 10000)])
    assert happened(any_engine, trigger(on="spend_reached", amount=100), day(5)) == {"anna": day(5), "emil": day(5)}
    assert happened(any_engine, trigger(on="spend_reached", amount=100, days=5), day(5)) == {"emil": day(5)}
    assert happened(any_engine, trigger(on="spend_reached", amount=100, days=6), day(5)) == {"anna": day(5), "emil": day(5)}
    assert trigger(on="spend_reached", amount=100, days=6).words == "spend of 100.00 in 6 days reached"


DAYS = st.integers(0, 12)
ORDERS = st.lists(st.tuples(st.sampled_from([*"abc"]), DAYS, st.integers(0, 80)), max_size=12)
RETURNS = st.lists(st.tuples(st.integers(0, 11), DAYS, st.integers(1, 80)), max_size=4)


@pytest.mark.parametrize("window", [None, 1, 4])
@given(ORDERS, RETURNS, st.integers(1, 120), DAYS, st.sampled_from([0, 2]))
@examples(12, 80)
def test_as_a_clerk_finds_it(window, orders, returns, cents, on, within) -> None:
    returns = [(number, later, amount) for number, later, amount in returns if number < len(orders)]
    write_orders(
        ENGINE, [(who, day(n), amount) for who, n, amount in orders], [(number, day(n), amount) for number, n, amount in returns]
    )

    def total(who: str, end: int) -> int:
        first = -99 if window is None else end - window + 1
        paid = sum(amount for name, n, amount in orders if name == who and first <= n <= end)
        return paid - sum(amount for number, n, amount in returns if orders[number][0] == who and first <= n <= end)

    expected = {}
    for who in "abc":
        for n in range(max(on - within, 0), on + 1):
            if total(who, n) >= cents > total(who, n - 1) and any(name == who and n == of for name, of, _ in orders):
                expected[who] = day(n)
    what = trigger(on="spend_reached", amount=cents / 100, days=window, within_days=within)
    assert happened(ENGINE, what, day(on)) == expected
