"""Types of customers are told from bands of one cloud."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pytest

from segmentation_pipeline.config.schema import ClustersConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.cluster_model import ClusterModel
from segmentation_pipeline.models.cluster_reference import compare, one_cloud
from segmentation_pipeline.models.gaussian_mixture import Mixture
from segmentation_pipeline_tests.models.shop import fit_clusters
from segmentation_pipeline_tests.models.test_clusters import three_groups

SCHEMA = {"customer_id": "string", "frequency": "int64", "monetary": "decimal(18, 2)", "x": "float64", "y": "float64"}


def _cloud(size: int, seed: int) -> np.ndarray:
    """Slanted and longer one way than the other: k-means cuts it across the long way, alike in every half."""
    return np.random.default_rng(seed).multivariate_normal([0, 0], [[4.0, 1.5], [1.5, 1.0]], size)


def _groups(size: int, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.normal(0, 0.5, (size, 2)) + np.array([[0, 0], [4, 0], [0, 4]])[chance.integers(0, 3, size)]


def test_a_cloud_without_groups_has_the_moments_of_the_customers() -> None:
    points = _groups(500, 1)
    cloud = one_cloud(points, np.random.default_rng(0))
    assert np.allclose(cloud.mean(axis=0), points.mean(axis=0))
    assert np.allclose(np.cov(cloud.T), np.cov(points.T))


def test_a_coordinate_that_follows_from_the_others_does_no_harm() -> None:
    points = _groups(200, 2)
    cloud = one_cloud(np.column_stack([points, points.sum(axis=1)]), np.random.default_rng(0))
    assert np.allclose(cloud[:, 2], cloud[:, 0] + cloud[:, 1], atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [Centres, Mixture])
def test_groups_beat_the_reference_and_a_cloud_does_not(shape: type[Centres] | type[Mixture]) -> None:
    groups, again = compare(_groups(1500, 3), shape, 3), compare(_groups(1500, 3), shape, 3)
    assert groups.is_beaten and groups == again
    # One cloud in twenty beats them all by chance.
    assert sum(compare(_cloud(600, seed), shape, 3).is_beaten for seed in range(10)) <= 2


def _customers(engine: DuckDBEngine, points: np.ndarray):
    columns = {
        "customer_id": [f"c{n:05d}" for n in range(len(points))],
        "frequency": [1] * len(points),
        "monetary": [Decimal(10)] * len(points),
        "x": points[:, 0].tolist(),
        "y": points[:, 1].tolist(),
    }
    return engine.memtable(columns, SCHEMA)


def test_bands_are_called_so_and_the_model_says_it_wherever_it_goes(engine: DuckDBEngine) -> None:
    model = fit_clusters(engine, _customers(engine, _cloud(1500, 4)), ClustersConfig(features=("x", "y")), "salt")
    assert len(model.ids) >= 3 and not model.types
    assert "bands, not types: silhouette 0." in model.note and model.note.endswith(
        "of one correlated Gaussian with the same moments"
    )
    told = ClusterModel.from_parameters(json.loads(json.dumps(model.to_parameters())))
    words = [words for name, words in told.definitions.items() if name != "outlier"]
    assert all(each.endswith("; bands, not types") for each in words) and told.definitions == model.definitions


def test_one_cluster_is_an_answer_where_it_is_allowed(engine: DuckDBEngine) -> None:
    config = ClustersConfig(features=("x", "y"), min_clusters=1)
    one = fit_clusters(engine, _customers(engine, _cloud(1500, 4)), config, "salt")
    assert one.is_single and one.note.startswith("one cluster; bands, not types: ")
    assert one.definitions == {
        "all_customers": "everybody: there is no ground for more than one cluster, for they part no better than a cloud without groups"
    }
    several = fit_clusters(engine, _customers(engine, _groups(1500, 4)), config, "salt")
    assert len(several.ids) == 3 and several.types and several.note == ""


def test_groups_of_customers_are_types(engine: DuckDBEngine) -> None:
    config = ClustersConfig(features=("frequency", "recency_days", "monetary", "gap_mean_days"))
    model = fit_clusters(engine, three_groups(engine), config, "salt")
    assert model.types and not any("bands" in words for words in model.definitions.values())
