"""A registry row holds enough to score with the model again, digit for digit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.bgnbd import BgNbd
from segmentation_pipeline.models.clv import ClvModel
from segmentation_pipeline.models.gamma_gamma import GammaGamma
from segmentation_pipeline.models.registry import SCHEMA, ModelVersion, parameters_of, registry_row

MODEL = ClvModel(365, BgNbd(0.1 + 0.2, 1 / 3, 0.8, 2.5, -1.5, True, 9), GammaGamma(6.25, 3.74, 15.44, -2.5, True, 8))
VERSION = ModelVersion(
    as_of=date(2025, 6, 30),
    model="clv",
    kind="bg_nbd",
    is_champion=True,
    trained_from=None,
    trained_to=date(2025, 6, 30),
    training_rows=3,
    features=("order_days", "tenure_days"),
    parameters=MODEL.to_parameters(),
    metrics={"holdout_ratio": None, "holdout_mae": 0.25},
    code_version="0.1.0",
    data_fingerprint="ab12",
)


def test_a_model_scores_the_same_from_its_stored_row(engine: DuckDBEngine) -> None:
    engine.write("models.model_registry", registry_row(engine, VERSION))
    row = engine.rows(engine.table("models.model_registry"))[0]
    assert list(row) == list(SCHEMA)
    assert ClvModel.from_parameters(parameters_of(row)) == MODEL
    assert (row["trained_from"], row["training_rows"], row["metrics"]) == (None, 3, '{"holdout_mae":0.25,"holdout_ratio":null}')
    assert row["version"] == VERSION.version and len(VERSION.version) == 12


def test_equal_parameters_are_the_same_version_on_any_day() -> None:
    assert replace(VERSION, as_of=date(2025, 7, 1), metrics={}).version == VERSION.version
    other = replace(MODEL, horizon_days=90)
    assert replace(VERSION, parameters=other.to_parameters()).version != VERSION.version


def test_a_metric_that_is_not_finite_is_refused(engine: DuckDBEngine) -> None:
    with pytest.raises(ValueError, match="not finite"):
        registry_row(engine, replace(VERSION, metrics={"ratio": float("nan")}))
