"""Starts of k-means: determined by the points, moved by them only as far as they move."""

from __future__ import annotations

import numpy as np

from segmentation_pipeline.models.cluster_starts import principal_starts


def three_clouds() -> np.ndarray:
    chance = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 4.0]])
    return np.concatenate([centre + chance.normal(0, 0.3, (50, 2)) for centre in centres])


def test_clouds_are_cut_apart_along_their_longest_axis_first():
    starts = principal_starts(three_clouds(), 3)
    assert sorted(np.rint(starts[2]).tolist()) == [[0, 0], [10, 2]]
    assert sorted(np.rint(starts[3]).tolist()) == [[0, 0], [10, 0], [10, 4]]


def test_the_order_of_points_does_not_matter():
    points = three_clouds()
    for number, start in principal_starts(points, 4).items():
        again = principal_starts(points[::-1], 4)[number]
        assert np.allclose(sorted(again.tolist()), sorted(start.tolist()))


def test_equal_points_cannot_be_cut():
    assert list(principal_starts(np.ones((5, 2)), 4)) == [1]
