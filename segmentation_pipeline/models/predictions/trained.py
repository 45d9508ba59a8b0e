"""The versions of a predictive model on a day: fitted where a fit is due, else the champion of before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.engine.hash_sampling import bounded_sample
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.contest import chosen, digest, is_due, past_of, refusal
from segmentation_pipeline.models.predictions.design import frame_columns
from segmentation_pipeline.models.predictions.drift import Distribution, Drift, distributions, drifts
from segmentation_pipeline.models.predictions.equality import check_equal
from segmentation_pipeline.models.predictions.fit import NOTHING_SHOWN, Candidate, Shown, fit, nothing
from segmentation_pipeline.models.predictions.forecaster import Forecaster
from segmentation_pipeline.models.predictions.past_features import PastFeatures
from segmentation_pipeline.models.predictions.periods import Periods, periods_of
from segmentation_pipeline.models.predictions.who import learnt_from
from segmentation_pipeline.models.registry import ModelVersion
from segmentation_pipeline.models.score_model import TrainingData


@dataclass(frozen=True, slots=True)
class Trained:
    """The champion of the day; a challenger that did not win; how a champion did that was judged on the day; and how the
    customers the champion scores are spread over its inputs, against those it was judged on."""

    champion: ModelVersion
    challenger: ModelVersion | None = None
    shown: Shown = NOTHING_SHOWN
    drifts: Sequence[Drift] = ()


def trained(
    data: TrainingData, name: str, asked: PredictiveModel, inputs: tuple[str, ...], past_features: PastFeatures
) -> Trained:
    """The versions of the day."""
    as_of, settings = data.training.as_of, digest(data.config, asked, inputs)
    if asked.champion:
        named = chosen(data.engine, data.registry, name, asked, settings, as_of)
        found = _drifts(data, asked, named.model, named.judged)
        kept = replace(ModelVersion.kept(named.row, as_of), is_champion=True, note="named champion in models.yaml")
        return Trained(_with_drift(kept, found), drifts=found)
    past = None if data.registry is None else past_of(data.engine, data.registry, name, settings, as_of)
    moved = _drifts(data, asked, past.model, past.judged) if past is not None and past.settings == settings else ()
    if past is not None and not is_due(past, settings, asked, as_of, moved):
        return Trained(_with_drift(ModelVersion.kept(past.row, as_of), moved), drifts=moved)
    columns, baseline = _columns(data, asked, inputs)
    periods = periods_of(data, asked, [*columns, baseline], past_features)
    made = fit(asked, periods, columns, baseline) if periods else nothing(_too_short(asked))
    if made.model is not None and periods:
        check_equal(data.engine, made.model, periods.judged)
    why = refusal(past, settings, made, asked, periods)
    judged = distributions(made.model, periods.judged.frame) if made.model and periods else ()
    version = _version(data, name, inputs, settings, made, periods, judged)
    if past is None or why is None:
        drifted = _drifts(data, asked, made.model, judged)
        return Trained(_with_drift(version, drifted), shown=made.shown, drifts=drifted)
    kept = _with_drift(ModelVersion.kept(past.row, as_of), moved)
    if kept.version == version.version:
        return Trained(kept, drifts=moved)
    return Trained(kept, _version(data, name, inputs, settings, made, periods, judged, why), drifts=moved)


def _drifts(
    data: TrainingData, asked: PredictiveModel, model: Forecaster | None, judged: Sequence[Distribution]
) -> tuple[Drift, ...]:
    """Of the customers a model scores on the day, of many a sample."""
    if model is None or not judged:
        return ()
    engine, config, features = data.engine, data.config, data.features
    known = feature_columns(config)
    scored = features.filter(learnt_from(config, asked).bind(features, data.training.as_of))
    read = scored.select("customer_id", **frame_columns(scored, [known[name] for name in model.design.columns]))
    sample = bounded_sample(read, "customer_id", config.privacy.salt, asked.sample_size, engine.count(scored))
    return drifts(model, judged, arrays(engine, sample))


def _with_drift(version: ModelVersion, found: Sequence[Drift]) -> ModelVersion:
    """The version with the day's drift among its metrics."""
    figures = {"drifted_inputs": float(sum(each.status == "drifted" for each in found))} if found else {}
    figures |= {"largest_drift": max(each.index for each in found)} if found else {}
    before = {name: value for name, value in version.metrics.items() if name not in ("drifted_inputs", "largest_drift")}
    return replace(version, metrics=before | figures)


def _columns(data: TrainingData, asked: PredictiveModel, inputs: tuple[str, ...]) -> tuple[list[Column], Column]:
    known = feature_columns(data.config)
    return [known[each] for each in inputs], known[asked.baseline]


def _too_short(asked: PredictiveModel) -> str:
    if asked.campaign:
        return f"campaign {asked.campaign} has contacted nobody yet whose {asked.horizon_days} days are over"
    days = 4 * asked.horizon_days + 2 * asked.embargo_days
    return f"the history of orders is shorter than {days} days: so many to learn from, calibrate on and judge by"


def _version(
    data: TrainingData,
    name: str,
    inputs: tuple[str, ...],
    settings: str,
    made: Candidate,
    periods: Periods | None,
    judged: Sequence[Distribution],
    why_not: str | None = None,
) -> ModelVersion:
    parameters: dict[str, Any] = {"settings": settings, "model": made.model.to_parameters() if made.model else None}
    parameters["judged"] = [each.to_parameters() for each in judged]
    parameters |= {**periods.days, "groups": [*periods.judged.groups]} if periods else {}
    note = "; ".join(filter(None, (made.note, why_not and f"{why_not}: the champion stays")))
    read = made.model.design.columns if made.model else inputs
    return data.training.version(name, made.kind, read, parameters, made.training_rows, made.metrics, note, why_not is None)
