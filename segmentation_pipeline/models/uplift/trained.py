"""The version of a model of uplift on a day: fitted where a fit is due, else that of the days before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import UpliftEntry
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.models.registry import ModelVersion, as_json, parameters_of
from segmentation_pipeline.models.score_model import TrainingData
from segmentation_pipeline.models.uplift.equality import check_equal
from segmentation_pipeline.models.uplift.fit import Candidate, fit
from segmentation_pipeline.models.uplift.rows import Wave, people


def trained(data: TrainingData, name: str, asked: UpliftEntry, inputs: tuple[str, ...]) -> ModelVersion:
    """The version that scores the day.  Each fit is judged anew: one that is not credible takes the place of one that was."""
    as_of, settings = data.training.as_of, digest(asked, inputs)
    kept = None if data.registry is None else _kept(data.engine, data.registry, name, as_of)
    if kept is not None:
        row, tried = kept
        if parameters_of(row).get("settings") == settings and tried > as_of - timedelta(days=asked.refit_days):
            return ModelVersion.kept(row, as_of)
    known = feature_columns(data.config)
    found, waves = people(data, asked, [known[each] for each in inputs])
    made = fit(asked, found, [known[each] for each in inputs]) if waves else _nobody(asked)
    if made.model is not None and made.judged is not None:
        check_equal(data.engine, made.model, made.judged)
    return _version(data, name, inputs, settings, made, waves)


def digest(asked: UpliftEntry, features: tuple[str, ...]) -> str:
    """What is asked of the model, in few digits: another entry, or other features, ask another question."""
    said = asked.model_dump(mode="json", exclude={"refit_days"}) | {"columns": list(features)}
    return hashlib.sha256(as_json(said).encode()).hexdigest()[:12]


def _kept(engine: Engine, registry: ir.Table, model: str, as_of: date) -> tuple[Mapping[str, Any], date] | None:
    """The row of the newest earlier day, and when a fit was tried; None without."""
    earlier = registry.filter(registry.model == model, registry.as_of < as_of)
    rows = engine.rows(earlier.order_by(earlier.as_of.desc()).limit(1))
    return (rows[0], rows[0]["trained_to"]) if rows else None


def _nobody(asked: UpliftEntry) -> Candidate:
    note = (
        f"campaign '{asked.campaign}' has drawn nobody yet, contacted and kept out on one day, whose {asked.horizon_days} days "
        f"are over"
    )
    return Candidate(NOT_CREDIBLE, None, note=note)


def _version(
    data: TrainingData, name: str, inputs: tuple[str, ...], settings: str, made: Candidate, waves: list[Wave]
) -> ModelVersion:
    parameters: dict[str, Any] = {
        "settings": settings,
        "model": made.model.to_parameters() if made.model else None,
        "waves": [wave.known_on.isoformat() for wave in waves],
        "judged_by": made.judged_by,
    }
    read = made.model.design.columns if made.model else inputs
    return data.training.version(name, made.kind, read, parameters, made.training_rows, made.metrics, made.note)
