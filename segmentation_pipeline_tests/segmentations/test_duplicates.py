import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score

from segmentation_pipeline.segmentations.duplicates import (
    adjusted_information,
    best_jaccard,
    contingencies,
    guard_duplicates,
    normalised_information,
)


def table(engine, **columns):
    customers = {"customer_id": [f"c{n:04}" for n in range(len(next(iter(columns.values()))))]}
    return engine.memtable(customers | columns, dict.fromkeys([*customers, *columns], "string"))


def test_the_tables_of_all_pairs_are_counted_with_those_in_no_segment(engine):
    assigned = table(engine, a=["x", "x", "y", None], b=["p", "q", "q", "q"], c=["s", "s", "s", None])
    found = contingencies(engine, assigned, ["a", "b", "c"])
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    ab = found["a", "b"]
    assert (ab.rows, ab.columns, ab.counts.tolist()) == (("", "x", "y"), ("p", "q"), [[0, 1], [1, 1], [0, 1]])


def test_agreement_is_that_of_scikit_learn(engine):
    chance = np.random.default_rng(1)
    one = chance.integers(0, 4, 300)
    other = np.where(chance.random(300) < 0.6, one, chance.integers(0, 3, 300))
    (found,) = contingencies(engine, table(engine, a=list(map(str, one)), b=list(map(str, other))), ["a", "b"]).values()
    assert adjusted_information(found.counts) == pytest.approx(adjusted_mutual_info_score(one, other))
    assert normalised_information(found.counts) == pytest.approx(normalized_mutual_info_score(one, other))


def test_best_matches_by_hand(engine):
    # x = {1,2}, y = {3}; p = {1}, q = {2,3,4}: best of x is p with 1/2, of y q with 1/3, of p x with 1/2, of q y with 1/3
    (found,) = contingencies(engine, table(engine, a=["x", "x", "y", None], b=["p", "q", "q", "q"]), ["a", "b"]).values()
    assert best_jaccard(found) == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_the_same_division_under_other_names_is_a_duplicate_and_an_independent_one_is_not(engine):
    halves = ["low", "high"] * 100
    assigned = table(
        engine, size=halves, width=["narrow" if s == "low" else "wide" for s in halves], city=(["gent"] * 2 + ["köln"] * 2) * 50
    )
    size, width, city = guard_duplicates(engine, assigned, ["size", "width", "city"])
    assert (size.passed, width.passed, city.passed) == (False, False, True)
    assert size.numbers == {"adjusted_mutual_information": 1.0, "best_jaccard": 1.0, "limit": 0.9}
    assert size.message.startswith("most like width: adjusted mutual information 1.00")
    assert city.numbers["adjusted_mutual_information"] < 0.05


def test_a_large_rest_in_both_makes_no_duplicate(engine):
    """95 in 100 are in the rest of both; the few others have nothing in common."""
    one = table(engine, a=["x"] * 5 + ["rest"] * 95, b=["rest"] * 95 + ["y"] * 5)
    assert [guard.passed for guard in guard_duplicates(engine, one, ["a", "b"])] == [True, True]


def test_a_single_segmentation_and_nobody_divided_are_no_mistake(engine):
    (alone,) = guard_duplicates(engine, table(engine, a=["x", "y"]), ["a"])
    assert alone.passed and alone.message == "there is no other to be like"
    assert all(guard.passed for guard in guard_duplicates(engine, table(engine, a=[None, None], b=[None, None]), ["a", "b"]))
