"""Do campaigns name upload profiles, settings and content columns that exist, and that their channel may have?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from segmentation_pipeline.audience_profiles.catalog import profiles_beside
from segmentation_pipeline.campaigns.content import REASON
from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import FORMS, Config, Segmentation
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.rules.vocabulary import vocabulary

_STAYS_HERE = (
    "age_years",
    "birth_month",
    "birthday",
    "gender",
    "age_band",
    "income_band",
    "household_size",
    "household_type",
    "occupation",
    "education",
)
"""Attributes that describe a person: no channel needs them to deliver a message.  Language and places are needed."""
_OF_THE_LIST = {*FORMS, "email_sha256", "phone_sha256", "arm", "arm_content", "stratum", "content", "campaign"}
"""Columns lists have already, or will have."""
_FOR_PEOPLE = ("title", "description", "owner", "name", "key", "formerly")


def upload_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Profiles there are none of, of other channels, and settings they do not have."""
    for name, campaign in config.campaigns.items():
        path: KeyPath = ("campaigns", name)
        if campaign.profile is None:
            if campaign.profile_settings:
                yield file.problem((*path, "profile_settings"), "settings of no profile", "'profile' beside them")
            continue
        known = profiles_beside(file.path.parent)
        profile = config.audience_profiles.get(campaign.profile)
        if profile is None:
            found = f"the unknown profile '{campaign.profile}'"
            yield file.problem((*path, "profile"), found, one_of(known, "profile"), did_you_mean(campaign.profile, known))
            continue
        if campaign.channel not in profile.channels:
            fit = [other for other, each in known.items() if campaign.channel in each.channels]
            found = f"'{campaign.profile}', whose file is for channel {' or '.join(profile.channels)}"
            yield file.problem((*path, "profile"), found, f"for channel {campaign.channel} {one_of(fit, 'profile')}")
        if campaign.arms and not profile.content:
            found = f"arms, which a file for '{campaign.profile}' cannot tell apart"
            yield file.problem((*path, "arms"), found, "a campaign of its own for each message")
        for setting, answer in campaign.profile_settings.items():
            where = (*path, "profile_settings", setting)
            if setting not in profile.settings:
                found = f"the unknown setting '{setting}' of profile '{campaign.profile}'"
                yield file.problem(where, found, one_of(profile.settings, "setting"), did_you_mean(setting, profile.settings))
            elif answer not in (answers := profile.settings[setting].answers):
                yield file.problem(where, repr(answer), one_of(answers, "answer"), did_you_mean(answer, answers))


def fairness_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Groups of customers nobody tells of, and waivers of campaigns or groups that are not looked at."""
    fairness = config.privacy.fairness
    if fairness is None:
        return
    if not config.has("customers"):
        yield file.problem(("fairness",), "groups of customers", "source 'customers', which tells who is in which")
    for place, waiver in enumerate(fairness.waivers):
        path: KeyPath = ("fairness", "waivers", place)
        if waiver.campaign not in config.campaigns:
            near = did_you_mean(waiver.campaign, config.campaigns)
            found = f"the unknown campaign '{waiver.campaign}'"
            yield file.problem((*path, "campaign"), found, one_of(config.campaigns, "campaign"), near)
        if waiver.group not in fairness.groups:
            yield file.problem((*path, "group"), f"'{waiver.group}', which is not looked at", one_of(fairness.groups, "group"))


def content_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
    """Content of columns that do not exist, that say what a person is, or that the list's receiver does not take."""
    known = vocabulary(catalog.columns, config.segmentations, catalog.unavailable)
    for name, campaign in config.campaigns.items():
        path: KeyPath = ("campaigns", name, "content")
        profile = config.audience_profiles.get(campaign.profile or "")
        if campaign.content and (campaign.channel == "ads" or (profile is not None and not profile.content)):
            yield file.problem(path, "content on a list of an ad platform", "no 'content': the platform takes addresses alone")
            continue
        for column, each in campaign.content.items():
            if column in _OF_THE_LIST:
                yield file.problem((*path, column), f"'{column}', which the list has already", "another name")
            if isinstance(each, str) and each != REASON:
                yield from _wrong_column(each, catalog, known.columns, config.segmentations, file, (*path, column))


def _wrong_column(
    name: str,
    catalog: Catalog,
    columns: Mapping[str, object],
    segmentations: Mapping[str, Segmentation],
    file: YamlFile,
    path: KeyPath,
) -> Iterator[Diagnostic]:
    if name in columns or name in segmentations:
        told = _tells(name, segmentations)
        if told is not None:
            found = f"'{name}', which tells {told} of a person to whoever receives the list"
            yield file.problem(path, found, "a column the message needs, such as language, a segment or an offer")
        elif name not in columns:
            yield file.problem(path, f"'{name}', whose segments overlap", "a segmentation with one segment a customer")
        elif name in catalog.columns and catalog.columns[name].pii:
            yield file.problem(path, f"'{name}', which is personal", "a column without personal data")
        return
    if name in catalog.unavailable:
        yield file.problem(path, f"the column '{name}', which is not available: {catalog.unavailable[name]}", "another column")
        return
    near = did_you_mean(name, [*columns, REASON])
    expected = "a column of customer_profile, 'reason', or {text: ...} for the same text in every row"
    yield file.problem(path, f"the unknown column '{name}'", expected, near)


def _tells(name: str, segmentations: Mapping[str, Segmentation], seen: frozenset[str] = frozenset()) -> str | None:
    """The attribute of a person that a column gives away, itself or by the rules of a segmentation; None when none."""
    if name in _STAYS_HERE:
        return name
    if name not in segmentations or name in seen:
        return None
    texts = _decisive_texts(segmentations[name].model_dump(mode="json"))
    words = sorted({word for text in texts for word in re.findall("[a-z][a-z0-9_]*", text)})
    found = (_tells(word, segmentations, seen | {name}) for word in words if word in _STAYS_HERE or word in segmentations)
    return next((each for each in found if each is not None), None)


def _decisive_texts(value: object) -> Iterator[str]:
    """The texts of a segmentation that decide who is in which segment, and not those for people."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            if key not in _FOR_PEOPLE:
                yield from _decisive_texts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _decisive_texts(part)
