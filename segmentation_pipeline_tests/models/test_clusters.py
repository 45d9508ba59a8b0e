"""Clusters: found where they are, scored as scikit-learn would, named apart, never a crash on thin data."""

from __future__ import annotations

import json
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest
from sklearn.cluster import KMeans

from segmentation_pipeline.config.schema import ClustersConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.cluster_features import NumericFeature
from segmentation_pipeline.models.cluster_model import ClusterModel
from segmentation_pipeline.models.cluster_names import name_clusters
from segmentation_pipeline_tests.models.shop import fit_clusters, score_clusters

SCHEMA = {
    "customer_id": "string",
    "frequency": "int64",
    "recency_days": "int64",
    "monetary": "decimal(18, 2)",
    "gap_mean_days": "float64",
    "return_rate": "float64",
    "city": "string",
}
CONFIG = ClustersConfig(
    features=("frequency", "recency_days", "monetary", "gap_mean_days"), min_clusters=2, max_clusters=5, outlier_fence=None
)


def three_groups(engine: DuckDBEngine, each: int = 60) -> ir.Table:
    """Daily buyers, monthly buyers and one-timers without a gap; plus one customer without orders."""
    chance = np.random.default_rng(0)
    frequency = np.concatenate([chance.integers(80, 120, each), chance.integers(8, 14, each), np.ones(each, int)])
    recency = np.concatenate([chance.integers(0, 3, each), chance.integers(10, 40, each), chance.integers(300, 500, each)])
    gap: list[float | None] = [*chance.uniform(1, 3, each), *chance.uniform(25, 35, each), *[None] * each]
    columns: dict[str, list] = {
        "customer_id": [f"c{n:05d}" for n in range(3 * each)] + ["none"],
        "frequency": [*frequency.tolist(), 0],
        "recency_days": [*recency.tolist(), None],
        "monetary": [*(20 * frequency).tolist(), 0],
        "gap_mean_days": [*gap, None],
        "return_rate": [0.1] * (3 * each + 1),
        "city": [None] * (3 * each + 1),
    }
    return engine.memtable(columns, SCHEMA)


def test_three_groups_are_found_and_numbered_by_revenue(engine: DuckDBEngine) -> None:
    features = three_groups(engine)
    model = fit_clusters(engine, features, CONFIG, "salt")
    assert model.metrics["clusters"] == 3 and model.training_rows == 180 and model.note == ""
    rows = engine.rows(score_clusters(features, {"clusters": model}).order_by("customer_id"))
    assert [row["cluster_id"] for row in rows] == [1] * 60 + [2] * 60 + [3] * 60
    assert all(row["cluster"] == model.names[int(str(row["cluster_id"])) - 1] for row in rows)
    assert "high_frequency" in model.names[0] or "high_monetary" in model.names[0]
    assert "high_recency_days" in model.names[2] or "low_" in model.names[2]


def test_scores_equal_scikit_learn_on_every_row(engine: DuckDBEngine) -> None:
    chance = np.random.default_rng(1)
    size = 2000
    raw = {
        "frequency": chance.geometric(0.2, size),
        "recency_days": chance.integers(0, 900, size),
        "monetary": np.round(chance.gamma(1.0, 200.0, size), 2),
    }
    gap = np.where(raw["frequency"] > 1, chance.uniform(1, 200, size), np.nan)
    features = engine.memtable(
        {
            "customer_id": [f"c{n:05d}" for n in range(size)],
            "frequency": raw["frequency"].tolist(),
            "recency_days": raw["recency_days"].tolist(),
            "monetary": [Decimal(f"{value:.2f}") for value in raw["monetary"]],
            "gap_mean_days": [None if np.isnan(g) else float(g) for g in gap],
            "return_rate": [0.0] * size,
            "city": ["x"] * size,
        },
        SCHEMA,
    )
    model = fit_clusters(engine, features, CONFIG, "salt")
    columns = {**{name: values.astype(float) for name, values in raw.items()}, "gap_mean_days": gap}
    points = np.column_stack(
        [(np.log1p(np.where(np.isnan(columns[f.name]), f.median, columns[f.name])) - f.mean) / f.std for f in model.features]
    )
    assert np.allclose(points.mean(axis=0), 0, atol=1e-9) and np.allclose(points.std(axis=0), 1)
    reference = KMeans(len(model.names), n_init=1, init=np.array(model.shape.means), max_iter=1).fit(points)
    reference.cluster_centers_ = np.array(model.shape.means)
    rows = engine.rows(score_clusters(features, {"clusters": model}).order_by("customer_id"))
    assert [row["cluster_id"] for row in rows] == (reference.predict(points) + 1).tolist()
    assert np.allclose([float(str(row["cluster_distance"])) for row in rows], reference.transform(points).min(axis=1), atol=1e-6)


