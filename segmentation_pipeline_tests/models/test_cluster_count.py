"""The number of clusters: what the criterion wants, as far as halves of the customers agree on it."""

from __future__ import annotations

import numpy as np

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.hash_sampling import in_half
from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.cluster_count import Count, count_clusters, preferred, stability
from segmentation_pipeline.models.global_kmeans import grow_clusters


def clouds(spread: float) -> np.ndarray:
    chance = np.random.default_rng(0)
    return np.concatenate([np.array(centre) + chance.normal(0, spread, (40, 2)) for centre in ([0, 0], [10, 0], [5, 9])])


def halves(size: int) -> list[np.ndarray]:
    return [np.arange(size) % 2 == 0, np.arange(size) % 4 < 2]


def counted(points: np.ndarray, min_stability: float) -> Count:
    everybody = np.ones(len(points), bool)
    shapes = {k: Centres.fitted(points, fit.cluster_centers_) for k, fit in grow_clusters(points, points, 5).items() if k > 1}
    return count_clusters(points, everybody, halves(len(points)), shapes, min_stability)


def test_three_clouds_are_three_and_as_stable_as_can_be() -> None:
    count = counted(clouds(0.5), 0.65)
    assert (count.number, count.stability) == (3, 1.0)
    assert set(count.stabilities) == {3}, "the number that is wanted most is stable, so no other is looked at"


def test_a_number_the_halves_do_not_agree_on_is_passed_over() -> None:
    """One round cloud: every number of clusters is as good as any other, and each half cuts it its own way."""
    points = np.random.default_rng(1).normal(size=(120, 6))
    count = counted(points, 0.95)
    assert count.stability == max(count.stabilities.values()) < 0.95
    assert set(count.stabilities) == {2, 3, 4, 5}


def test_too_few_different_points_are_not_stable() -> None:
    points = np.array([[0.0, 0.0]] * 9 + [[1.0, 1.0]])
    everybody = np.ones(10, bool)
    assert stability(points, everybody, halves(10), Centres, 2) == 0.0


def test_of_numbers_as_good_the_smallest_comes_first() -> None:
    assert preferred({3: -580.8, 2: -574.0, 4: -575.0, 5: -900.0}, 10.0) == [2, 3, 4, 5]


def test_halves_are_halves_and_each_another(engine: DuckDBEngine) -> None:
    ids = engine.memtable({"id": [f"c{n}" for n in range(2000)]}, {"id": "string"})
    rows = engine.rows(ids.select(a=in_half(ids.id, "s", 0), b=in_half(ids.id, "s", 1)))
    for cell in ((True, True), (True, False), (False, True), (False, False)):
        assert 420 < sum((row["a"], row["b"]) == cell for row in rows) < 580
