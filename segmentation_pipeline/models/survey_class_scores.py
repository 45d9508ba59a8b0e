"""Classes of customers by the answers to surveys as a model, and inferred for others where that has proved better than chance.

Belongs here: what the rest of the program asks.  Fitting and arithmetic are in ``survey_classes.py`` and what it puts
together, imported where they are used: a configuration loads without scikit-learn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config, SurveyClassesConfig
from segmentation_pipeline.config.schema.constructs import MOST_POINTS
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.scores import survey_class_columns
from segmentation_pipeline.features.available_columns import NUMERIC, Catalog
from segmentation_pipeline.features.catalog import families, family_columns, feature_columns
from segmentation_pipeline.features.survey import SOURCE as SURVEYS
from segmentation_pipeline.features.survey import answer_column, construct_column
from segmentation_pipeline.models.cluster_scores import CLUSTER_FEATURES
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.models.score_model import Fitted, ScoreModel, Scoring, Summary, TrainingData

if TYPE_CHECKING:
    from segmentation_pipeline.models.class_extension import ClassExtension
    from segmentation_pipeline.models.survey_classes import SurveyClasses

EXTENSION_FEATURES = tuple(name for name in CLUSTER_FEATURES if name != "gap_mean_days")
"""What classes of respondents are inferred from when the configuration names nothing else, with the shares of
categories and channels: numbers every customer with an order has."""


class SurveyClassScores(ScoreModel):
    name = "survey_classes"
    table = tables.SURVEY_CLASSES
    description = "A customer's class by the answers to surveys, or inferred where that has proved better than chance."

    def columns(self, config: Config) -> tuple[Column, ...]:
        return tuple(column for name in survey_classes(config) for column in survey_class_columns(name))

    def reads(self, config: Config) -> tuple[str, ...]:
        return tuple(dict.fromkeys(read for name, model in survey_classes(config).items() for read in _reads(config, model)))

    def lineage(self, config: Config) -> Mapping[str, tuple[str, ...]]:
        models = survey_classes(config)
        reads = {name: _reads(config, model) for name, model in models.items()}
        return {column.name: reads[name] for name in models for column in survey_class_columns(name)}

    def versions(self, config: Config) -> tuple[str, ...]:
        models = survey_classes(config)
        names = {name: (name, extension_of(name)) if model.extend else (name,) for name, model in models.items()}
        return tuple(version for versions in names.values() for version in versions)

    def named(self, config: Config) -> Mapping[str, KeyPath]:
        return {name: ("models", self.name, name) for name in config.pipeline.models.survey_classes}

    def unavailable(self, config: Config, off: Mapping[str, str]) -> dict[str, str]:
        """Those of models one of whose constructs is off."""
        reasons: dict[str, str] = {}
        for name, model in config.pipeline.models.survey_classes.items():
            if missing := [off[column] for column in map(construct_column, model.constructs) if column in off]:
                reasons |= {column.name: missing[0] for column in survey_class_columns(name)}
        return reasons

    def fit(self, data: TrainingData) -> Fitted:
        from segmentation_pipeline.models.survey_classes import fit_survey_classes

        config, training, made = data.config, data.training, []
        for name, settings in survey_classes(config).items():
            reads, items = extension_features(config, settings), _answers(config, settings)
            constructs = {construct: config.pipeline.features.constructs[construct] for construct in settings.constructs}
            model, extension = fit_survey_classes(data.engine, data.features, settings, constructs, reads, config.privacy.salt)
            parameters, rows = model.to_parameters(), model.training_rows
            made.append(training.version(name, "latent_classes", items, parameters, rows, model.metrics, model.note))
            if extension is not None:
                parameters, rows, title = extension.to_parameters(), extension.training_rows, extension_of(name)
                made.append(training.version(title, extension.kind, reads, parameters, rows, extension.metrics, extension.note))
        return Fitted(made)

    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        from segmentation_pipeline.models.survey_classes import with_survey_classes

        for name, settings in survey_classes(scoring.config).items():
            model, extension = fitted_classes(name, settings, scoring.registered)
            customers = with_survey_classes(customers, name, model, extension)
        return customers

    def problems(self, config: Config, features: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
        """Models over what is not measured or cannot be used, and names that would give two of them one column."""
        taken: dict[str, str] = {}
        for name, path in self.named(config).items():
            model = config.pipeline.models.survey_classes[name]
            for column in survey_class_columns(name):
                if taken.setdefault(column.name, name) != name:
                    found = f"the name '{name}', whose column {column.name} belongs to '{taken[column.name]}'"
                    yield file.problem(path, found, "another name")
            yield from _construct_problems(config, model, file, (*path, "constructs"))
            yield from _extension_problems(config, features, model, file, (*path, "extend", "features"))

    def summary(self, scores: ir.Table, scoring: Scoring) -> Summary:
        numbers: dict[str, int | float | str] = {}
        sizes = {}
        for name in survey_classes(scoring.config):
            told, inferred, _ = (column.name for column in survey_class_columns(name))
            known = scores.filter(scores[told].notnull())
            grouped = known.group_by(told).agg(rows=known.count(), inferred=known[inferred].sum())
            counted = scoring.engine.rows(grouped.order_by(told))
            sizes[name] = [(str(row[told]), float(row["rows"])) for row in counted]
            numbers[f"{name}: answered"] = sum(int(row["rows"]) - int(row["inferred"]) for row in counted)
            numbers[f"{name}: inferred"] = sum(int(row["inferred"]) for row in counted)
        return Summary(scoring.engine.count(scores), numbers, sizes)


def survey_classes(config: Config) -> dict[str, SurveyClassesConfig]:
    """The models of classes of respondents whose constructs this configuration's sources can feed."""
    measured = feature_columns(config)
    return {
        name: model
        for name, model in config.pipeline.models.survey_classes.items()
        if all(construct_column(construct) in measured for construct in model.constructs)
    }


