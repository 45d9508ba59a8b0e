"""Do segmentations, campaigns and the cluster model name columns and segments that exist?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from segmentation_pipeline.config.catalog import NUMERIC, Catalog
from segmentation_pipeline.config.mistakes import Problem, did_you_mean, one_of
from segmentation_pipeline.config.rule_words import RESERVED
from segmentation_pipeline.config.rules import RuleError
from segmentation_pipeline.config.schema import Config, Segmentation
from segmentation_pipeline.config.segmentations import who_reads_whom
from segmentation_pipeline.config.vocabulary import Vocabulary, circle, vocabulary
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.scores import CLUSTERS, MIXTURE, survey_class_columns
from segmentation_pipeline.privacy.vocabulary import PURPOSES
from segmentation_pipeline.segmentations.kinds.attribute import AttributeSegmentation
from segmentation_pipeline.segmentations.kinds.clusters import ClustersSegmentation
from segmentation_pipeline.segmentations.kinds.hybrid import HybridSegmentation
from segmentation_pipeline.segmentations.kinds.quantiles import QuantilesSegmentation
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline.segmentations.kinds.survey_classes import SurveyClassesSegmentation

KEY = "customer_id"


def cluster_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Problem]:
    """Cluster features that are no measured number, nor for k-means a text or truth value."""
    # Here and not above: the families import the configuration they are declared over.
    from segmentation_pipeline.features.catalog import score_columns

    scores = {column.name: "is itself made by a model" for column in score_columns(config)}
    features = Catalog({name: c for name, c in catalog.columns.items() if name not in scores}, {**catalog.unavailable, **scores})
    models = config.pipeline.models
    paths: dict[str, KeyPath] = {name: ("models", "cluster_models", name) for name in models.cluster_models}
    for model, clusters in models.by_cluster_model.items():
        takes_categories = clusters.kind != MIXTURE
        types = (*NUMERIC, Type.TEXT, Type.BOOLEAN) if takes_categories else NUMERIC
        what = "numeric, text or truth value" if takes_categories else "numeric"
        for position, name in enumerate(clusters.features or ()):
            if wrong := features.missing(name, types, what):
                yield file.problem((*paths.get(model, ("models", CLUSTERS)), "features", position), *wrong)


def segmentation_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Problem]:
    """Names that are taken, columns that do not exist, circles, and rules that cannot be used."""
    known = vocabulary(catalog.columns, config.segmentations, catalog.unavailable)
    graph = who_reads_whom(config.segmentations)
    for name, segmentation in config.segmentations.items():
        path: KeyPath = ("segmentations", name)
        yield from _name_problems(name, catalog, file, path)
        yield from _repeated_segments(segmentation, file, path)
        if isinstance(segmentation, QuantilesSegmentation | AttributeSegmentation):
            types, what = (NUMERIC, "numeric") if isinstance(segmentation, QuantilesSegmentation) else ((Type.TEXT,), "text")
            if wrong := catalog.missing(segmentation.column, types, what):
                yield file.problem((*path, "column"), *wrong)
        if isinstance(segmentation, ClustersSegmentation) and segmentation.model not in config.pipeline.models.by_cluster_model:
            models = config.pipeline.models.by_cluster_model
            hint = did_you_mean(segmentation.model, models) or "declare it in pipeline.yaml, models.cluster_models"
            yield file.problem(
                (*path, "model"), f"the unknown cluster model '{segmentation.model}'", one_of(models, "model"), hint
            )
        allowed = known.without(circle(name, graph))
        if isinstance(segmentation, SurveyClassesSegmentation):
            yield from _model_problems(config, catalog, segmentation, file, (*path, "model"))
        if isinstance(segmentation, RulesSegmentation):
            for position, segment in enumerate(segmentation.segments):
                yield from _rule_problems(segment.when, allowed, file, (*path, "segments", position, "when"))
        if isinstance(segmentation, HybridSegmentation):
            yield from _hybrid_problems(segmentation, config.segmentations, allowed, file, path)


def campaign_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Problem]:
    """Audience rules and rankings over features, model scores and segmentations."""
    known = vocabulary(catalog.columns, config.segmentations, catalog.unavailable)
    for name, campaign in config.campaigns.items():
        path: KeyPath = ("campaigns", name)
        yield from _rule_problems(campaign.audience, known, file, (*path, "audience"))
        if wrong := catalog.missing(campaign.rank_by, NUMERIC, "numeric"):
            yield file.problem((*path, "rank_by"), *wrong)
        if campaign.one_per == "household" and not config.has("identities"):
            hint = "it tells who lives together; without it choose address or person"
            yield file.problem((*path, "one_per"), "one list entry per household", "source 'identities' beside it", hint)
        purposes = (*PURPOSES, *config.privacy.purposes)
        if campaign.purpose not in purposes:
            hint = did_you_mean(campaign.purpose, purposes) or "declare it in privacy.yaml, purposes"
            found = f"the unknown purpose '{campaign.purpose}'"
            yield file.problem((*path, "purpose"), found, one_of(purposes, "purpose"), hint)


def _hybrid_problems(
    hybrid: HybridSegmentation, others: Mapping[str, Segmentation], known: Vocabulary, file: YamlFile, path: KeyPath
) -> Iterator[Problem]:
    """Segmentations that do not exist, cannot be crossed or lead back here, and segments that do not exist."""
    exclusive = [name for name, segmentation in others.items() if segmentation.is_exclusive and name not in known.unavailable]
    for position, name in enumerate(hybrid.of or ()):
        place = (*path, "of", position)
        if name in known.unavailable:
            yield file.problem(place, f"'{name}', {known.unavailable[name]}", one_of(exclusive, "segmentation"))
        elif name not in others:
            hint = did_you_mean(name, exclusive)
            yield file.problem(place, f"the unknown segmentation '{name}'", one_of(exclusive, "segmentation"), hint)
        elif name not in exclusive:
            found = f"'{name}', whose segments overlap (exclusive: false)"
            yield file.problem(place, found, one_of(exclusive, "exclusive segmentation"), "name its segments as priorities")
        elif name in (hybrid.of or ())[:position]:
            yield file.problem(place, f"'{name}' a second time", "each segmentation once")
    for position, segment in enumerate(hybrid.rules()[: len(hybrid.priorities or ())]):
        try:
            known.parse(segment.when)
        except RuleError as error:
            key = "segment" if (hybrid.priorities or ())[position].segmentation in known.segmentations else "segmentation"
            for mistake in error.mistakes:
                yield file.problem((*path, "priorities", position, key), mistake.found, mistake.expected, mistake.suggestion)


def _model_problems(
    config: Config, catalog: Catalog, segmentation: SurveyClassesSegmentation, file: YamlFile, path: KeyPath
) -> Iterator[Problem]:
    known = config.pipeline.models.survey_classes
    if segmentation.model not in known:
        expected = one_of(known, "model") if known else "a model of models.survey_classes in pipeline.yaml"
        hint = did_you_mean(segmentation.model, known)
        yield file.problem(path, f"the unknown model '{segmentation.model}'", expected, hint)
        return
    column = survey_class_columns(segmentation.model)[0].name
    if column in catalog.unavailable and (wrong := catalog.missing(column, (Type.TEXT,), "text")):
        yield file.problem(path, *wrong)


def _share_columns(text: str) -> Iterator[tuple[str, str]]:
    """Names in a rule that are share columns, with the configuration key whose values have one."""
    for name, kind in re.findall(r"\b((category|channel)_share_\w+)", text):
        yield name, {"category": "features.categories", "channel": "features.channels"}[kind]


def _name_problems(name: str, catalog: Catalog, file: YamlFile, path: KeyPath) -> Iterator[Problem]:
    if name in catalog.columns or name in catalog.unavailable or name == KEY:
        yield file.problem(
            path, f"the name '{name}', which is a column of the customer table", "another name", f"for example {name}_segment"
        )
    elif name in RESERVED:
        yield file.problem(path, f"the name '{name}', which is a word of the rule language", "another name")


def _repeated_segments(segmentation: Segmentation, file: YamlFile, path: KeyPath) -> Iterator[Problem]:
    rules = segmentation.rules()
    listed = segmentation.segments if isinstance(segmentation, QuantilesSegmentation) else rules
    names = [segment.name for segment in listed]
    for position, name in enumerate(names):
        if name in names[:position]:
            hint = "join its rules with or" if rules else None
            place = (*path, *_place(segmentation, position))
            yield file.problem(place, f"the segment '{name}' a second time", "each segment once", hint)


def _place(segmentation: Segmentation, position: int) -> KeyPath:
    """Where the name of a segment stands."""
    if not isinstance(segmentation, HybridSegmentation):
        return ("segments", position, "name")
    return ("priorities", position) if position < len(segmentation.priorities or ()) else ("else",)


def _rule_problems(text: str, known: Vocabulary, file: YamlFile, path: KeyPath) -> Iterator[Problem]:
    shares = {
        name: f"its value must be listed in pipeline.yaml, {lists}"
        for name, lists in _share_columns(text)
        if name not in known.columns and name not in known.unavailable
    }
    try:
        known.without(shares).parse(text)
    except RuleError as error:
        for mistake in error.mistakes:
            where = f" (character {mistake.position} of the rule)" if mistake.position else ""
            yield file.problem(path, mistake.found + where, mistake.expected, mistake.suggestion)
