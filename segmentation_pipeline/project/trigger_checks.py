"""Can what campaigns wait for be known here, and do journeys lead anywhere?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from segmentation_pipeline.campaigns.triggers.catalog import triggers_of
from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.rules.dependencies import path_between
from segmentation_pipeline.rules.problems import rule_problems
from segmentation_pipeline.rules.vocabulary import vocabulary


def trigger_problems(config: Config, of_files: Mapping[str, Collection[str]], file: YamlFile) -> Iterator[Diagnostic]:
    """Triggers that cannot work, naming the source or setting they lack, and keys that name what does not exist.

    ``of_files`` has the columns in the files of sources without a mapping.
    """
    for name, trigger in triggers_of(config).items():
        path: KeyPath = ("campaigns", name, "trigger")
        lacking = [
            need
            for need in trigger.needs()
            for source, column in [need.split(".")]
            if column not in of_files.get(source, (column,))
        ]
        off = trigger.why_off(config) or (f"no file of the source has '{lacking[0]}'" if lacking else None)
        if off:
            yield file.problem(
                (*path, "on"), f"the trigger '{trigger.on}', which is off: {off}", "a trigger this project can feed"
            )
        else:
            yield from trigger.problems(config, file, path)


def journey_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
    """Steps that follow a campaign there is not, that sends nothing, or that follows them in turn; and the rules of steps."""
    known = vocabulary(catalog.columns, config.segmentations, catalog.unavailable)
    steps = {name: campaign.depends_on for name, campaign in config.campaigns.items()}
    graph = {name: (step.campaign,) if step and step.campaign in steps else () for name, step in steps.items()}
    for name, step in steps.items():
        if step is None:
            continue
        path: KeyPath = ("campaigns", name, "depends_on")
        before = (*path, "campaign")
        others = [other for other in (*config.campaigns, *config.experiments) if other != name]
        if step.campaign in config.experiments and step.campaign not in config.campaigns:
            pass  # its contacts are in the log
        elif step.campaign not in config.campaigns:
            found, hint = f"the unknown campaign '{step.campaign}'", did_you_mean(step.campaign, others)
            yield file.problem(before, found, one_of(others, "campaign"), hint)
        elif way := path_between(graph, step.campaign, name):
            yield file.problem(
                before,
                f"a journey that goes round in a circle: {' -> '.join((name, *way))}",
                "a campaign that does not wait for it",
            )
        elif config.campaigns[step.campaign].kind == "standing":
            yield file.problem(before, f"'{step.campaign}', a standing list, which contacts nobody", "a campaign of kind message")
        if step.rule is not None:
            yield from rule_problems(step.rule, known, file, (*path, "if"))
