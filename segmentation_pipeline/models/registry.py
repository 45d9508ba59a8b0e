"""The model registry: one row per model version and day, enough to score with it again.

Belongs here: the shape of a version and its row.  Does not belong here: which model wins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import ibis.expr.types as ir

from segmentation_pipeline.contracts.model_tables import MODEL_REGISTRY_COLUMNS
from segmentation_pipeline.contracts.tables import MODEL_REGISTRY
from segmentation_pipeline.engine.base import Engine

SCHEMA = {column.name: column.type.ibis for column in MODEL_REGISTRY_COLUMNS}


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A fitted model on a day.  ``model`` names its task ('rfm', 'clv', 'clusters' or another cluster model's name),
    ``kind`` its method.

    ``trained_from`` and ``trained_to`` bound the data it saw (None: it saw none).
    ``parameters`` is what the model's ``to_parameters`` gave; ``metrics`` hold numbers or None.
    ``note`` is empty or says what a reader must know, such as why a fallback was taken.
    """

    as_of: date
    model: str
    kind: str
    is_champion: bool
    trained_from: date | None
    trained_to: date | None
    training_rows: int
    features: tuple[str, ...]
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float | None]
    code_version: str
    data_fingerprint: str
    note: str = ""

    @classmethod
    def kept(cls, row: Mapping[str, Any], as_of: date) -> ModelVersion:
        """The version of a registry row as it goes on to score the customers of ``as_of``."""
        parsed = {name: json.loads(row[name]) for name in ("parameters", "metrics")}
        plain = {name: row[name] for name in SCHEMA if name not in ("as_of", "version", "features", *parsed)}
        return cls(as_of=as_of, features=tuple(json.loads(row["features"])), **parsed, **plain)

    @property
    def version(self) -> str:
        """Twelve hex digits of the SHA-256 of model, kind and parameters: equal models have equal versions."""
        identity = as_json({"model": self.model, "kind": self.kind, "parameters": self.parameters})
        return hashlib.sha256(identity.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Training:
    """What all versions fitted on a day share: the day, the first order they saw, the code and the data."""

    as_of: date
    trained_from: date | None
    code_version: str
    data_fingerprint: str

    def version(
        self,
        model: str,
        kind: str,
        features: Sequence[str],
        parameters: Mapping[str, Any],
        training_rows: int,
        metrics: Mapping[str, float | None],
        note: str = "",
        is_champion: bool = True,
    ) -> ModelVersion:
        return ModelVersion(
            as_of=self.as_of,
            model=model,
            kind=kind,
            is_champion=is_champion,
            trained_from=self.trained_from,
            trained_to=self.as_of,
            training_rows=training_rows,
            features=tuple(features),
            parameters=parameters,
            metrics=metrics,
            code_version=self.code_version,
            data_fingerprint=self.data_fingerprint,
            note=note,
        )


def registry_row(engine: Engine, version: ModelVersion) -> ir.Table:
    """The version as a one-row table for ``models.model_registry``; features, parameters and metrics are JSON.

    Floats are written with all their digits, so ``from_parameters(parameters_of(row))`` scores the
    same.  Raises ValueError when a parameter or metric is not finite.
    """
    values: dict[str, object] = {
        "as_of": version.as_of,
        "model": version.model,
        "version": version.version,
        "kind": version.kind,
        "is_champion": version.is_champion,
        "trained_from": version.trained_from,
        "trained_to": version.trained_to,
        "training_rows": version.training_rows,
        "features": as_json(version.features),
        "parameters": as_json(version.parameters),
        "metrics": as_json(version.metrics),
        "code_version": version.code_version,
        "data_fingerprint": version.data_fingerprint,
        "note": version.note,
    }
    return engine.memtable({name: [values[name]] for name in SCHEMA}, SCHEMA)


def parameters_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters in a registry row, as ``from_parameters`` wants them."""
    return cast("dict[str, Any]", json.loads(row["parameters"]))


Registered = Callable[[str], Mapping[str, Any]]
"""The name of a version to the parameters of its champion of the day."""


def champions(engine: Engine, as_of: date) -> dict[str, Mapping[str, Any]]:
    """By name the rows of the versions that score the customers of ``as_of``."""
    registry = engine.table(MODEL_REGISTRY)
    return {str(row["model"]): row for row in engine.rows(registry.filter(registry.as_of == as_of, registry.is_champion))}


def registered_on(engine: Engine, as_of: date) -> Registered:
    """The parameters of the day's champions, read back from ``models.model_registry`` once for all of them."""
    rows = champions(engine, as_of)
    return lambda model: parameters_of(rows[model])


def as_json(value: object) -> str:
    """One spelling per value: sorted keys, no spaces, floats with all digits."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    except ValueError:
        raise ValueError(f"a model has a parameter or metric that is not finite: {value!r}") from None
