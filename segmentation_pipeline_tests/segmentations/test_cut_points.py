from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.segmentations.cut_points import comparable, find_cut_points
from segmentation_pipeline_tests.examples import examples


def tiers(*tops):
    return [(f"tier_{position}", top) for position, top in enumerate(tops, 1)]


def cuts(engine, values, *tops, kind="int64"):
    table = engine.memtable({"v": values}, {"v": kind})
    return [cut.at_least for cut in find_cut_points(engine, table.v, tiers(*tops))]


def test_distinct_values_are_cut_at_their_shares(engine):
    assert cuts(engine, list(range(1, 11)), 0.1, 0.5, 1.0) == [10, 6, 1]


def test_equal_values_go_where_most_of_them_belong(engine):
    assert cuts(engine, [0] * 8 + [5, 9], 0.25, 1.0) == [5, 0]  # not everybody into the top quarter
    assert cuts(engine, [9] * 3 + list(range(7)), 0.2, 1.0) == [9, 0]  # the middle of ranks 1-3 is within two


def test_tiers_begin_at_values_there_are_and_nothing_is_interpolated(engine):
    """The example of docs/segmentations.md: the middle of the 50s is at half of the customers."""
    assert cuts(engine, [90, 50, 50, 50, 10], 0.4, 1.0) == [90, 10]
    assert cuts(engine, [90, 50, 50, 50, 10], 0.5, 1.0) == [50, 10]


def test_a_tier_no_value_falls_in_has_no_cut_point(engine):
    assert cuts(engine, [7] * 10, 0.1, 0.9, 1.0) == [None, 7, None]


def test_the_unknown_do_not_count_and_nobody_gives_no_cut_points(engine):
    assert cuts(engine, [None, None, 2, 1], 0.5, 1.0) == [2, 1]
    assert cuts(engine, [None], 0.5, 1.0) == [None, None]


def test_money_keeps_cents_and_doubles_are_rounded_to_six_places(engine):
    money = cuts(engine, [Decimal("812.40"), Decimal("3.00")], 0.5, 1.0, kind="decimal(18,2)")
    assert [str(v) for v in money] == ["812.40", "3.00"]
    assert [str(v) for v in cuts(engine, [0.1 + 0.2, 100.0], 0.5, 1.0, kind="float64")] == ["100", "0.3"]


@pytest.mark.slow
@examples(15, 400)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.sampled_from([0.1, 0.25, 0.5, 0.7]))
def test_a_tier_is_as_near_to_its_share_as_equal_values_allow(engine, values, top):
    table = engine.memtable({"v": values}, {"v": "int64"})
    at_least = find_cut_points(engine, table.v, tiers(top, 1.0))[0]
    chosen = 0 if at_least.at_least is None else engine.count(table.filter(comparable(table.v) >= at_least.literal))
    possible = [0] + [sum(v >= cut for v in values) for cut in set(values)]
    assert abs(chosen - top * len(values)) == pytest.approx(min(abs(size - top * len(values)) for size in possible))
