"""Cohorts on orders few enough to count by hand, and against a clerk who counts in plain Python."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.measurement.cohort_retention import COHORT_RETENTION
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.measurement.shop import exclude, measured, write_orders

AS_OF = date(2025, 3, 30)
FIRST = date(2024, 12, 20)


def test_who_comes_back_month_by_month(any_engine: Engine) -> None:
    engine = any_engine
    write_orders(
        engine,
        [
            ("anna", date(2024, 12, 31), 2000),
            ("anna", date(2025, 2, 1), 1000),
            ("anna", date(2025, 2, 2), 500),
            ("bert", date(2024, 12, 1), 700),
            ("cora", date(2025, 2, 28), 300),
            ("cora", date(2025, 3, 30), 300),
            ("dora", date(2025, 2, 28), 9900),  # objected
        ],
        [(0, date(2025, 1, 5), 250)],
    )
    exclude(engine, ["dora"])
    december, february, m = date(2024, 12, 1), date(2025, 2, 1), Decimal
    found = [tuple(row.values())[1:] for row in measured(engine, COHORT_RETENTION, AS_OF)]
    assert found == [
        (december, 0, december, True, 2, 2, 2, m("27.00"), 1.0),
        (december, 1, date(2025, 1, 1), True, 2, 0, 0, m("-2.50"), 0.0),
        (december, 2, february, True, 2, 1, 2, m("15.00"), 0.5),
        (december, 3, date(2025, 3, 1), False, 2, 0, 0, m("0.00"), None),  # 31 March is not over
        (february, 0, february, True, 1, 1, 1, m("3.00"), 1.0),
        (february, 1, date(2025, 3, 1), False, 1, 1, 1, m("3.00"), None),
    ]
    last = measured(engine, COHORT_RETENTION, date(2025, 3, 31))
    assert [row["retention"] for row in last] == [1.0, 0.0, 0.5, 0.0, 1.0, 1.0], "on its last day the month is over"
    write_orders(engine, [])
    assert measured(engine, COHORT_RETENTION, AS_OF) == []


DAYS = st.integers(0, 100).map(lambda days: FIRST + timedelta(days=days))
ORDERS = st.lists(st.tuples(st.sampled_from([*"abcdef"]), DAYS, st.integers(0, 5000)), max_size=15)
RETURNS = st.lists(st.tuples(st.integers(0, 14), DAYS, st.integers(1, 3000)), max_size=4)


def clerk(orders, returns, excluded, as_of: date) -> list[tuple[object, ...]]:
    """With a card per customer; a month is (year, month)."""
    bought = [order for order in orders if order[0] not in excluded]
    cohorts: dict[tuple[int, int], set[str]] = {}
    month_of = {}
    for who in {order[0] for order in bought}:
        first = min(day for name, day, _ in bought if name == who)
        month_of[who] = (first.year, first.month)
        cohorts.setdefault(month_of[who], set()).add(who)
    back = [(orders[number][0], day, cents) for number, day, cents in returns if number < len(orders)]
    rows = []
    for cohort in sorted(cohorts):
        month, since = cohort, 0
        while month <= (as_of.year, as_of.month):
            theirs = [o for o in bought if month_of[o[0]] == cohort and (o[1].year, o[1].month) == month]
            paid_back = [b for b in back if month_of.get(b[0]) == cohort and max((b[1].year, b[1].month), cohort) == month]
            active, customers = len({o[0] for o in theirs}), len(cohorts[cohort])
            following = (month[0] + month[1] // 12, month[1] % 12 + 1)
            over = date(*following, 1) - timedelta(days=1) <= as_of
            net = Decimal(sum(o[2] for o in theirs) - sum(b[2] for b in paid_back)) / 100
            share = round(active / customers, 6) if over else None
            rows.append((as_of, date(*cohort, 1), since, date(*month, 1), over, customers, active, len(theirs), net, share))
            month, since = following, since + 1
    return rows


@pytest.mark.slow
@examples(40, 400)
@given(ORDERS, RETURNS, st.sets(st.sampled_from("abcdef"), max_size=2), st.integers(0, 35))
def test_a_clerk_counts_the_same(orders, returns, excluded, later: int) -> None:
    as_of = FIRST + timedelta(days=100 + later)
    engine = DuckDBEngine(None)
    write_orders(engine, orders, [r for r in returns if r[0] < len(orders)])
    exclude(engine, sorted(excluded))
    found = [tuple(row.values()) for row in measured(engine, COHORT_RETENTION, as_of)]
    engine.close()
    assert found == clerk(orders, returns, excluded, as_of)
