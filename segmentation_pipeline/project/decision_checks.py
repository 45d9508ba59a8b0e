"""Can the decision be made: has every campaign what it goes by?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import YamlFile


def decision_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Values and costs the decision needs of campaigns, and tags its caps count by."""
    competing = {name: campaign for name, campaign in config.campaigns.items() if campaign.competes}
    for name, campaign in competing.items():
        if config.decision.by == "value" and campaign.value is None:
            expected = "value: what contacting a person is expected to earn, such as 0.03 * expected_order_value"
            hint = "'decision: {by: value}' compares them; or choose by: priority"
            yield file.problem(("campaigns", name), "no key 'value'", expected, hint)
        if config.decision.budget is not None and campaign.cost_per_contact is None:
            hint = "'decision: {budget: ...}' is spent by all of them; 0 where a contact costs nothing"
            yield file.problem(("campaigns", name), "no key 'cost_per_contact'", "cost_per_contact: an amount of money", hint)
    tags = sorted({tag for campaign in competing.values() for tag in campaign.tags})
    for position, cap in enumerate(config.decision.caps):
        if cap.tag is not None and cap.tag not in tags:
            expected = one_of(tags, "tag") if tags else "a tag that a campaign has in 'tags'; none has one"
            near = did_you_mean(cap.tag, tags)
            yield file.problem(("decision", "caps", position, "tag"), f"the unknown tag '{cap.tag}'", expected, near)


def decision_warnings(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Says when several messages may reach one person on one day and nobody has said that this is meant."""
    competing = [name for name in config.campaigns_by_priority if config.campaigns[name].competes]
    if len(competing) > 1 and "by" not in config.decision.model_fields_set:
        hint = "write 'decision: {by: priority}' or 'by: value' for one a day, or 'by: each' if several are meant"
        found = f"{len(competing)} message campaigns that do not compete: a person may get all of them on one day"
        yield file.problem(("campaigns",), found, "", hint)