def test_equally_near_centres_give_the_smallest_id(engine: DuckDBEngine) -> None:
    features = engine.memtable(
        {
            "customer_id": ["middle"],
            "frequency": [5],
            "recency_days": [0],
            "monetary": [0],
            "gap_mean_days": [None],
            "return_rate": [0.0],
            "city": ["x"],
        },
        SCHEMA,
    )
    model = ClusterModel(
        (NumericFeature("frequency", False, 5.0, 5.0, 1.0),), Centres(((1.0,), (-1.0,))), (1, 2), ("more", "less")
    )
    assert engine.rows(score_clusters(features, {"clusters": model})) == [
        {"customer_id": "middle", "cluster_id": 1, "cluster": "more", "cluster_distance": 1.0}
    ]


def test_same_rows_same_model_whatever_the_order_of_rows(engine: DuckDBEngine) -> None:
    features = three_groups(engine)
    first = fit_clusters(engine, features, CONFIG, "salt")
    assert fit_clusters(engine, features.order_by(features.customer_id.desc()), CONFIG, "salt") == first


def test_sample_is_bounded(engine: DuckDBEngine) -> None:
    features = three_groups(engine, each=200)
    config = CONFIG.model_copy(update={"sample_size": 150, "silhouette_sample_size": 100})
    model = fit_clusters(engine, features, config, "salt")
    assert 100 < model.training_rows < 200
    assert engine.count(score_clusters(features, {"clusters": model})) == 600


def test_features_left_out_are_the_customary_ones_that_exist(engine: DuckDBEngine) -> None:
    model = fit_clusters(engine, three_groups(engine), CONFIG.model_copy(update={"features": None}), "salt")
    assert [feature.name for feature in model.features] == ["recency_days", "frequency", "monetary", "gap_mean_days"]


def test_too_few_customers_are_one_cluster_with_a_note(engine: DuckDBEngine) -> None:
    features = three_groups(engine, each=3)
    model = fit_clusters(engine, features, CONFIG, "salt")
    assert model.names == ("all_customers",)
    assert model.note == "one cluster: 9 customers, 9 of them different; at least 20 needed"
    rows = engine.rows(score_clusters(features, {"clusters": model}))
    assert len(rows) == 9 and {(row["cluster_id"], row["cluster_distance"]) for row in rows} == {(1, 0.0)}


def test_no_customers_are_one_cluster_without_rows(engine: DuckDBEngine) -> None:
    features = three_groups(engine).filter(False)
    model = fit_clusters(engine, features, CONFIG, "salt")
    assert engine.rows(score_clusters(features, {"clusters": model})) == []


def test_constant_and_unknown_columns_are_left_out_with_a_note(engine: DuckDBEngine) -> None:
    config = CONFIG.model_copy(update={"features": ("frequency", "recency_days", "return_rate")})
    model = fit_clusters(engine, three_groups(engine), config, "salt")
    assert [feature.name for feature in model.features] == ["frequency", "recency_days"]
    assert model.note == "return_rate left out: it is the same for all customers"


@pytest.mark.parametrize(("name", "message"), [("recensy_days", "nearest name is 'recency_days'"), ("seen", "'seen' is date")])
def test_a_wrong_feature_name_is_refused_with_a_hint(engine: DuckDBEngine, name: str, message: str) -> None:
    dated = three_groups(engine).mutate(seen=ibis.literal("2025-01-01").cast("date"))
    with pytest.raises(ValueError, match=message):
        fit_clusters(engine, dated, CONFIG.model_copy(update={"features": (name,)}), "salt")


