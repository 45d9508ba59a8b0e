"""Can it be foretold who comes into a segment or answers a campaign, or told who is like the members of a segment?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic, RuleError, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.measurement.definitions import configured
from segmentation_pipeline.models.predictions.who import defining, membership


def target_problems(
    config: Config, asked: PredictiveModel, features: Catalog, file: YamlFile, path: KeyPath
) -> Iterator[Diagnostic]:
    """What is wrong with the segment or campaign it names, and keys that say nothing of it."""
    for key in asked.says_nothing_of:
        if key in asked.model_fields_set:
            form = asked.predicts.partition("(")[0]
            hint = "it is learnt from the customers of the day" if asked.is_lookalike else "the campaign has days of its own"
            yield file.problem((*path, key), f"'{key}' of a {form}", "no such key", hint)
    yield from _segment_problems(config, asked, features, file, path)
    yield from _campaign_problems(config, asked, file, path)


def _campaign_problems(config: Config, asked: PredictiveModel, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
    if asked.campaign is None:
        return
    known = {each.name: each for each in configured(config).values()}
    if asked.campaign not in known:
        expected = one_of(known, "campaign or experiment of campaigns.yaml")
        hint = did_you_mean(asked.campaign, known)
        yield file.problem((*path, "predicts"), f"the unknown campaign '{asked.campaign}'", expected, hint)
    elif not known[asked.campaign].from_orders:
        found = f"experiment '{asked.campaign}', which says 'from_orders: false'"
        yield file.problem((*path, "predicts"), found, "one whose people are followed by their orders")


def _segment_problems(
    config: Config, asked: PredictiveModel, features: Catalog, file: YamlFile, path: KeyPath
) -> Iterator[Diagnostic]:
    """Segments that are none or not made by rules over features, and what would tell a lookalike what it is to find out."""
    if asked.segment is None:
        return
    segmentation, segment = asked.segment
    of_rules = [name for name, each in config.segmentations.items() if each.rules()]
    predicts: KeyPath = (*path, "predicts")
    known = config.segmentations.get(segmentation)
    names = [rule.name for rule in known.rules()] if known else []
    if not names:
        wrong = "whose segments are not given by rules" if known else "which is no segmentation"
        found, expected = f"'{segmentation}', {wrong}", one_of(of_rules, "segmentation of rules")
        yield file.problem(predicts, found, expected, did_you_mean(segmentation, of_rules))
        return
    if segment not in names:
        found = f"the unknown segment '{segment}' of '{segmentation}'"
        yield file.problem(predicts, found, one_of(names), did_you_mean(segment, names))
        return
    try:
        member = membership(config, asked)
    except RuleError as error:
        found = f"'{segment}', whose rule reads more than features: {error}"
        hint = "on an earlier day nobody knew today's scores and segments; write a rule over the features behind them"
        yield file.problem(predicts, found, "a segment of rules over features", hint)
        return
    if asked.is_lookalike and member is not None:
        yield from _lookalike_problems(config, asked, features, member.columns, file, path)


def _lookalike_problems(
    config: Config, asked: PredictiveModel, features: Catalog, columns: tuple[str, ...], file: YamlFile, path: KeyPath
) -> Iterator[Diagnostic]:
    if asked.baseline in defining(config, asked):
        others = [name for name in features.columns if name not in defining(config, asked)]
        found = f"'{asked.baseline}', which is made of what defines the segment"
        yield file.problem((*path, "baseline"), found, "a numeric column of another family" if others else "another source")
    if asked.features != "all":
        for place, name in enumerate(asked.features):
            if name in columns:
                yield file.problem((*path, "features", place), f"'{name}', which defines the segment", "another column")
