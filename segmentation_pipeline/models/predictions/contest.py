"""Which version scores the customers of a day: the champion of the days before, or a challenger fitted now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.models.predictions.drift import DRIFTED, SCORE, Distribution, Drift, drift
from segmentation_pipeline.models.predictions.fit import Candidate, gain, same_for_all, too_few
from segmentation_pipeline.models.predictions.forecaster import Forecaster
from segmentation_pipeline.models.predictions.forecasters import forecaster_of
from segmentation_pipeline.models.predictions.groups import worse_for
from segmentation_pipeline.models.predictions.period_ends import judged_by_ends, worse_within
from segmentation_pipeline.models.predictions.periods import Periods
from segmentation_pipeline.models.predictions.who import membership
from segmentation_pipeline.models.registry import as_json, parameters_of

SLOPES = (0.8, 1.25)
"""Calibration slopes on the later period between which forecasts are neither too bold nor too timid."""


class UnknownVersion(UserError):
    """The project names a champion that cannot score."""


@dataclass(frozen=True, slots=True)
class Past:
    """The champion of the newest earlier day: its registry row, its model (None: nothing credible), and when a fit was tried."""

    row: Mapping[str, Any]
    model: Forecaster | None
    settings: str
    tried: date
    judged: tuple[Distribution, ...]
    """How the customers it was judged on are spread."""


def digest(config: Config, asked: PredictiveModel, features: tuple[str, ...]) -> str:
    """What is asked of the model, in few digits: another entry, other features, or another rule of the segment it foretells,
    ask another question."""
    left_out = {"refit_days", "refit_on_drift", "champion", *(() if asked.periods else ("periods",))}
    said = asked.model_dump(mode="json", exclude=left_out) | {"columns": list(features)}
    if member := membership(config, asked):
        said["segment"] = [" ".join(rule.text.split()) for rule in (member.rule, *member.before)]
    return hashlib.sha256(as_json(said).encode()).hexdigest()[:12]


def past_of(engine: Engine, registry: ir.Table, model: str, settings: str, as_of: date) -> Past | None:
    """What ``registry``, of published days, knows of ``model`` before ``as_of``; None without.  Of another question than that of
    ``settings`` no model is read: another kind of model may have borne the name."""
    earlier = registry.filter(registry.model == model, registry.as_of < as_of)
    [found] = engine.rows(earlier.agg(newest=earlier.as_of.max(), tried=earlier.trained_to.max()))
    if found["newest"] is None:
        return None
    [row] = engine.rows(earlier.filter(earlier.as_of == found["newest"], earlier.is_champion))
    return _past(row, settings, found["tried"]) if "settings" in parameters_of(row) else None


def chosen(engine: Engine, registry: ir.Table | None, model: str, asked: PredictiveModel, settings: str, as_of: date) -> Past:
    """The version of ``model`` that the project names its champion, as an earlier day had it.

    Raises ``UnknownVersion`` where no earlier day has it, it foretells nothing, or another entry was asked of it.
    """
    place = f"models.yaml: models.{model}.champion: version '{asked.champion}'"
    rows: list[dict[str, Any]] = []
    if registry is not None:
        earlier = registry.filter(registry.model == model, registry.version == asked.champion, registry.as_of < as_of)
        rows = engine.rows(earlier.order_by(earlier.as_of.desc()).limit(1))
    if not rows:
        raise UnknownVersion(
            f"{place} was learnt on no day before {as_of}. 'segmentation model show {model}' names those there are."
        )
    [row] = rows
    if row["kind"] == NOT_CREDIBLE:
        raise UnknownVersion(f"{place} foretells nothing: {row['note']}. Name another, or leave champion out.")
    if parameters_of(row).get("settings") != settings:
        raise UnknownVersion(
            f"{place} was learnt for another entry or from other features. Put them back, or leave champion out."
        )
    return _past(row, settings, row["trained_to"])


def _past(row: Mapping[str, Any], settings: str, tried: date) -> Past:
    said = parameters_of(row)
    if said["settings"] != settings:
        return Past(row, None, said["settings"], tried, ())
    kept = None if row["kind"] == NOT_CREDIBLE else forecaster_of(said["model"])
    judged = tuple(map(Distribution.from_parameters, said.get("judged", ())))
    return Past(row, kept, said["settings"], tried, judged)


def is_due(past: Past | None, settings: str, asked: PredictiveModel, as_of: date, moved: Sequence[Drift]) -> bool:
    """Whether a fit is tried on the day; ``moved`` is how the champion's inputs have drifted."""
    if past is None or past.settings != settings or past.tried <= as_of - timedelta(days=asked.refit_days):
        return True
    return asked.refit_on_drift and any(each.status == "drifted" for each in moved)


def refusal(past: Past | None, settings: str, made: Candidate, asked: PredictiveModel, periods: Periods | None) -> str | None:
    """Why the champion stays although a challenger was tried; None where the challenger, or nothing, takes over.

    A champion that foretells the last days no better than the same for everybody, or clearly worse when, stays against nobody.
    """
    if past is None or past.settings != settings or past.model is None:
        return None
    if periods is None or too_few(asked, periods):
        return made.note
    judged = periods.judged
    over_dull = gain(asked, judged, past.model.link, same_for_all(asked, periods))
    if over_dull[0] <= 0 or judged_by_ends(asked, past.model, periods).wrong:
        return None
    if made.model is None:
        return made.note
    better = gain(asked, judged, made.model.link, past.model.link)
    if better[1] <= 0:
        return f"it loses {better[1]:.4f} to {better[2]:.4f} less per customer than the champion, which may be nothing"
    slope = made.metrics.get("calibration_slope")
    if slope is not None and not SLOPES[0] <= slope <= SLOPES[1]:
        return f"its calibration slope {slope:.2f} on the later period is outside {SLOPES[0]:g} to {SLOPES[1]:g}"
    worse = worse_within(asked, judged, made.model, past.model) or worse_for(asked, judged, made.model, past.model)
    if worse:
        return worse
    moved = drift(Distribution.of(SCORE, past.model.link(judged.frame)), made.model.link(judged.frame)).index
    if moved > DRIFTED:
        return f"it scores the same customers as other people (population stability index {moved:.2f} above {DRIFTED:g})"
    return None