def test_parameters_round_trip_through_json_exactly(engine: DuckDBEngine) -> None:
    model = fit_clusters(engine, three_groups(engine), CONFIG, "salt")
    again = ClusterModel.from_parameters(json.loads(json.dumps(model.to_parameters())))
    assert (again.features, again.shape, again.ids, again.names) == (model.features, model.shape, model.ids, model.names)


def test_names_differ_even_where_clusters_hardly_do() -> None:
    names = name_clusters([(2.0, 1.0), (1.9, 0.9), (1.8, 0.9), (0.1, 0.0), (0.0, -0.1)], ["clv", "frequency"])
    assert names[:3] == ("high_clv_high_frequency", "high_clv_high_frequency_2", "high_clv_high_frequency_3")
    assert names[3] == "near_average" and len(set(names)) == 5


def blurred_customers(size: int, seed: int) -> dict[str, list]:
    """Customers of no clear groups, as most shops have them."""
    chance = np.random.default_rng(seed)
    frequency = chance.geometric(0.12, size)
    return {
        "customer_id": [f"c{n:05d}" for n in range(size)],
        "frequency": frequency.tolist(),
        "recency_days": chance.integers(0, 900, size).tolist(),
        "monetary": [Decimal(f"{v:.2f}") for v in frequency * chance.gamma(2.0, 30.0, size)],
        "gap_mean_days": chance.uniform(1, 200, size).tolist(),
        "return_rate": [0.0] * size,
        "city": ["x"] * size,
    }


@pytest.mark.slow
def test_a_day_on_and_a_few_new_customers_leave_nearly_everybody_in_their_cluster(engine: DuckDBEngine) -> None:
    today = blurred_customers(3000, 5)
    few = blurred_customers(20, 6)
    tomorrow = {name: [*values, *few[name]] for name, values in today.items()}
    tomorrow["customer_id"] = [f"c{n:05d}" for n in range(3020)]
    tomorrow["recency_days"] = [days + 1 for days in tomorrow["recency_days"]]
    before, after = (engine.memtable(columns, SCHEMA) for columns in (today, tomorrow))
    models = [fit_clusters(engine, features, CONFIG, "salt") for features in (before, after)]
    assert models[0].names == models[1].names
    clusters = [
        {row["customer_id"]: row["cluster"] for row in engine.rows(score_clusters(features, {"clusters": model}))}
        for features, model in zip((before, after), models, strict=True)
    ]
    moved = sum(clusters[0][customer] != clusters[1][customer] for customer in clusters[0])
    assert moved < 0.02 * 3000


def test_of_equally_good_numbers_of_clusters_the_smallest_is_taken(engine: DuckDBEngine) -> None:
    model = fit_clusters(engine, engine.memtable(blurred_customers(3000, 5), SCHEMA), CONFIG, "salt")
    silhouettes = {
        int(name.removeprefix("silhouette_")): v for name, v in model.metrics.items() if name.startswith("silhouette_")
    }
    good = [k for k, silhouette in silhouettes.items() if silhouette >= max(silhouettes.values()) - Centres.as_good]
    assert model.metrics["clusters"] == min(good)