def extension_of(name: str) -> str:
    """What the version is called that infers the classes ``name`` of those who did not answer."""
    return f"{name}_extension"


def fitted_classes(
    name: str, settings: SurveyClassesConfig, registered: Registered
) -> tuple[SurveyClasses, ClassExtension | None]:
    """The day's classes ``name``, and what infers them where the configuration asks for that."""
    from segmentation_pipeline.models.class_extension import ClassExtension
    from segmentation_pipeline.models.survey_classes import SurveyClasses

    extension = ClassExtension.from_parameters(registered(extension_of(name))) if settings.extend else None
    return SurveyClasses.from_parameters(registered(name)), extension


def extension_features(config: Config, model: SurveyClassesConfig) -> tuple[str, ...]:
    """The features the class of customers without answers is inferred from; none where the model asks for no inference."""
    if model.extend is None:
        return ()
    if model.extend.features is not None:
        return model.extend.features
    available = feature_columns(config)
    shares = (name for name in available if name.startswith(("category_share_", "channel_share_")))
    return (*(name for name in EXTENSION_FEATURES if name in available), *shares)


def _answers(config: Config, model: SurveyClassesConfig) -> tuple[str, ...]:
    constructs = config.pipeline.features.constructs
    return tuple(answer_column(item) for construct in model.constructs for item in constructs[construct].items)


def _reads(config: Config, model: SurveyClassesConfig) -> tuple[str, ...]:
    scores = map(construct_column, model.constructs)  # whoever has them all has answered
    return (*_answers(config, model), *scores, *extension_features(config, model))


def _construct_problems(config: Config, model: SurveyClassesConfig, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
    constructs = config.pipeline.features.constructs
    for place, name in enumerate(model.constructs):
        if name not in constructs:
            expected = one_of(constructs, "construct") if constructs else "a construct of features.constructs"
            yield file.problem((*path, place), f"the unknown construct '{name}'", expected, did_you_mean(name, constructs))
        elif name in model.constructs[:place]:
            yield file.problem((*path, place), f"the construct '{name}' a second time", "each construct once")
        elif constructs[name].highest - constructs[name].lowest > MOST_POINTS:
            scale = f"{constructs[name].lowest:g} to {constructs[name].highest:g}"
            found = f"the construct '{name}', whose scale goes from {scale}"
            yield file.problem((*path, place), found, f"scales of at most {MOST_POINTS} points from end to end")


def _extension_problems(
    config: Config, features: Catalog, model: SurveyClassesConfig, file: YamlFile, path: KeyPath
) -> Iterator[Diagnostic]:
    named: Sequence[str] = (model.extend.features or ()) if model.extend else ()
    of_answers = {
        column.name: "comes from the answers, which those to be inferred have not given"
        for family in families(config)
        if SURVEYS in family.reads
        for column in family_columns(family, config)
    }
    usable = features.without(of_answers)
    for place, name in enumerate(named):
        if wrong := usable.missing(name, NUMERIC, "numeric"):
            yield file.problem((*path, place), *wrong)


SURVEY_CLASSES = SurveyClassScores()
