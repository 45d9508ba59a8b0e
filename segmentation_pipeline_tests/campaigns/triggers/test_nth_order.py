"""The nth order: of completed orders, as they are known on the day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns.triggers.world import happened, trigger
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.measurement.shop import write_orders

ENGINE = DuckDBEngine(None)
FIRST = date(2026, 3, 1)


def test_the_third_completed_order(any_engine: Engine) -> None:
    first, second, third = FIRST, date(2026, 3, 5), date(2026, 3, 9)
    write_orders(
        any_engine,
        [
            *(("anna", day, 1000) for day in (first, second, third)),
            *(("bert", day, 1000) for day in (first, third)),
            ("bert", second, 1000, "cancelled"),
            *(("cora", third, 1000) for _ in range(4)),  # the third of four on one day
            *(("dora", day, 1000) for day in (first, first, second, third)),  # had it before
        ],
    )
    due = trigger(on="nth_order", nth=3)
    assert happened(any_engine, due, third) == {"anna": third, "cora": third}
    assert happened(any_engine, trigger(on="nth_order", nth=3, days_after=2), date(2026, 3, 11)) == {"anna": third, "cora": third}
    assert happened(any_engine, due, second) == {"dora": second}


def test_an_order_that_is_told_late_is_answered_where_nights_may_be_made_up() -> None:
    orders = [("anna", FIRST, 1000), ("anna", date(2026, 3, 4), 1000)]
    write_orders(ENGINE, orders)
    third = trigger(on="nth_order", nth=3, within_days=3)
    assert happened(ENGINE, third, date(2026, 3, 5)) == {}
    write_orders(ENGINE, [*orders, ("anna", date(2026, 3, 3), 1000)])  # comes on the 6th
    assert happened(ENGINE, third, date(2026, 3, 6)) == {"anna": date(2026, 3, 4)}, "the third by day is that of the 4th"
    assert happened(ENGINE, trigger(on="nth_order", nth=3), date(2026, 3, 6)) == {}


ORDERS = st.lists(
    st.tuples(
        st.sampled_from([*"abcd"]),
        st.integers(0, 12).map(lambda days: FIRST + timedelta(days=days)),
        st.just(100),
        st.sampled_from(["completed", "completed", "cancelled", "returned"]),
    ),
    max_size=20,
)


@given(ORDERS, st.integers(1, 4), st.integers(0, 14), st.sampled_from([(0, 0), (2, 0), (0, 3), (1, 2)]))
@examples(25, 80)
def test_as_a_clerk_finds_it(orders, nth, days, offset) -> None:
    write_orders(ENGINE, orders)
    after, within = offset
    as_of, expected = FIRST + timedelta(days=days), {}
    for who in "abcd":
        theirs = sorted(day for name, day, _, status in orders if name == who and status == "completed")
        if len(theirs) >= nth:
            due = theirs[nth - 1] + timedelta(days=after)
            if due <= as_of <= due + timedelta(days=within):
                expected[who] = theirs[nth - 1]
    assert happened(ENGINE, trigger(on="nth_order", nth=nth, days_after=after, within_days=within), as_of) == expected
