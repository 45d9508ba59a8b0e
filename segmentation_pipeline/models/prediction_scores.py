"""Predictive models of ``models.yaml`` as a model: each gives a customer a score and the reason for it.

Belongs here: what the rest of the program asks.  Fitting is in ``predictions/``, imported where it is used: a configuration loads
without scikit-learn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.config.yaml_file import KeyPath
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.features.past import tables_read
from segmentation_pipeline.identity.canonical import tables_by_customer
from segmentation_pipeline.models.learnable import learnable
from segmentation_pipeline.models.predictions.columns import prediction_columns
from segmentation_pipeline.models.predictions.who import declared_groups, defining, who
from segmentation_pipeline.models.registry import ModelVersion, Registered
from segmentation_pipeline.models.score_model import (
    Fitted,
    Outcome,
    ScoreModel,
    Scoring,
    Summary,
    TrainingData,
    Validation,
    tables_of_drawn,
)


class PredictionScores(ScoreModel):
    name = "predictions"
    table = tables.PREDICTIONS
    description = "What predictive models foretell of a customer, and why."
    validated_by = "forecasts_hold"

    def columns(self, config: Config) -> tuple[Column, ...]:
        return tuple(column for name, asked in config.predictions.items() for column in prediction_columns(name, asked))

    def reads(self, config: Config) -> tuple[str, ...]:
        return tuple(dict.fromkeys(read for name in config.predictions for read in self._read_by(config, name)))

    def lineage(self, config: Config) -> Mapping[str, tuple[str, ...]]:
        return {
            column.name: self._read_by(config, name)
            for name, asked in config.predictions.items()
            for column in prediction_columns(name, asked)
        }

    def _read_by(self, config: Config, name: str) -> tuple[str, ...]:
        asked = config.predictions[name]
        return tuple(dict.fromkeys((*input_names(config, asked), asked.baseline, *who(config, asked).columns)))

    def fitted_on(self, config: Config) -> tuple[str, ...]:
        """What features of earlier days are made from, what events come from, and groups."""
        asked = config.predictions.values()
        sources = [each.event[0] for each in asked if each.event] + ["customers"] * bool(asked and declared_groups(config))
        past = tables_read(config, self.reads(config)) if any(not each.is_lookalike for each in asked) else ()
        drawn = tables_of_drawn(config) if any(each.campaign for each in asked) else ()
        return tuple(dict.fromkeys([*past, *(tables_by_customer(config, *sources) if sources else ()), *drawn]))

    def versions(self, config: Config) -> tuple[str, ...]:
        return tuple(config.predictions)

    def named(self, config: Config) -> Mapping[str, KeyPath]:
        return {}

    def fit(self, data: TrainingData) -> Fitted:
        """Of each model the champion of the day and, where one was fitted and did not win, its challenger."""
        from segmentation_pipeline.models.calibration import calibration_table
        from segmentation_pipeline.models.curves import curves_table
        from segmentation_pipeline.models.predictions.drift import drift_table
        from segmentation_pipeline.models.predictions.groups import groups_table
        from segmentation_pipeline.models.predictions.past_features import PastFeatures
        from segmentation_pipeline.models.predictions.trained import trained

        engine, config, as_of = data.engine, data.config, data.training.as_of
        versions: list[ModelVersion] = []
        told: dict[str, list[ir.Table]] = {}
        figures = {}
        with ExitStack() as held:
            past = PastFeatures(data, self.reads(config), held)
            for name, asked in config.predictions.items():
                made = trained(data, name, asked, input_names(config, asked), past)
                versions += filter(None, (made.champion, made.challenger))
                version = (engine, as_of, name, made.champion.version)
                told.setdefault(tables.MODEL_DRIFT, []).append(drift_table(*version, made.drifts))
                told.setdefault(tables.MODEL_CURVES, []).append(curves_table(*version, made.shown.curve))
                if made.shown.bins:
                    told.setdefault(tables.MODEL_CALIBRATION, []).append(calibration_table(*version, made.shown.bins))
                if declared_groups(config):
                    told.setdefault(tables.MODEL_GROUPS, []).append(groups_table(*version, made.shown.groups))
                if made.shown.curve:
                    figures[f"{name}: captured by the first"] = [(f"{p.depth:.0%}", p.captured) for p in made.shown.curve]
        return Fitted(versions, {table: ibis.union(*parts) for table, parts in told.items()}, figures=figures)

    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        from segmentation_pipeline.models.predictions.forecaster import scored
        from segmentation_pipeline.models.predictions.forecasters import forecaster_of

        for name, asked in scoring.config.predictions.items():
            parameters = scoring.registered(name)
            if parameters.get("model") is None:
                nobody = {column.name: ibis.null(column.type.ibis) for column in prediction_columns(name, asked)}
                customers = customers.mutate(**nobody)
            else:
                holds = who(scoring.config, asked).bind(customers, scoring.as_of)
                customers = scored(customers, forecaster_of(parameters["model"]), holds, name)
        return customers

    def unpublished(self, config: Config, registered: Registered) -> frozenset[str]:
        off = {name: asked for name, asked in config.predictions.items() if registered(name)["model"] is None}
        return frozenset(column.name for name, asked in off.items() for column in prediction_columns(name, asked))

    def validations(self, config: Config) -> tuple[Validation, ...]:
        """Of each model: did it prove itself, in every declared group, and are customers still of the kind it did so on?"""
        made = [each for name, asked in config.predictions.items() for each in _validations(name, asked)]
        return tuple(made + [_of_groups(name, declared) for name in config.predictions if (declared := declared_groups(config))])

    def summary(self, scores: ir.Table, scoring: Scoring) -> Summary:
        names = [*scoring.config.predictions]
        [found] = scoring.engine.rows(scores.agg(**{name: scores[name].mean() for name in names}))
        numbers: dict[str, int | float | str] = {f"{name}: mean": round(float(found[name] or 0.0), 4) for name in names}
        return Summary(scoring.engine.count(scores), numbers)


def input_names(config: Config, asked: PredictiveModel) -> tuple[str, ...]:
    """The features it learns from: those named, or all that are on but personal attributes and what defines a segment."""
    return learnable(config, defining(config, asked)) if asked.features == "all" else asked.features


def _validations(name: str, asked: PredictiveModel) -> tuple[Validation, ...]:
    return (
        Validation(
            name=f"{name}_is_credible",
            version=name,
            expectation="model_on_later_days",
            description=f"model {name} must foretell the later period better than {asked.baseline} alone",
            catches="A forecast that was never held against what came, or is no better than one feature.",
            outcome=_holds,
        ),
        Validation(
            name=f"{name}_has_not_drifted",
            version=name,
            expectation="population_stability",
            description=f"model {name} must score customers like those it was judged on",
            catches="Customers of another kind, or a feature made otherwise: nobody has seen how well it foretells these.",
            outcome=_still,
        ),
    )


def _of_groups(name: str, declared: Sequence[str]) -> Validation:
    return Validation(
        name=f"{name}_fits_every_group",
        version=name,
        expectation="calibrated_by_group",
        description=f"model {name} must foretell every declared group neither too high nor too low",
        catches="A score that makes a group look better or worse than it turns out to be.",
        outcome=partial(_fits, declared),
    )


def _fits(declared: Sequence[str], champion: Mapping[str, Any], customers: int) -> Outcome:
    figures, looked_at = json.loads(champion["metrics"]), json.loads(champion["parameters"]).get("groups", ())
    off, compared = figures.get("groups_off"), figures.get("groups_compared")
    if champion["kind"] == NOT_CREDIBLE:
        return Outcome(True, "nobody is scored", "")
    if missing := [name for name in declared if name not in looked_at]:
        return Outcome(False, f"not known: {', '.join(missing)}", "they are looked at when the model is fitted next")
    if off is None:
        return Outcome(False, "not known: nobody's group is", "do the customers of sources.yaml have the attribute?")
    why = "see model_groups; where it matters, let the model read what tells the groups' habits apart"
    return Outcome(not off, f"{off:.0f} of {compared:.0f} groups off", why)


def _still(champion: Mapping[str, Any], customers: int) -> Outcome:
    figures = json.loads(champion["metrics"])
    drifted, largest = figures.get("drifted_inputs"), figures.get("largest_drift")
    told = (
        "not known: too few customers, or learnt before it was noted"
        if largest is None
        else f"largest stability index {largest:.3f}"
    )
    why = f"{drifted or 0:.0f} of its inputs have drifted, see model_drift; refit_on_drift: true fits it anew on such days"
    return Outcome(not drifted, told, why)


def _holds(champion: Mapping[str, Any], customers: int) -> Outcome:
    kind, note = str(champion["kind"]), str(champion["note"])
    figures = json.loads(champion["metrics"])
    told = f"{kind}, gain {figures['gain']:.4f}" if figures.get("gain") is not None else kind
    return Outcome(kind not in (NOT_CREDIBLE, "baseline"), told, note or "it is taken as it is")


PREDICTIONS = PredictionScores()
