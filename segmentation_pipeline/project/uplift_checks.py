"""Can what ``uplift`` of ``models.yaml`` asks be learnt from arms that were drawn by lot?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config, UpliftEntry
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.measurement.definitions import Definition, configured
from segmentation_pipeline.models.catalog import SCORE_MODELS
from segmentation_pipeline.models.uplift_scores import UPLIFT
from segmentation_pipeline.project.prediction_checks import feature_problems
from segmentation_pipeline.rules.problems import rule_problems
from segmentation_pipeline.rules.vocabulary import Vocabulary


def uplift_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
    """Names that are taken, campaigns that keep nobody out, arms and features that are none."""
    features = feature_columns(config)
    of_features = Catalog({name: column for name, column in catalog.columns.items() if name in features}, catalog.unavailable)
    others = [model for model in SCORE_MODELS if model is not UPLIFT]
    taken = {*features, *(column.name for model in others for column in model.columns(config)), *config.segmentations}
    taken |= {version for model in others for version in model.versions(config)}
    by_name = {each.name: each for each in configured(config).values()}
    for name, asked in config.uplift.items():
        path: KeyPath = ("uplift", name)
        if bearer := next((each for each in (name, f"{name}_group") if each in taken), None):
            found = f"the name '{bearer}', which a column, a segmentation or another model bears"
            yield file.problem(path, found, "another name")
        elif name.removesuffix("_group") in config.uplift.keys() - {name}:
            yield file.problem(path, f"the name '{name}', which is the column of another model's groups", "another name")
        yield from rule_problems(asked.for_, Vocabulary(of_features.columns, {}, of_features.unavailable), file, (*path, "for"))
        yield from _campaign_problems(config, by_name, asked, file, path)
        yield from feature_problems(asked.features, of_features, file, path)


def _campaign_problems(
    config: Config, by_name: dict[str, Definition], asked: UpliftEntry, file: YamlFile, path: KeyPath
) -> Iterator[Diagnostic]:
    if asked.campaign not in by_name:
        expected = one_of(by_name, "campaign or experiment of campaigns.yaml")
        hint = did_you_mean(asked.campaign, by_name)
        yield file.problem((*path, "campaign"), f"the unknown campaign '{asked.campaign}'", expected, hint)
        return
    definition = by_name[asked.campaign]
    if Arm.HOLDOUT.value not in definition.shares:
        found = f"campaign '{asked.campaign}', which keeps nobody out"
        hint = "only people kept out by lot show what would have happened without the message"
        yield file.problem((*path, "campaign"), found, "a campaign with 'holdout_share' above 0", hint)
    elif definition.gets_nothing and len(config.campaigns) > 1:
        found = f"campaign '{asked.campaign}', whose holdout no other campaign writes to either"
        hint = "who is kept out of all shows what all campaigns do together, not this one"
        yield file.problem((*path, "campaign"), found, "a campaign with 'holdout: campaign'", hint)
    elif not definition.from_orders:
        found = f"experiment '{asked.campaign}', which says 'from_orders: false'"
        yield file.problem((*path, "campaign"), found, "one whose people are followed by their orders")
    contacted = [arm for arm in definition.shares if arm != Arm.HOLDOUT.value]
    for place, arm in enumerate(asked.arms):
        if arm not in contacted:
            expected = one_of(contacted, "arm that is contacted")
            yield file.problem((*path, "arms", place), f"'{arm}'", expected, did_you_mean(arm, contacted))
