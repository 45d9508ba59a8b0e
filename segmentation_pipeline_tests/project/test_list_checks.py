"""Upload profiles and content: what cannot be is told when the configuration loads, with the nearest name."""

from __future__ import annotations

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.project.configuration import load_config

COLUMNS = {
    column.name: column
    for column in (
        Column("clv", Type.MONEY, "Value."),
        Column("language", Type.TEXT, "Language."),
        Column("gender", Type.TEXT, "Gender."),
        Column("points", Type.INTEGER, "Points."),
    )
}
SEGMENTATIONS = """
segmentations:
  by_gender: {kind: attribute, title: G, column: gender}
  tier:
    kind: rules
    title: By gender, in words alone
    segments: [{name: high, when: clv > 100, description: Not by gender.}]
  hidden:
    kind: rules
    title: H
    segments: [{name: men, when: by_gender = 'm' and clv > 1}]
  overlapping:
    kind: rules
    title: O
    exclusive: false
    segments: [{name: many, when: clv > 100}]
"""


def loaded(folder, keys, channel="email"):
    (folder / "sources.yaml").write_text("sources: {orders: {files: orders.csv}}")
    (folder / "segmentations.yaml").write_text(SEGMENTATIONS)
    entry = f"campaigns: {{spring: {{title: S, channel: {channel}, audience: clv > 1, {keys}}}}}\n"
    (folder / "campaigns.yaml").write_text(entry)
    return load_config(folder, Catalog(COLUMNS, {"occupation": "off"}))


def test_a_campaign_with_profile_settings_and_content(tmp_path):
    content = "content: {lang: language, tier: tier, offer: {text: SPRING10}, why: reason}"
    config = loaded(tmp_path, f"profile: plain_csv, profile_settings: {{separator: semicolon}}, {content}")
    assert list(config.audience_profiles) == ["plain_csv"], "what is not named decides nothing"
    assert config.campaigns["spring"].content["offer"].text == "SPRING10"
    assert loaded(tmp_path, "limit: 3").audience_profiles == {}


def test_a_profile_of_the_project(tmp_path):
    (tmp_path / "audience_profiles").mkdir()
    own = "title: Ours\nchannels: [email]\nupload: ftp\nremoval: ftp\ncolumns: [{header: mail, field: email, identifies: true}]\n"
    (tmp_path / "audience_profiles" / "ours.yaml").write_text(own)
    assert loaded(tmp_path, "profile: ours").audience_profiles["ours"].title == "Ours"
    (tmp_path / "audience_profiles" / "ours.yaml").write_text(own + "colour: red\n")
    with pytest.raises(ConfigError, match="the unknown key 'colour'"):
        loaded(tmp_path, "profile: ours")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("profile: klavio", r"the unknown profile 'klavio'[\s\S]*did you mean 'klaviyo'\?"),
        ("profile: google_customer_match", r"whose file is for channel ads[\s\S]*for channel email one of: braze"),
        ("profile: plain_csv, profile_settings: {seperator: tab}", r"unknown setting 'seperator'[\s\S]*did you mean 'separator'"),
        ("profile: plain_csv, profile_settings: {separator: tabs}", r"'tabs'[\s\S]*did you mean 'tab'"),
        ("profile_settings: {separator: tab}", "settings of no profile"),
        ("content: {arm: language}", "which the list has already"),
        ("content: {lang: langauge}", r"unknown column 'langauge'[\s\S]*did you mean 'language'"),
        ("content: {offer: SPRING10}", r"(?s)campaigns\.spring\.content\.offer"),
        ("content: {offer: spring}", r"the unknown column 'spring'[\s\S]*\{text: \.\.\.\}"),
        ("content: {g: gender}", "tells gender of a person"),
        ("content: {g: by_gender}", "tells gender of a person"),
        ("content: {g: hidden}", "tells gender of a person"),
        ("content: {g: overlapping}", "whose segments overlap"),
        ("content: {email: language}", "which the list has already"),
        (r'arms: {a: {content: "two\nlines"}, b: {}}', r"(?s)campaigns\.spring\.arms\.a\.content.*a text of one line"),
        (r'content: {offer: {text: "two\nlines"}}', r"(?s)campaigns\.spring\.content\.offer.*a text of one line"),
        ("content: {job: occupation}", "tells occupation|not available"),
    ],
)
def test_what_cannot_be_is_told(tmp_path, keys, told):
    with pytest.raises(ConfigError, match=told):
        loaded(tmp_path, keys)


def test_an_ad_platform_takes_no_content(tmp_path):
    with pytest.raises(ConfigError, match="content on a list of an ad platform"):
        loaded(tmp_path, "profile: google_customer_match, content: {lang: language}", channel="ads")


@pytest.mark.parametrize(
    ("fairness", "told"),
    [
        ("{groups: [gender]}", "source 'customers', which tells who is in which"),
        ("{groups: [colour]}", "colour"),
        (
            "{groups: [gender], waivers: [{campaign: sprin, group: gender, name: Ann, reason: for good reasons}]}",
            r"unknown campaign 'sprin'[\s\S]*did you mean 'spring'",
        ),
        (
            "{groups: [gender], waivers: [{campaign: spring, group: age_band, name: Ann, reason: for good reasons}]}",
            "'age_band', which is not looked at",
        ),
        ("{groups: [gender], waivers: [{campaign: spring, group: gender, name: Ann}]}", "reason"),
    ],
)
def test_groups_and_waivers_that_cannot_be_are_told(tmp_path, fairness, told):
    (tmp_path / "privacy.yaml").write_text(f"fairness: {fairness}\n")
    with pytest.raises(ConfigError, match=told):
        loaded(tmp_path, "limit: 3")


def test_a_file_that_cannot_tell_arms_apart_is_none_for_a_campaign_with_arms(tmp_path):
    with pytest.raises(ConfigError, match="arms, which a file for 'google_customer_match' cannot tell apart"):
        loaded(tmp_path, "profile: google_customer_match, arms: {one: {}, two: {}}", channel="ads")
    assert loaded(tmp_path, "profile: klaviyo, arms: {one: {}, two: {}}").campaigns["spring"].arms
