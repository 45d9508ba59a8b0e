"""Can what campaigns and experiments are to be measured by be measured?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import CampaignMeasurement, Config, Outcome
from segmentation_pipeline.config.schema.campaign_measurement import MONEY, OF_ORDERS, WINSORISED
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.features.family import is_mapped
from segmentation_pipeline.measurement.outcomes import has_margin
from segmentation_pipeline.rules.problems import rule_problems
from segmentation_pipeline.rules.vocabulary import Vocabulary
from segmentation_pipeline.rules.windows import EVENT_DATE, EVENTS, event_columns


def measurement_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """The metric that decides, outcomes and segmentations, and experiments whose contacts are another's."""
    for name, campaign in config.campaigns.items():
        path: KeyPath = ("campaigns", name, "measurement")
        yield from _problems(config, campaign.measurement, file, path, of_log=False, from_orders=True)
    taken = set(config.campaign_keys)
    for name, experiment in config.experiments.items():
        path = ("experiments", name)
        yield from _problems(
            config, experiment.measurement, file, (*path, "measurement"), of_log=True, from_orders=experiment.from_orders
        )
        if not config.has("campaign_contacts"):
            hint = "it says who was assigned to which arm"
            yield file.problem(path, "an experiment", "source 'campaign_contacts' beside it", hint)
        for label in dict.fromkeys((name, *experiment.labels(name))):
            if label in taken:
                hint = "the campaigns of the pipeline's own lists are measured without it"
                yield file.problem(path, f"'{label}', which is something else already", "a name of its own", hint)
            taken.add(label)


def _problems(
    config: Config, asked: CampaignMeasurement, file: YamlFile, path: KeyPath, *, of_log: bool, from_orders: bool
) -> Iterator[Diagnostic]:
    costly = has_margin(config)
    standard = [name for name in OF_ORDERS if from_orders and (name != "margin" or costly)]
    known = [*standard, *(name + WINSORISED for name in standard if name in MONEY), *asked.outcomes]
    if asked.metric not in known:
        hint: str | None = did_you_mean(asked.metric, known)
        if asked.metric == "margin":
            hint = "margin needs order_items with quantity, and products.unit_cost"
        yield file.problem((*path, "metric"), f"the unknown metric '{asked.metric}'", one_of(known, "metric"), hint)
    exclusive = [name for name, segmentation in config.segmentations.items() if segmentation.is_exclusive]
    for number, name in enumerate(asked.by):
        if name not in exclusive:
            found = f"'{name}', which is no segmentation of which a customer is in one segment"
            yield file.problem((*path, "by", number), found, one_of(exclusive, "segmentation"), did_you_mean(name, exclusive))
    for name, outcome in asked.outcomes.items():
        if name in standard or name.endswith(WINSORISED):
            hint = "a metric made from orders is called so"
            yield file.problem((*path, "outcomes", name), f"the name '{name}'", "another name", hint)
        yield from _outcome_problems(config, outcome, file, (*path, "outcomes", name), of_log=of_log)


def _outcome_problems(config: Config, outcome: Outcome, file: YamlFile, path: KeyPath, *, of_log: bool) -> Iterator[Diagnostic]:
    if outcome.column is not None:
        if not of_log:
            hint = "people of own lists are followed by orders and events: give a 'source'"
            yield file.problem((*path, "column"), "a column of campaign_contacts", "an entry of experiments around it", hint)
        elif not is_mapped(config, f"campaign_contacts.{outcome.column}"):
            found = f"'{outcome.column}', to which sources.yaml maps no column of campaign_contacts"
            yield file.problem((*path, "column"), found, "a column that is mapped")
        return
    assert outcome.source is not None
    sources = [name for name in EVENTS if config.has(name)]
    if outcome.source not in sources:
        found = f"the source '{outcome.source}'"
        expected = one_of(sources, "configured source of events")
        yield file.problem((*path, "source"), found, expected, did_you_mean(outcome.source, sources))
    elif outcome.when is not None:
        columns = event_columns(outcome.source)
        absent = [name for name in columns if name != EVENT_DATE.name and not is_mapped(config, f"{outcome.source}.{name}")]
        off = dict.fromkeys(absent, f"sources.yaml maps no column of {outcome.source} to it")
        yield from rule_problems(outcome.when, Vocabulary(columns).without(off), file, (*path, "when"))
