"""The mixture: fitted as published, scored as scikit-learn would, alike on every engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.cluster_count import preferred
from segmentation_pipeline.models.cluster_features import CategoricalFeature, NumericFeature
from segmentation_pipeline.models.cluster_model import ClusterModel
from segmentation_pipeline.models.gaussian_mixture import NARROWEST, Mixture
from segmentation_pipeline.models.global_kmeans import grow_clusters
from segmentation_pipeline_tests.models.shop import score_clusters

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

IRIS = load_iris().data


@pytest.fixture(scope="module")
def iris() -> dict[int, Mixture]:
    return {k: Mixture.fitted(IRIS, fit.cluster_centers_, narrowest=1e-4) for k, fit in grow_clusters(IRIS, IRIS, 5).items()}


def test_bic_of_iris_is_the_published_one_and_prefers_two_components(iris: dict[int, Mixture]) -> None:
    """mclust (Fraley & Raftery), model VVV on iris: -829.9782 for 1, -574.0178 for 2 and -580.8396 for 3 components."""
    bic = {k: mixture.quality(IRIS, *mixture.assigned(IRIS)) for k, mixture in iris.items()}
    assert [bic[1], bic[2]] == pytest.approx([-829.9782, -574.0178], abs=1e-3)
    assert bic[3] == pytest.approx(-580.8396, abs=0.05)
    assert preferred(bic, Mixture.as_good)[0] == 2


def test_two_components_of_iris_are_setosa_and_the_others(iris: dict[int, Mixture]) -> None:
    labels, _ = iris[2].assigned(IRIS)
    species = load_iris().target
    assert {(bool(s), int(label)) for s, label in zip(species > 0, labels, strict=True)} in (
        {(False, 0), (True, 1)},
        {(False, 1), (True, 0)},
    )


def reference(mixture: Mixture) -> GaussianMixture:
    model = GaussianMixture(len(mixture.means))
    model.means_, model.weights_ = np.array(mixture.means), np.array(mixture.weights)
    model.precisions_cholesky_ = np.array(mixture.precisions)
    return model


def iris_table(engine: Engine):
    columns = {f"x{i}": IRIS[:, i].tolist() for i in range(4)}
    kinds = ["a", "b", None] * 50
    names = [f"c{n:03d}" for n in range(150)]
    schema = {"customer_id": "string", "frequency": "int64", "kind": "string"} | dict.fromkeys(columns, "float64")
    return engine.memtable({"customer_id": names, "frequency": [1] * 150, "kind": kinds, **columns}, schema)


UNSCALED = tuple(NumericFeature(f"x{i}", False, 0.0, 0.0, 1.0) for i in range(4))


def test_scores_equal_scikit_learns_responsibilities_and_densities_on_every_row(
    engine: DuckDBEngine, iris: dict[int, Mixture]
) -> None:
    mixture = iris[4]
    fence = round(float(np.quantile(mixture.assigned(IRIS)[1], 0.9)), 6)
    model = ClusterModel(UNSCALED, mixture, (1, 2, 3, 4), ("a", "b", "c", "d"), fence)
    rows = engine.rows(score_clusters(iris_table(engine), {"soft": model}).order_by("customer_id"))
    sklearn = reference(mixture)
    responsibilities, densities = sklearn.predict_proba(IRIS), sklearn.score_samples(IRIS)
    assert np.allclose(mixture.assigned(IRIS)[1], -densities)
    expected = [0 if -d > fence else int(np.argmax(r)) + 1 for d, r in zip(densities, responsibilities, strict=True)]
    assert [row["soft_cluster_id"] for row in rows] == expected and 0 < expected.count(0) < 20
    assert np.allclose([float(str(row["soft_cluster_probability"])) for row in rows], responsibilities.max(axis=1), atol=1e-6)
    own = responsibilities.argmax(axis=1)
    turned = [(x - sklearn.means_[k]) @ sklearn.precisions_cholesky_[k] for x, k in zip(IRIS, own, strict=True)]
    assert np.allclose([float(str(row["soft_cluster_distance"])) for row in rows], np.linalg.norm(turned, axis=1), atol=1e-6)


def test_a_value_that_many_share_is_no_spike_without_limit() -> None:
    points = np.column_stack([np.random.default_rng(0).normal(size=200), np.repeat([0.0, 1.0], [150, 50])])
    mixture = Mixture.fitted(points, np.array([[0.0, 0.0], [0.0, 1.0]]))
    narrowest = [1 / np.linalg.norm(np.array(matrix), 2) for matrix in mixture.precisions]
    assert min(narrowest) == pytest.approx(NARROWEST, rel=0.05)


def test_a_centre_nobody_is_near_gives_no_component() -> None:
    mixture = Mixture.fitted(IRIS, np.vstack([IRIS[:1], IRIS[-1:], [[99.0] * 4]]))
    assert len(mixture.means) == 2


def test_the_fit_is_the_same_again_and_whatever_the_order(iris: dict[int, Mixture]) -> None:
    centres = grow_clusters(IRIS, IRIS, 3)[3].cluster_centers_
    assert Mixture.fitted(IRIS, centres, 1e-4) == iris[3]
    turned = Mixture.fitted(IRIS[::-1], centres, 1e-4)
    assert np.allclose(turned.means, iris[3].means, atol=1e-6)


@pytest.mark.wide
def test_engines_agree_on_mixtures_and_categories(
    engine: DuckDBEngine, spark: SparkSession, tmp_path: Path, iris: dict[int, Mixture]
) -> None:
    from segmentation_pipeline.engine.spark import SparkEngine

    features = (UNSCALED[0], CategoricalFeature("kind", ("b", "unknown"), (1 / 3, 1 / 7, 11 / 21)))
    centres = Centres(((5.0, 1 / 3, -0.5, 0.1), (7.0, -1 / 7, 0.4, 0.2)))
    models = {
        "clusters": ClusterModel(features, centres, (2, 1), ("a", "b"), 1.5),
        "soft": ClusterModel(UNSCALED, iris[3], (1, 2, 3), ("a", "b", "c"), 5.0),
    }
    other = SparkEngine(spark.newSession(), str(tmp_path / "warehouse"))
    scored = [e.rows(score_clusters(iris_table(e), models).order_by("customer_id")) for e in (engine, other)]
    other.close()
    assert len(scored[0]) == 150
    for ours, sparks in zip(*scored, strict=True):
        assert ours == pytest.approx(sparks, abs=1e-6)
