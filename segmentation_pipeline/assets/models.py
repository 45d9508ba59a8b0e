"""Fit small, score in the engine: one step fits and registers, one scores everybody, one per model shows its scores."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.assets.measurement import assigned
from segmentation_pipeline.assets.model_guards import validation_checks, validation_results
from segmentation_pipeline.assets.pictures import panels
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.program import code_version
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.identity.canonical import rows_by_customer, tables_by_customer
from segmentation_pipeline.measurement.assignments import first_drawn
from segmentation_pipeline.measurement.definitions import configured
from segmentation_pipeline.models.catalog import models_of, score_columns, scored_customers
from segmentation_pipeline.models.registry import Training, registered_on, registry_row
from segmentation_pipeline.models.score_model import Fitted, ScoreModel, Scoring, TrainingData
from segmentation_pipeline.publish.publication import published_part
from segmentation_pipeline.run_context import RunContext, StepResult
from segmentation_pipeline.table_contracts import contracts

_OF_MODELS = {
    tables.MODEL_CURVES: "gain by depth of the day",
    tables.MODEL_DRIFT: "drift of the day",
    tables.MODEL_GROUPS: "calibration by group of the day",
    tables.SEND_AFFINITY: "rates of the day",
}


def steps(config: Config) -> list[Step]:
    return [
        Step(
            table=tables.MODEL_REGISTRY,
            compute=_fit,
            reads=[
                tables.CUSTOMER_FEATURES,
                *tables_by_customer(config, "orders"),
                *(table for model in models_of(config) for table in model.fitted_on(config)),
            ],
            details=" Parameters, metrics on a later period than training, why a fallback.",
        ),
        Step(
            table=tables.CUSTOMER_SCORES,
            compute=_customer_scores,
            reads=[
                tables.MODEL_REGISTRY,
                tables.CUSTOMER_FEATURES,
                *(table for model in models_of(config) for table in model.scored_with(config)),
            ],
        ),
        *(_view(model, config) for model in models_of(config)),
    ]


def _view(model: ScoreModel, config: Config) -> Step:
    """The scores of one model, for those it scores, with the rules on them."""
    validations = validation_checks(model, config)
    return Step(
        table=model.table,
        compute=_scores_of(model),
        reads=[tables.CUSTOMER_SCORES, tables.MODEL_REGISTRY],
        thresholds=lambda run: validation_results(model, run),
        threshold_rules={model.validated_by: validations} if validations else {},
    )


def _fit(run: RunContext) -> dict[str, StepResult]:
    engine, config, as_of = run.engine, run.config, run.as_of
    features = engine.table(tables.CUSTOMER_FEATURES)
    orders = completed_orders(rows_by_customer(engine, config, "orders"), config)
    buyers = features.filter(features.frequency > 0)
    span: dict[str, Any] = engine.rows(buyers.agg(first=buyers.first_order_date.min()))[0]
    training = Training(as_of, span["first"], code_version(engine.name), run.fingerprint)
    known = published_part(engine, engine.table(tables.MODEL_REGISTRY)) if engine.has(tables.MODEL_REGISTRY) else None
    with ExitStack() as held:
        data = TrainingData(engine, config, features, orders, known, training, _drawn(run, held))
        fitted = [model.fit(data) for model in models_of(config)]
    rows = ibis.union(*(registry_row(engine, version) for each in fitted for version in each.versions))
    engine.replace_slice(tables.MODEL_REGISTRY, rows, {"as_of": as_of})
    for table in {table: None for each in fitted for table in each.tables}:
        rows = ibis.union(*(each.tables[table] for each in fitted if table in each.tables))
        engine.replace_slice(table, rows, {"as_of": as_of})
    return {
        tables.MODEL_REGISTRY: _told(fitted),
        tables.CLUSTER_CHANGES: _of_day(run, tables.CLUSTER_CHANGES, "changes of the day"),
        tables.MODEL_CALIBRATION: _of_day(run, tables.MODEL_CALIBRATION, "calibration of the day"),
        **{table: _of_day(run, table, title) for table, title in _OF_MODELS.items() if table in contracts(config)},
    }


def _drawn(run: RunContext, held: ExitStack) -> ir.Table | None:
    """Who was drawn for the campaigns that models learn from, by lists of earlier days and by the contact log."""
    asked = {entry.campaign for entry in run.config.uplift.values()}
    asked |= {entry.campaign for entry in run.config.predictions.values() if entry.campaign}
    if not asked:
        return None
    definitions = [each for each in configured(run.config).values() if each.name in asked]
    return held.enter_context(run.engine.staged(first_drawn(assigned(run, run.lists_learnt_from, held), definitions)))


def _told(fitted: Sequence[Fitted]) -> StepResult:
    """The day's versions as a person sees them on the asset's page."""
    versions = [version for each in fitted for version in each.versions]
    numbers = {name: value for each in fitted for name, value in each.numbers.items()}
    texts: dict[str, str] = {}
    for made in versions:
        title = made.model if made.is_champion else f"{made.model} challenger"
        numbers |= {f"{title}: {name}": value for name, value in made.metrics.items() if value is not None}
        if made.note:
            numbers[f"{title}: note"] = made.note
        texts[f"{title} parameters"] = f"```json\n{json.dumps(made.parameters, indent=1)[:4000]}\n```"
    figures = {title: sizes for each in fitted for title, sizes in each.figures.items()}
    return StepResult(len(versions), numbers, texts=texts, picture=panels([*figures.items()]) if figures else None)


def _customer_scores(run: RunContext) -> StepResult:
    engine = run.engine
    scoring = Scoring(engine, run.config, registered_on(engine, run.as_of), run.as_of)
    scored = scored_customers(_read_by_models(engine.table(tables.CUSTOMER_FEATURES), run.config), scoring)
    names = [column.name for column in score_columns(run.config)]
    rows = engine.write(tables.CUSTOMER_SCORES, scored.select("customer_id", *names))
    return StepResult(rows, numbers={"models": len(models_of(run.config)), "scores": len(names)})


def _read_by_models(features: ir.Table, config: Config) -> ir.Table:
    """The features that scores are made from: all others would be carried through every layer of every model's expression."""
    read = {name for model in models_of(config) for names in model.lineage(config).values() for name in names}
    return features.select("customer_id", *(name for name in features.columns if name in read))


def _scores_of(model: ScoreModel) -> Callable[[RunContext], StepResult]:
    def compute(run: RunContext) -> StepResult:
        engine = run.engine
        engine.view(model.table, model.view(engine.table(tables.CUSTOMER_SCORES), run.config))
        scoring = Scoring(engine, run.config, registered_on(engine, run.as_of), run.as_of)
        told = model.summary(engine.table(model.table), scoring)
        return StepResult(told.customers, dict(told.numbers), picture=panels([*told.sizes.items()]) if told.sizes else None)

    return compute


def _of_day(run: RunContext, table: str, title: str) -> StepResult:
    """The rows of the day, for reading on the asset's page."""
    stored = run.engine.table(table)
    today = stored.filter(stored.as_of == run.as_of).drop("as_of")
    shown = run.engine.rows(today.order_by(*today.columns))
    return StepResult(len(shown), tables={title: shown} if shown else {})
