"""Do segmentations, campaigns and the cluster model name columns and segments that exist?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from segmentation_pipeline.config.catalog import NUMERIC, Catalog
from segmentation_pipeline.config.mistakes import Problem
from segmentation_pipeline.config.rule_words import RESERVED
from segmentation_pipeline.config.rules import RuleError, parse_rule
from segmentation_pipeline.config.schema import (
    AttributeSegmentation,
    Config,
    QuantilesSegmentation,
    RfmSegmentation,
    RulesSegmentation,
    Segmentation,
)
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.labels import RfmSegment
from segmentation_pipeline.contracts.scores import SCORES

KEY = "customer_id"

_LABELS: dict[str, Collection[str]] = {"rfm_segment": tuple(segment.value for segment in RfmSegment)}


def cluster_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Problem]:
    """Cluster features that are no measured number."""
    scores = {column.name: "is itself made by a model" for column in SCORES}
    features = Catalog({name: c for name, c in catalog.columns.items() if name not in scores}, {**catalog.unavailable, **scores})
    for position, name in enumerate(config.pipeline.models.clusters.features or ()):
        if wrong := features.missing(name, NUMERIC, "numeric"):
            yield file.problem(("models", "clusters", "features", position), *wrong)


def segmentation_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Problem]:
    """Names that are taken, columns that do not exist and rules that cannot be used."""
    others = dict.fromkeys(config.segmentations, "it is a segmentation, and their rules use features and model scores only")
    for name, segmentation in config.segmentations.items():
        path: KeyPath = ("segmentations", name)
        yield from _name_problems(name, catalog, file, path)
        yield from _repeated_segments(segmentation, file, path)
        if isinstance(segmentation, QuantilesSegmentation | AttributeSegmentation):
            types, what = (NUMERIC, "numeric") if isinstance(segmentation, QuantilesSegmentation) else ((Type.TEXT,), "text")
            if wrong := catalog.missing(segmentation.column, types, what):
                yield file.problem((*path, "column"), *wrong)
        if isinstance(segmentation, RulesSegmentation):
            for position, segment in enumerate(segmentation.segments):
                place = (*path, "segments", position, "when")
                yield from _rule_problems(segment.when, catalog.columns, _LABELS, {**others, **catalog.unavailable}, file, place)


def campaign_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Problem]:
    """Audience rules and rankings over features, model scores and exclusive segmentations."""
    exclusive = {name: s for name, s in config.segmentations.items() if not isinstance(s, RulesSegmentation) or s.exclusive}
    columns = {name: Column(name, Type.TEXT, s.title) for name, s in exclusive.items()} | dict(catalog.columns)
    labels = {**_LABELS, **{name: known for name, s in exclusive.items() if (known := segment_names(s))}}
    overlapping = {
        name: "its segments overlap (exclusive: false), so it is no single value of a customer"
        for name in config.segmentations
        if name not in exclusive
    }
    for name, campaign in config.campaigns.items():
        path: KeyPath = ("campaigns", name)
        unavailable = {**overlapping, **catalog.unavailable}
        yield from _rule_problems(campaign.audience, columns, labels, unavailable, file, (*path, "audience"))
        if wrong := catalog.missing(campaign.rank_by, NUMERIC, "numeric"):
            yield file.problem((*path, "rank_by"), *wrong)


def segment_names(segmentation: Segmentation) -> tuple[str, ...]:
    """The names of its segments; empty when only the data tells."""
    if isinstance(segmentation, RulesSegmentation | QuantilesSegmentation):
        return tuple(segment.name for segment in segmentation.segments)
    return tuple(segment.value for segment in RfmSegment) if isinstance(segmentation, RfmSegmentation) else ()


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
    if isinstance(segmentation, RulesSegmentation | QuantilesSegmentation):
        names = segment_names(segmentation)
        for position, name in enumerate(names):
            if name in names[:position]:
                hint = "join its rules with or" if isinstance(segmentation, RulesSegmentation) else None
                place = (*path, "segments", position, "name")
                yield file.problem(place, f"the segment '{name}' a second time", "each segment once", hint)


def _rule_problems(
    text: str,
    columns: Mapping[str, Column],
    labels: Mapping[str, Collection[str]],
    unavailable: Mapping[str, str],
    file: YamlFile,
    path: KeyPath,
) -> Iterator[Problem]:
    shares = {name: f"its value must be listed in pipeline.yaml, {lists}" for name, lists in _share_columns(text)}
    try:
        parse_rule(text, columns, labels, {**shares, **unavailable})
    except RuleError as error:
        for mistake in error.mistakes:
            where = f" (character {mistake.position} of the rule)" if mistake.position else ""
            yield file.problem(path, mistake.found + where, mistake.expected, mistake.suggestion)
