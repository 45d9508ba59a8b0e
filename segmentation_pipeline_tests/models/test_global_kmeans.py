"""k-means grown centre by centre: as good as many random starts, and the same whatever the order."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from segmentation_pipeline.models.global_kmeans import grow_clusters


def clouds(spread: float) -> np.ndarray:
    chance = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 4.0], [3.0, 9.0]])
    return np.concatenate([centre + chance.normal(0, spread, (60, 2)) for centre in centres])


def test_clouds_are_found():
    points = clouds(0.3)
    centres = grow_clusters(points, points[::7], 4)[4].cluster_centers_
    assert sorted(np.rint(centres).tolist()) == [[0, 0], [3, 9], [10, 0], [10, 4]]


@pytest.mark.slow
def test_no_number_of_clusters_is_clearly_worse_than_the_best_of_many_random_starts():
    points = clouds(3.0)
    for number, fit in grow_clusters(points, points, 8).items():
        assert fit.inertia_ <= 1.02 * KMeans(number, n_init=50, random_state=1).fit(points).inertia_


def test_the_order_of_points_does_not_matter():
    points = clouds(1.0)
    turned = grow_clusters(points[::-1], points[::-1], 5)
    for number, fit in grow_clusters(points, points, 5).items():
        assert np.allclose(sorted(turned[number].cluster_centers_.tolist()), sorted(fit.cluster_centers_.tolist()))


def test_points_no_candidate_is_near_become_clusters_too():
    points = np.array([[0.0, 0.0]] * 50 + [[5.0, 0.0], [0.0, 5.0]])
    centres = grow_clusters(points, points[:10], 3)[3].cluster_centers_
    assert sorted(np.rint(centres).tolist()) == [[0, 0], [0, 5], [5, 0]]