def test_a_customer_far_from_every_group_is_an_outlier_and_no_cluster_of_one(engine: DuckDBEngine) -> None:
    """Distances of 0.1 to 0.4 in the groups and one of about 3: far beyond the upper quartile plus three interquartile ranges."""
    chance = np.random.default_rng(3)
    frequency = [*chance.integers(8, 14, 60).tolist(), *chance.integers(80, 120, 60).tolist(), 40_000]
    columns = {
        "customer_id": [f"c{n:03d}" for n in range(121)],
        "frequency": frequency,
        "recency_days": [*chance.integers(100, 140, 60).tolist(), *chance.integers(8, 14, 60).tolist(), 10],
        "monetary": [Decimal(20 * n) for n in frequency],
        "gap_mean_days": [None] * 121,
        "return_rate": [0.0] * 121,
        "city": ["x"] * 121,
    }
    features = engine.memtable(columns, SCHEMA)
    config = CONFIG.model_copy(update={"features": ("frequency", "recency_days"), "outlier_fence": 3.0})
    model = fit_clusters(engine, features, config, "salt")
    rows = engine.rows(score_clusters(features, {"clusters": model}).order_by("customer_id"))
    assert [row["cluster_id"] for row in rows] == [2] * 60 + [1] * 60 + [0]
    assert rows[-1]["cluster"] == "outlier" and float(str(rows[-1]["cluster_distance"])) > model.fence
    assert (model.metrics["share_outlier"], model.metrics["set_aside"]) == (round(1 / 121, 6), 1)
    assert list(model.definitions)[-1] == "outlier" and "farther than" in model.definitions["outlier"]


def test_a_second_model_has_its_own_columns(engine: DuckDBEngine) -> None:
    features = three_groups(engine)
    mixture = CONFIG.model_copy(update={"kind": "gaussian_mixture"})
    models = {"clusters": fit_clusters(engine, features, CONFIG, "salt"), "soft": fit_clusters(engine, features, mixture, "salt")}
    scores = score_clusters(features, models)
    assert scores.columns == (
        "customer_id",
        "cluster_id",
        "cluster",
        "cluster_distance",
        "soft_cluster_id",
        "soft_cluster",
        "soft_cluster_distance",
        "soft_cluster_probability",
    )
    sizes = engine.rows(scores.group_by("cluster_id", "soft_cluster_id").agg(n=scores.count()).order_by("cluster_id"))
    assert [(row["cluster_id"], row["soft_cluster_id"], row["n"]) for row in sizes] == [(1, 1, 60), (2, 2, 60), (3, 3, 60)]


def test_a_mixture_of_too_few_customers_is_one_component(engine: DuckDBEngine) -> None:
    features = three_groups(engine, each=3)
    model = fit_clusters(engine, features, CONFIG.model_copy(update={"kind": "gaussian_mixture"}), "salt")
    rows = engine.rows(score_clusters(features, {"soft": model}))
    assert {(row["soft_cluster"], row["soft_cluster_distance"], row["soft_cluster_probability"]) for row in rows} == {
        ("all_customers", 0.0, 1.0)
    }


def test_a_mixture_takes_no_text(engine: DuckDBEngine) -> None:
    config = CONFIG.model_copy(update={"kind": "gaussian_mixture", "features": ("city",)})
    with pytest.raises(ValueError, match="'city' is string, which gaussian_mixture cannot take"):
        fit_clusters(engine, three_groups(engine), config, "salt")


def test_text_is_scored_as_it_was_fitted(engine: DuckDBEngine) -> None:
    """Shares with many digits, values that are rare, unknown and, in the second table, new."""
    columns = blurred_customers(700, 8)
    columns["city"] = [(["Köln", "Gent", None, "Trier"] * 3 + ["Ulm"])[n * n % 13] for n in range(700)]
    config = CONFIG.model_copy(update={"features": ("city", "frequency", "recency_days")})
    features = engine.memtable(columns, SCHEMA)
    model = fit_clusters(engine, features, config, "salt")
    assert len(model.names) > 1
    text = np.array(["unknown" if city is None else city for city in columns["city"]], dtype=object)
    sample = {
        "city": text,
        "frequency": np.array(columns["frequency"], float),
        "recency_days": np.array(columns["recency_days"], float),
    }
    labels, distances = model.shape.assigned(model.points(sample))
    rows = engine.rows(score_clusters(features, {"clusters": model}).order_by("customer_id"))
    assert [row["cluster_id"] for row in rows] == (labels + 1).tolist()
    assert np.allclose([float(str(row["cluster_distance"])) for row in rows], distances, atol=1e-6)
    moved = engine.memtable(columns | {"city": ["Hof"] * 700}, SCHEMA)
    assert all(row["cluster_id"] for row in engine.rows(score_clusters(moved, {"clusters": model})))
