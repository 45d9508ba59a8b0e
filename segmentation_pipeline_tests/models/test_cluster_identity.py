"""Clusters stay who they are over refits, and splits, merges, births and deaths are told."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.contracts.labels import ClusterChange as C
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.cluster_features import NumericFeature
from segmentation_pipeline.models.cluster_identity import Transition, beginnings, changes_table, overlap, with_identity
from segmentation_pipeline.models.cluster_model import ClusterModel

ORDERS = NumericFeature("frequency", False, 0.0, 0.0, 1.0)


def model(*means: float, known: tuple[str, ...] = (), ids: tuple[int, ...] = (), fence: float | None = None) -> ClusterModel:
    """One feature, ``frequency`` as it is; clusters named by the order of ``means`` unless told otherwise."""
    names = known or tuple(f"new_{i}" for i in range(1, len(means) + 1))
    return ClusterModel((ORDERS,), Centres(tuple((m,) for m in means)), ids or tuple(range(1, len(means) + 1)), names, fence)


OLD = model(10.0, 50.0, 90.0, known=("few", "some", "many"))


def test_the_same_centres_in_another_order_keep_ids_and_names() -> None:
    """Also where a few customers move."""
    shared = {(1, 3): 100, (2, 1): 80, (3, 2): 60, (1, 1): 5, (2, 3): 4}
    again, changes = with_identity(OLD, model(51.0, 88.0, 11.0), shared)
    assert (again.ids, again.names, again.known) == ((2, 3, 1), ("some", "many", "few"), OLD.known)
    assert changes == [
        Transition(C.KEPT, "few", "few", 100),
        Transition(C.KEPT, "many", "many", 60),
        Transition(C.KEPT, "some", "some", 80),
    ]


def test_a_split_keeps_the_larger_part_and_names_the_other() -> None:
    shared = {(1, 1): 100, (2, 2): 50, (2, 3): 30, (3, 4): 60}
    again, changes = with_identity(OLD, model(10.0, 48.0, 60.0, 90.0), shared)
    assert again.ids == (1, 2, 4, 3)
    assert again.names == ("few", "some", "high_frequency", "many")
    assert Transition(C.SPLIT, "some", "high_frequency", 30) in changes and len(changes) == 4


def test_a_merge_keeps_the_larger_ones_name() -> None:
    again, changes = with_identity(OLD, model(10.0, 75.0), {(1, 1): 100, (2, 2): 50, (3, 2): 60})
    assert (again.ids, again.names) == ((1, 3), ("few", "many"))
    assert [c for c in changes if c.change is not C.KEPT] == [Transition(C.MERGED, "some", "many", 50)]
    assert again.known == OLD.known, "the merged cluster's name is not given again"


def test_a_cluster_made_of_outliers_and_others_is_born_and_one_that_scatters_dies() -> None:
    shared = {(1, 1): 100, (0, 2): 40, (2, 2): 20, (2, 1): 25, (2, 0): 10, (3, 3): 60, (2, 3): 5}
    again, changes = with_identity(OLD, model(10.0, 400.0, 90.0), shared)
    assert again.ids == (1, 4, 3)
    told = [c for c in changes if c.change is not C.KEPT]
    assert told == [Transition(C.BORN, None, "high_frequency", 60), Transition(C.DIED, "some", None, 60)]


def test_a_match_of_a_few_customers_is_no_identity() -> None:
    """Hungarian matching pairs what is left over; sharing 5 of 60 and 80 is not being the same."""
    again, changes = with_identity(OLD, model(10.0, 51.0, 300.0), {(1, 1): 100, (2, 2): 80, (3, 3): 5, (3, 0): 55, (0, 3): 75})
    assert again.ids == (1, 2, 4)
    assert {c.change for c in changes} == {C.KEPT, C.BORN, C.DIED}


def test_neither_number_nor_name_of_a_dead_cluster_is_given_again() -> None:
    before = model(10.0, known=("few", "high_frequency", "others"), ids=(1,))
    before = ClusterModel(before.features, Centres(((10.0,), (30.0,))), (1, 3), before.known)
    again, _ = with_identity(before, model(10.0, 31.0, 99.0), {(1, 1): 10, (3, 2): 10, (0, 3): 10})
    assert again.ids == (1, 3, 4)
    assert again.names[2] == "high_frequency_2"


def test_the_one_cluster_of_everybody_is_no_predecessor() -> None:
    everybody = ClusterModel((), Centres(((),)), (1,), ("all_customers",))
    again, changes = with_identity(everybody, model(10.0, 50.0), {(1, 1): 90, (1, 2): 10})
    assert again.ids == (2, 3) and again.known[0] == "all_customers"
    assert [c.change for c in changes] == [C.BORN, C.BORN, C.DIED]
    back, changes = with_identity(again, everybody, {(2, 1): 90, (3, 1): 10})
    assert back.names == ("all_customers",) and [c.change for c in changes] == [C.BORN, C.DIED, C.DIED]


def test_overlap_is_counted_over_everybody_with_orders(engine: DuckDBEngine) -> None:
    features = engine.memtable(
        {"customer_id": list("abcdefg"), "frequency": [9, 11, 49, 70, 89, 900, 0]},
        {"customer_id": "string", "frequency": "int64"},
    )
    fenced = model(10.0, 60.0, 90.0, fence=100.0)
    assert overlap(engine, features, OLD, fenced) == {(1, 1): 2, (2, 2): 2, (3, 3): 1, (3, 0): 1}
    assert beginnings(engine, features, fenced) == [
        Transition(C.BORN, None, "new_1", 2),
        Transition(C.BORN, None, "new_2", 2),
        Transition(C.BORN, None, "new_3", 1),
    ]


def test_the_table_has_a_row_per_transition(engine: DuckDBEngine) -> None:
    table = changes_table(engine, {"clusters": [Transition(C.MERGED, "a", "b", 3)], "soft": []}, date(2026, 3, 1))
    assert engine.rows(table) == [
        {
            "as_of": date(2026, 3, 1),
            "model": "clusters",
            "change": "merged",
            "cluster_before": "a",
            "cluster_after": "b",
            "customers": 3,
        }
    ]
    assert engine.rows(changes_table(engine, {}, date(2026, 3, 1))) == []
