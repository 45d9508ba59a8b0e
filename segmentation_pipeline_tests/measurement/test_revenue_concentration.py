"""The share of the best customers, on few customers by hand, and against a clerk who sorts a list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.measurement.revenue_concentration import REVENUE_CONCENTRATION, TOP_PERCENTS
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.measurement.shop import measured

AS_OF = date(2025, 3, 31)
Customer = tuple[int, int]
"""Orders, and net revenue in cents."""


def rows_of(engine: Engine, lifetime: list[Customer], year: list[Customer]) -> dict[str, list[dict[str, object]]]:
    columns = {
        "customer_id": [f"c{number}" for number in range(len(lifetime))],
        "frequency": [orders for orders, _ in lifetime],
        "monetary": [Decimal(cents) / 100 for _, cents in lifetime],
        "frequency_365d": [orders for orders, _ in year],
        "monetary_365d": [Decimal(cents) / 100 for _, cents in year],
    }
    kinds = {"customer_id": "string", **{n: "int64" if n.startswith("freq") else "decimal(18, 2)" for n in [*columns][1:]}}
    engine.write(tables.CUSTOMER_PROFILE, engine.memtable(columns, kinds))
    found = measured(engine, REVENUE_CONCENTRATION, AS_OF)
    return {period: [row for row in found if row["period"] == period] for period in ("365d", "lifetime")}


def test_ten_customers_by_hand(any_engine: Engine) -> None:
    """One brings half, four a tenth each, two a twentieth; one has nothing, one got back what came before, one never ordered."""
    lifetime = [(1, 5000), *[(1, 1000)] * 4, *[(1, 500)] * 2, (1, 0), (1, 0), (0, 0)]
    year = [*[(0, 0)] * 8, (0, -300), (0, 0)]
    found = rows_of(any_engine, lifetime, year)
    by_percent = {row["top_percent"]: row for row in found["lifetime"]}
    assert sorted(by_percent) == list(TOP_PERCENTS)
    top = by_percent[20]  # 20 % of nine customers are two
    assert (top["customers"], top["revenue"], top["revenue_share"]) == (2, Decimal("60.00"), 0.6)
    assert top["customer_share"] == pytest.approx(2 / 9, abs=1e-6)
    assert (by_percent[1]["customers"], by_percent[1]["revenue_share"]) == (1, 0.5), "one customer is the least"
    assert (by_percent[100]["customers"], by_percent[100]["revenue_share"], by_percent[100]["customer_share"]) == (9, 1.0, 1.0)
    # 3 * 5 + 4 * 5 + (5 + 6 + 7 + 8) * 10 + 9 * 50 = 745 over nine customers and 100 of revenue
    assert by_percent[100]["gini"] == pytest.approx(2 * 745 / (9 * 100) - 10 / 9, abs=1e-6)
    [everyone] = {tuple(row.values())[3:] for row in found["365d"]}
    assert everyone == (1, 1.0, Decimal("0.00"), None, Decimal("-3.00"), None), "who got back more than they paid counts as 0"


def test_where_nobody_ordered_there_is_no_row() -> None:
    engine = DuckDBEngine(None)
    assert rows_of(engine, [(0, 0)], [(0, 0)]) == {"365d": [], "lifetime": []}
    engine.close()


CUSTOMERS = st.lists(st.tuples(st.integers(0, 2), st.integers(-500, 4000)), min_size=1, max_size=30)


def clerk(customers: list[Customer]) -> list[tuple[object, ...]]:
    there = sorted((cents for orders, cents in customers if orders or cents), reverse=True)
    if not there:
        return []
    values, n = [max(cents, 0) for cents in there], len(there)
    total, below = sum(values), Decimal(sum(cents for cents in there if cents < 0)) / 100
    # The mean difference of all pairs over twice the mean, which is how Gini put it.
    pairs = sum(abs(a - b) for a in values for b in values)
    gini = pairs / (2 * n * total) if total else None
    rows = []
    for percent in TOP_PERCENTS:
        count = -(-n * percent // 100)
        best = sum(values[:count])
        rows.append((percent, count, count / n, Decimal(best) / 100, best / total if total else None, below, gini))
    return rows


@pytest.mark.slow
@examples(60, 600)
@given(CUSTOMERS)
@example([(1, 100)])
@example([(1, 100)] * 7)
@example([(1, 0)] * 3)
def test_a_clerk_finds_the_same(customers: list[Customer]) -> None:
    engine = DuckDBEngine(None)
    found = rows_of(engine, customers, customers)
    engine.close()
    for period in found.values():
        assert [(r["top_percent"], r["customers"], r["revenue"], r["negative_revenue"]) for r in period] == [
            (percent, count, revenue, below) for percent, count, _, revenue, _, below, _ in clerk(customers)
        ]
        for row, (_, _, customer_share, _, revenue_share, _, gini) in zip(period, clerk(customers), strict=True):
            assert row["customer_share"] == pytest.approx(customer_share, abs=1e-6)
            for name, expected in (("revenue_share", revenue_share), ("gini", gini)):
                assert row[name] == (None if expected is None else pytest.approx(expected, abs=1e-6))
