"""Do constructs and survey classes name items, constructs and features that exist, each thing once?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config, SurveyClassesConfig
from segmentation_pipeline.config.schema.constructs import MOST_POINTS
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.scores import survey_class_columns
from segmentation_pipeline.features.available_columns import NUMERIC, Catalog
from segmentation_pipeline.features.catalog import answer_features, score_columns
from segmentation_pipeline.features.survey import answer_column


def construct_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
    """Items that would share a column; survey classes over what is not measured or cannot be used."""
    yield from _shared_items(config, file)
    others = {"rfm", "clv", *config.pipeline.models.by_cluster_model}
    taken: dict[str, str] = {}
    for name, model in config.pipeline.models.survey_classes.items():
        path: KeyPath = ("models", "survey_classes", name)
        if name in others:
            yield file.problem(path, f"the name '{name}', which another model bears", "another name")
        for column in survey_class_columns(name):
            if taken.setdefault(column.name, name) != name:
                found = f"the name '{name}', whose column {column.name} belongs to '{taken[column.name]}'"
                yield file.problem(path, found, "another name")
        yield from _construct_names(config, model, file, (*path, "constructs"))
        yield from _extension_features(config, catalog, model, file, (*path, "extend", "features"))


def _shared_items(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    settings = config.pipeline.features
    listed: list[tuple[KeyPath, str]] = [
        (("features", "choice_items", place), item) for place, item in enumerate(settings.choice_items)
    ]
    for name, construct in settings.constructs.items():
        listed += [(("features", "constructs", name, "items", place), item) for place, item in enumerate(construct.items)]
    first: dict[str, str] = {}
    for path, item in listed:
        column = answer_column(item)
        if column in first:
            found = f"the item '{item}', whose column {column} item '{first[column]}' has"
            yield file.problem(path, found, "each item once, under names that differ in letters or digits")
        first.setdefault(column, item)


def _construct_names(config: Config, model: SurveyClassesConfig, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
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


def _extension_features(
    config: Config, catalog: Catalog, model: SurveyClassesConfig, file: YamlFile, path: KeyPath
) -> Iterator[Diagnostic]:
    closed = {column.name: "is itself made by a model" for column in score_columns(config)}
    closed |= dict.fromkeys(answer_features(config), "comes from the answers, which those to be inferred have not given")
    usable = Catalog({n: c for n, c in catalog.columns.items() if n not in closed}, {**catalog.unavailable, **closed})
    for place, name in enumerate((model.extend.features or ()) if model.extend else ()):
        if wrong := usable.missing(name, NUMERIC, "numeric"):
            yield file.problem((*path, place), *wrong)
