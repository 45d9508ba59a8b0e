"""Can what ``models.yaml`` asks to be foretold be foretold?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.features.available_columns import NUMERIC, Catalog
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.features.family import is_mapped
from segmentation_pipeline.models.catalog import SCORE_MODELS
from segmentation_pipeline.models.prediction_scores import PREDICTIONS
from segmentation_pipeline.models.predictions.columns import prediction_columns
from segmentation_pipeline.project.prediction_target_checks import target_problems
from segmentation_pipeline.rules.problems import rule_problems
from segmentation_pipeline.rules.vocabulary import Vocabulary
from segmentation_pipeline.rules.windows import EVENT_DATE, EVENTS, event_columns

PROTECTED = ("gender", "age_years", "age_band", "birth_month", "birthday")
"""What nobody may be scored by, whatever ``attributes`` allows."""


def prediction_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
    """Names that are taken, features and rules that are none, events no source tells of."""
    features = feature_columns(config)
    of_features = Catalog({name: column for name, column in catalog.columns.items() if name in features}, catalog.unavailable)
    others = [model for model in SCORE_MODELS if model is not PREDICTIONS]
    taken = {*features, *(column.name for model in others for column in model.columns(config)), *config.segmentations}
    models = {version for model in others for version in model.versions(config)}
    columns = {name: [each.name for each in prediction_columns(name, asked)] for name, asked in config.predictions.items()}
    for name, asked in config.predictions.items():
        path: KeyPath = ("models", name)
        if bearer := next((each for each in columns[name] if each in taken), None):
            yield file.problem(path, f"the name '{bearer}', which a column or segmentation bears", "another name")
        elif other := next((each for each in columns if each != name and name in columns[each]), None):
            yield file.problem(path, f"the name '{name}', which is a column of model '{other}'", "another name")
        elif name in models:
            yield file.problem(path, f"the name '{name}', which another model bears", "another name")
        yield from rule_problems(asked.for_, Vocabulary(of_features.columns, {}, of_features.unavailable), file, (*path, "for"))
        if asked.baseline in PROTECTED:
            yield file.problem((*path, "baseline"), f"'{asked.baseline}', a protected attribute", "another column")
        elif wrong := of_features.missing(asked.baseline, NUMERIC, "numeric"):
            yield file.problem((*path, "baseline"), *wrong)
        yield from feature_problems(asked.features, of_features, file, path)
        yield from _event_problems(config, asked, file, path)
        yield from _period_problems(asked, file, path)
        yield from target_problems(config, asked, of_features, file, path)


def feature_problems(
    named: Sequence[str] | Literal["all"], features: Catalog, file: YamlFile, path: KeyPath
) -> Iterator[Diagnostic]:
    """Features a model names to learn from that are none, protected, or of no type it can read."""
    if named == "all":
        return
    for place, name in enumerate(named):
        if name in PROTECTED:
            hint = "nobody is scored by it; privacy.yaml, fairness, compares groups"
            yield file.problem((*path, "features", place), f"'{name}', a protected attribute", "another column", hint)
        elif wrong := features.missing(name, (*NUMERIC, Type.BOOLEAN, Type.TEXT), "numeric, text or truth value"):
            yield file.problem((*path, "features", place), *wrong)


def _event_problems(config: Config, asked: PredictiveModel, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
    if asked.event is None:
        return
    source, when = asked.event
    sources = [name for name, source in EVENTS.items() if config.has(name) and "customer_id" in source.names]
    if source not in sources:
        expected = one_of(sources, "configured source of events")
        yield file.problem((*path, "predicts"), f"the source '{source}'", expected, did_you_mean(source, sources))
    elif when is not None:
        columns = event_columns(source)
        absent = [name for name in columns if name != EVENT_DATE.name and not is_mapped(config, f"{source}.{name}")]
        off = dict.fromkeys(absent, f"sources.yaml maps no column of {source} to it")
        yield from rule_problems(when, Vocabulary(columns).without(off), file, (*path, "predicts"))


def _period_problems(asked: PredictiveModel, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
    """Periods of what happens on no day of its own, or that are no whole days."""
    if asked.periods is None:
        return
    key: KeyPath = (*path, "periods")
    if not asked.is_of_a_day:
        hint = "only of no_order and event(...) it can be told on which day they happen"
        yield file.problem(key, f"'periods' of {asked.predicts}", "no such key", hint)
    elif asked.horizon_days % asked.periods:
        fitting = [str(number) for number in range(2, 13) if asked.horizon_days % number == 0]
        found = f"{asked.periods} periods, of which {asked.horizon_days} days make none of whole days"
        expected = f"a number that divides horizon_days ({', '.join(fitting)})" if fitting else "another horizon_days"
        yield file.problem(key, found, expected)
