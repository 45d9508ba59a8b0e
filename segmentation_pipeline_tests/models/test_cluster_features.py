"""Coordinates: every feature weighs the same, and the sample and everybody get the same ones."""

from __future__ import annotations

import json
from math import sqrt

import numpy as np
import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.cluster_features import (
    MAX_LEVELS,
    CategoricalFeature,
    NumericFeature,
    from_parameters,
    learnt,
    text,
    to_parameters,
)

CITIES = ["Köln"] * 5 + ["Gent"] * 3 + [None] * 2


def text_array(values: list) -> np.ndarray:
    return np.array(["unknown" if value is None else value for value in values], dtype=object)


def test_a_category_by_hand() -> None:
    """Shares 0.5, 0.3, 0.2: the variances of the three indicators add up to 1 - 0.25 - 0.09 - 0.04 = 0.62."""
    feature = learnt("city", text_array(CITIES))
    assert feature == CategoricalFeature("city", ("Köln", "Gent", "unknown"), (0.5, 0.3, 0.2, 0.0))
    assert feature.names == ("city_köln", "city_gent", "city_unknown", "city_rest")
    coordinates = feature.coordinates(text_array(["Köln"]))[0]
    assert coordinates == pytest.approx([0.5 / sqrt(0.62), -0.3 / sqrt(0.62), -0.2 / sqrt(0.62), 0.0])


def test_a_number_and_a_category_spread_the_same() -> None:
    number = learnt("age", np.array([20.0, 30.0, 50.0, np.nan] * 10))
    category = learnt("city", text_array(CITIES))
    assert number is not None and category is not None
    assert number.coordinates(np.array([20.0, 30.0, 50.0, np.nan] * 10)).var(axis=0).sum() == pytest.approx(1.0)
    assert category.coordinates(text_array(CITIES)).var(axis=0).sum() == pytest.approx(1.0)
    assert category.spreads[0] == pytest.approx(category.coordinates(text_array(CITIES)).std(axis=0)[0])


def test_rare_and_many_values_are_the_rest() -> None:
    values = [f"v{n:02d}" for n in range(20) for _ in range(10)] + ["rare"]
    feature = learnt("x", text_array(values))
    assert isinstance(feature, CategoricalFeature)
    assert feature.levels == tuple(f"v{n:02d}" for n in range(MAX_LEVELS))
    assert feature.shares[-1] == pytest.approx(101 / 201)
    rest, new = feature.coordinates(text_array(["rare", "never seen"]))
    assert rest.tolist() == new.tolist()


def test_a_column_that_does_not_vary_is_no_feature() -> None:
    assert learnt("city", text_array(["x"] * 5)) is None
    assert learnt("age", np.array([3.0, 3.0, np.nan])) is None
    assert learnt("age", np.array([np.nan, np.nan])) is None


def test_everybody_gets_the_coordinates_of_the_sample(engine: DuckDBEngine) -> None:
    cities, money, member = [*CITIES, "new"], [float(n) - 2 for n in range(11)], [True, False, None] * 3 + [True, True]
    table = engine.memtable(
        {"city": cities, "monetary": money, "member": member}, {"city": "string", "monetary": "float64", "member": "boolean"}
    )
    read = {
        "city": text_array(CITIES),
        "monetary": np.array(money),
        "member": text_array(["true", "false", None] * 3 + ["true"] * 2),
    }
    features = [learnt(name, values) for name, values in read.items()]
    assert isinstance(features[1], NumericFeature) and features[1].log
    for feature in features:
        assert feature is not None
        expressions = {f"z{i}": expression for i, expression in enumerate(feature.expressions(table))}
        rows = engine.rows(table.select(**expressions))
        values = text_array(cities) if feature.name == "city" else read[feature.name]
        assert np.allclose([[float(str(v)) for v in row.values()] for row in rows], feature.coordinates(values), atol=1e-12)
    assert {row["m"] for row in engine.rows(table.select(m=text(table.member)))} == {"true", "false", "unknown"}


def test_features_round_trip_through_json() -> None:
    features = (CategoricalFeature("city", ("a", "b"), (0.5, 0.5, 0.0)), NumericFeature("age", False, 1.0, 0.1 + 0.2, 1 / 3))
    assert from_parameters(json.loads(json.dumps(to_parameters(features)))) == features
