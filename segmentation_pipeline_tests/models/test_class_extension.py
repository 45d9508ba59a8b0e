"""Inferring classes: only where it beats the base rate on respondents it has not seen, and scored as scikit-learn would."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from segmentation_pipeline.config.schema import ExtensionConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.class_extension import ClassExtension, extension_logits, fit_extension
from segmentation_pipeline.models.softmax import with_most_likely

CONFIG = ExtensionConfig(min_confidence=0.6)
NAMES = ("low", "middle", "high")


def customers(number: int, classes: int = 3, told: bool = True) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Revenue and discounts that tell the class, or do not."""
    chance = np.random.default_rng(0)
    labels = chance.integers(0, classes, number)
    seen = labels if told else chance.permutation(labels)
    columns = {
        "monetary": np.round(np.exp(3.0 + seen + 0.6 * chance.normal(size=number)), 2),
        "discount_share": np.clip(0.2 * seen + 0.15 * chance.normal(size=number), 0.0, 1.0),
        "constant": np.full(number, 7.0),
    }
    return columns, labels


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_equal_scikit_learn_on_every_row(engine: DuckDBEngine, classes: int) -> None:
    columns, labels = customers(500, classes)
    extension = fit_extension(columns, labels, classes, CONFIG)
    assert [feature.name for feature in extension.features] == ["monetary", "discount_share"], "what does not vary is left out"
    extension = ClassExtension.from_parameters(json.loads(json.dumps(extension.to_parameters())))

    scaled = [np.log(1.0 + columns["monetary"]), columns["discount_share"]]
    points = np.column_stack([(values - values.mean()) / values.std() for values in scaled])
    expected = LogisticRegression(max_iter=2_000, tol=1e-8).fit(points, labels).predict_proba(points)

    ids = [f"c{n:04d}" for n in range(len(labels))]
    table = engine.memtable(
        {"customer_id": ids, **{name: values.tolist() for name, values in columns.items()}},
        {"customer_id": "string", **dict.fromkeys(columns, "float64")},
    )
    placed, name, confidence = with_most_likely(table, extension_logits(table, extension), NAMES[:classes], "_")
    rows = engine.rows(placed.select("customer_id", name=name, confidence=confidence).order_by("customer_id"))
    assert [row["name"] for row in rows] == [NAMES[place] for place in expected.argmax(axis=1)]
    assert np.abs(np.array([row["confidence"] for row in rows]) - expected.max(axis=1)).max() < 1e-9


def test_what_behaviour_does_not_tell_is_not_inferred() -> None:
    columns, labels = customers(500, told=False)
    refused = fit_extension(columns, labels, 3, CONFIG)
    assert refused.kind == "nobody_inferred" and refused.coefficients == ()
    assert refused.note.startswith("nobody is inferred: accuracy ") and "base rate" in refused.note
    accuracy, base = refused.metrics["accuracy"], refused.metrics["base_rate"]
    assert accuracy is not None and base is not None and accuracy < base + CONFIG.margin


def test_what_behaviour_tells_is_inferred_and_judged_on_unseen_respondents() -> None:
    columns, labels = customers(500)
    found = fit_extension(columns, labels, 3, CONFIG)
    assert found.kind == "multinomial_logistic" and found.note == ""
    accuracy, needed, confident = (found.metrics[name] for name in ("accuracy", "accuracy_needed", "accuracy_of_confident"))
    assert accuracy is not None and needed is not None and confident is not None
    assert confident > accuracy >= needed


def test_better_by_no_more_than_chance_is_not_enough() -> None:
    columns, labels = customers(500)
    strict = fit_extension(columns, labels, 3, ExtensionConfig(margin=0.6))
    assert strict.kind == "nobody_inferred"


@pytest.mark.parametrize(
    ("number", "classes", "reason"),
    [
        (100, 3, "100 respondents with all features known, at least 200 needed"),
        (400, 1, "there is one class only"),
    ],
)
def test_too_little_to_learn_from_is_told(number: int, classes: int, reason: str) -> None:
    columns, labels = customers(number, classes)
    assert fit_extension(columns, labels, classes, CONFIG).note == f"nobody is inferred: {reason}"


def test_a_rare_class_and_unknown_features_are_told() -> None:
    columns, labels = customers(400, 2)
    rare = np.where(np.arange(400) < 10, 1, 0)
    assert "the smallest class has 10 respondents" in fit_extension(columns, rare, 2, CONFIG).note
    columns["monetary"][:250] = np.nan
    assert "150 respondents with all features known" in fit_extension(columns, labels, 2, CONFIG).note
    assert "no feature differs" in fit_extension({"constant": np.full(400, 1.0)}, labels, 2, CONFIG).note
