"""The reference of every key of a project's files but ``sources.yaml``, as the page ``docs/reference/configuration.md``.

Write the page anew with

    python -m segmentation_pipeline.project.configuration_reference > docs/reference/configuration.md
"""

from __future__ import annotations

import sys

from pydantic import BaseModel

from segmentation_pipeline.campaigns.triggers.catalog import campaigns_model
from segmentation_pipeline.config.field_docs import FieldDoc
from segmentation_pipeline.config.schema import AudienceProfile, ModelsFile, PrivacyConfig
from segmentation_pipeline.destinations.catalog import pipeline_model
from segmentation_pipeline.profiles.schema import Profile
from segmentation_pipeline.project.configuration import CAMPAIGNS, MODELS, PIPELINE, PRIVACY, SEGMENTATIONS, SOURCES
from segmentation_pipeline.project.key_sections import Section, section_body, section_text, sections

_HEAD = f"""# Every key of the configuration

Generated from the configuration's schema (`segmentation_pipeline/project/configuration_reference.py`): what stands here is what
loads. `{SOURCES}` has [a page of its own](source_keys.md), and so have the kinds of `{SEGMENTATIONS}` [theirs](kinds.md).

All files lie in the folder `config` of a project, and only `{SOURCES}` must be there. In a path `NAME` is a name of your own
and `[]` each item of a list. Under *left out* stands what is taken where a key is not given; where nothing stands, there is none.
A key that is not known is a mistake, told with the nearest that is (`segmentation check`).

"""

FILES: dict[str, tuple[type[BaseModel], str]] = {
    PIPELINE: (pipeline_model(), "[data in, results out](../sources.md), [running every night](../running.md)"),
    PRIVACY: (PrivacyConfig, "[privacy](../privacy.md), [consent](../consent.md)"),
    MODELS: (ModelsFile, "[models](../models.md)"),
    CAMPAIGNS: (campaigns_model(), "[campaigns](../campaigns.md)"),
    "profiles/NAME.yaml": (
        Profile,
        "[known exports](../exports.md), [your own](../your_data.md#a-profile-in-sourcesyaml)",
    ),
    "audience_profiles/NAME.yaml": (AudienceProfile, "[lists that can be uploaded](../uploads.md)"),
}
"""Each file with its model, and the pages that tell how to use it."""

HOW_TO = {
    "business": "[keys and texts](../sources.md#keys-and-texts)",
    "run": "[what starts a run](../running.md#what-starts-a-run)",
    "engine": "[scaling](../scaling.md#switch)",
    "features.occasions.NAME": "[occasions and holidays](../decisions/0012-occasions-and-holidays.md)",
    "features.constructs.NAME": "[surveys](../surveys.md#constructs)",
    "identity": "[one customer across systems](../sources.md#one-customer-across-systems)",
    "models.clv": "[lifetime value](../decisions/0041-value-on-several-windows-with-intervals.md)",
    "models.clusters": "[stable clusters](../decisions/0014-clusters-keep-their-identity.md)",
    "models.survey_classes.NAME": "[surveys](../surveys.md#classes)",
    "models.next_product": "[next product](../models.md#next-product)",
    "models.affinity": "[channel and hour affinity](../models.md#channel-and-hour-affinity)",
    "models.unusual_change": "[unusual change](../models.md#unusual-change)",
    "destinations": "[destinations](../sources.md#destinations)",
    "alerts": "[alerts](../running.md#alerts)",
    "not_opt_outs[]": "[a yes needs a sound row](../consent.md#a-yes-needs-a-sound-row-a-no-does-not)",
    "fairness": "[fairness](../fairness.md)",
    "models.NAME": "[predictive models](../models.md#predictive-models)",
    "uplift.NAME": "[uplift](../models.md#uplift)",
    "campaigns.NAME.arms.NAME": "[several messages](../campaigns.md#several-messages)",
    "campaigns.NAME.trigger": "[triggers](../campaigns.md#triggers)",
    "campaigns.NAME.depends_on": "[journeys](../campaigns.md#journeys)",
    "campaigns.NAME.measurement": "[what a campaign changed](../measurement.md#campaign_results-what-a-campaign-changed)",
    "decision": "[one decision per person and day](../campaigns.md#one-decision-per-person-and-day)",
    "decision.caps[]": "[caps](../campaigns.md#caps)",
    "experiments.NAME": "[experiments run elsewhere](../campaigns.md#experiments-run-elsewhere)",
}
"""By the path of a section, what tells how to use it, where that is nearer than the page of the file."""


def file_sections(name: str) -> list[Section]:
    """The sections of a file, the one of the keys at its outermost first."""
    return sections("", FieldDoc(FILES[name][0]))


def configuration_page() -> str:
    """The page."""
    of_files = {name: file_sections(name) for name in FILES}
    index = "".join(f"| [`{name}`](#{_anchor(name)}) | {how_to} |\n" for name, (_, how_to) in FILES.items())
    parts = [_HEAD, "| file | how to use it |\n|---|---|\n", index, "\n"]
    for name, (outer, *inner) in of_files.items():
        of_file = [outer, *inner]
        parts.append(f"## `{name}`\n\n{section_body(outer, of_file)}")
        parts += [_section(section, of_file) for section in inner]
    return "".join(parts).rstrip("\n") + "\n"


def _section(section: Section, of_file: list[Section]) -> str:
    how_to = "" if section.chosen_by else HOW_TO.get(section.path, "")
    text = section_text(section, of_file, level=3)
    return text + (f"How to use it: {how_to}.\n\n" if how_to else "")


def _anchor(name: str) -> str:
    return name.lower().replace(".", "").replace("/", "")


if __name__ == "__main__":
    sys.stdout.write(configuration_page())
