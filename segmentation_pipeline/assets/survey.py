"""What surveys measure: how reliable the constructs are, and the classes of customers over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir

from segmentation_pipeline.assets.pictures import bars, panels
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.constructs import CONSTRUCT_RELIABILITY_COLUMNS
from segmentation_pipeline.contracts.scores import survey_class_columns
from segmentation_pipeline.features.catalog import CUSTOMER_ID, extension_features, measured_constructs, survey_classes
from segmentation_pipeline.features.survey import answer_column
from segmentation_pipeline.quality.alpha import alpha_rules, check_alpha
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.run_context import RunContext, StepResult

if TYPE_CHECKING:
    from segmentation_pipeline.models.class_extension import ClassExtension
    from segmentation_pipeline.models.registry import ModelVersion, Training
    from segmentation_pipeline.models.survey_classes import SurveyClasses


def steps(config: Config) -> list[Step]:
    made = []
    if constructs := measured_constructs(config):
        made.append(
            Step(
                table=tables.CONSTRUCT_RELIABILITY,
                group="models",
                description="An item of a construct: Cronbach's alpha of the construct and how well the item fits the others.",
                compute=_reliability,
                deps=[tables.CUSTOMER_FEATURES],
                columns=CONSTRUCT_RELIABILITY_COLUMNS,
                thresholds=lambda run, as_of: check_alpha(run.engine, constructs),
                threshold_rules={"reliability": rules} if (rules := alpha_rules(constructs)) else {},
                owner="team:analytics",
            )
        )
    if models := survey_classes(config):
        reads = {name: _columns_read(config, name) for name in models}
        made.append(
            Step(
                table=tables.SURVEY_CLASSES,
                group="models",
                description="A customer's class by the answers to surveys, or inferred where that has proved better than chance.",
                compute=_score,
                deps=[tables.MODEL_REGISTRY, tables.CUSTOMER_FEATURES],
                columns=(CUSTOMER_ID, *(column for name in models for column in survey_class_columns(name))),
                lineage={
                    column.name: [(tables.CUSTOMER_FEATURES, read) for read in reads[name]]
                    for name in models
                    for column in survey_class_columns(name)
                },
                rules=checks_for(config).get(tables.SURVEY_CLASSES, ()),
                owner="team:analytics",
            )
        )
    return made


def survey_versions(run: RunContext, training: Training) -> list[ModelVersion]:
    """The day's survey classes and their extensions, fitted."""
    from segmentation_pipeline.models.survey_classes import extension_of, fit_survey_classes

    config, made = run.config, []
    for name, model in survey_classes(config).items():
        reads = extension_features(config, model)
        constructs = {construct: config.pipeline.features.constructs[construct] for construct in model.constructs}
        features = run.engine.table(tables.CUSTOMER_FEATURES)
        classes, extension = fit_survey_classes(run.engine, features, model, constructs, reads, config.privacy.salt)
        items = [answer_column(item) for construct in constructs.values() for item in construct.items]
        parameters = classes.to_parameters()
        made.append(
            training.version(name, "latent_classes", items, parameters, classes.training_rows, classes.metrics, classes.note)
        )
        if extension is not None:
            parameters, rows = extension.to_parameters(), extension.training_rows
            title = extension_of(name)
            made.append(training.version(title, extension.kind, reads, parameters, rows, extension.metrics, extension.note))
    return made


def with_survey_models(run: RunContext, table: ir.Table, registered: Callable[[str], Mapping[str, Any]]) -> ir.Table:
    """``table`` with the columns of all survey classes of the day."""
    from segmentation_pipeline.models.survey_classes import with_survey_classes

    for name, (classes, extension) in _models(run.config, registered).items():
        table = with_survey_classes(table, name, classes, extension)
    return table


def _models(
    config: Config, registered: Callable[[str], Mapping[str, Any]]
) -> dict[str, tuple[SurveyClasses, ClassExtension | None]]:
    from segmentation_pipeline.models.class_extension import ClassExtension
    from segmentation_pipeline.models.survey_classes import SurveyClasses, extension_of

    return {
        name: (
            SurveyClasses.from_parameters(registered(name)),
            ClassExtension.from_parameters(registered(extension_of(name))) if model.extend else None,
        )
        for name, model in survey_classes(config).items()
    }


def _columns_read(config: Config, name: str) -> Sequence[str]:
    model = config.pipeline.models.survey_classes[name]
    items = (item for construct in model.constructs for item in config.pipeline.features.constructs[construct].items)
    return (*map(answer_column, items), *extension_features(config, model))


def _reliability(run: RunContext, as_of: date) -> StepResult:
    from segmentation_pipeline.models.reliability import construct_reliability

    engine, features = run.engine, run.engine.table(tables.CUSTOMER_FEATURES)
    engine.write(tables.CONSTRUCT_RELIABILITY, construct_reliability(engine, features, measured_constructs(run.config), as_of))
    rows = engine.rows(engine.table(tables.CONSTRUCT_RELIABILITY).order_by("construct", "item"))
    shown = [column.name for column in CONSTRUCT_RELIABILITY_COLUMNS if column.name != "as_of"]
    lines = "\n".join("| " + " | ".join("" if row[name] is None else str(row[name]) for name in shown) + " |" for row in rows)
    alphas = {str(row["construct"]): row["alpha"] for row in rows if row["alpha"] is not None}
    return StepResult(
        len(rows),
        numbers={f"alpha of {name}": float(str(alpha)) for name, alpha in alphas.items()},
        texts={"items": f"| {' | '.join(shown)} |\n|{'---|' * len(shown)}\n{lines}"},
        picture=bars([(name, float(str(alpha))) for name, alpha in alphas.items()], "Cronbach's alpha") if alphas else None,
    )


def _score(run: RunContext, as_of: date) -> StepResult:
    from segmentation_pipeline.assets.models import registered
    from segmentation_pipeline.models.survey_classes import score_survey_classes

    engine = run.engine
    models = _models(run.config, lambda model: registered(run, model, as_of))
    engine.view(tables.SURVEY_CLASSES, score_survey_classes(engine.table(tables.CUSTOMER_FEATURES), models))
    scores, groups = engine.table(tables.SURVEY_CLASSES), []
    numbers: dict[str, int | float | str] = {}
    for name in models:
        told, inferred, _ = (column.name for column in survey_class_columns(name))
        known = scores.filter(scores[told].notnull())
        counted = engine.rows(known.group_by(told).agg(rows=known.count(), inferred=known[inferred].sum()).order_by(told))
        groups.append((name, [(str(row[told]), float(str(row["rows"]))) for row in counted]))
        numbers[f"{name}: answered"] = sum(int(str(row["rows"])) - int(str(row["inferred"])) for row in counted)
        numbers[f"{name}: inferred"] = sum(int(str(row["inferred"])) for row in counted)
    return StepResult(engine.count(scores), numbers=numbers, picture=panels(groups))
