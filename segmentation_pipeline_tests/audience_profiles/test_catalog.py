"""The profiles there are say enough to be used, and only what is said of them somewhere."""

from __future__ import annotations

import hashlib
import json
from itertools import product
from pathlib import Path

import pytest
import yaml

from segmentation_pipeline.audience_profiles.catalog import FOLDER, audience_profiles
from segmentation_pipeline.audience_profiles.page import page
from segmentation_pipeline.config.diagnostics import ConfigError

PROFILES = audience_profiles()
ROOT = Path(__file__).parents[2]
VERSIONS = Path(__file__).parent / "versions.yaml"


def settings_of(profile):
    names = list(profile.settings)
    return [dict(zip(names, each, strict=True)) for each in product(*(profile.settings[n].answers for n in names))]


def test_the_platforms_that_are_known():
    assert set(PROFILES) == {
        "braze",
        "google_customer_match",
        "hubspot",
        "json_lines",
        "klaviyo",
        "linkedin_contact_list",
        "mailchimp",
        "meta_custom_audience",
        "parquet",
        "plain_csv",
        "salesforce_marketing_cloud",
        "tiktok_custom_audience",
    }


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_no_header_stands_twice_whatever_is_set(name):
    for channel in PROFILES[name].channels:
        for given in settings_of(PROFILES[name]):
            headers = [column.header for column in PROFILES[name].columns_for(channel, given)]
            assert len(headers) == len(set(headers)), (channel, given)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_on_an_ad_list_addresses_and_numbers_are_digests_and_nobody_is_told_by_the_customer_id(name):
    profile = PROFILES[name]
    if "ads" in profile.channels:
        assert {c.hash for c in profile.columns if c.field in ("email", "phone")} == {"sha256"}
        assert not [c for c in profile.columns if c.field == "customer_id"] and not profile.content
    else:
        assert not [c for c in profile.columns if c.hash]


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_platforms_profile_names_where_its_rules_were_read(name):
    assert PROFILES[name].documentation or PROFILES[name].title in ("CSV for a spreadsheet", "Parquet", "JSON lines")


def test_whoever_changes_what_is_written_raises_the_version():
    decisive = ("columns", "settings", "format", "separator", "separator_of", "byte_order_mark", "read_by", "content", "limits")
    digests = {}
    for name in PROFILES:
        told = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
        said = json.dumps({key: told.get(key) for key in decisive}, sort_keys=True)
        digests[f"{name}@{PROFILES[name].version}"] = hashlib.sha256(said.encode()).hexdigest()[:16]
    known = yaml.safe_load(VERSIONS.read_text("utf-8"))
    assert digests == {key: known.get(key) for key in digests}, "raise the version and note its digest in versions.yaml"


def test_a_profile_of_ones_own_is_a_file_beside_the_configuration(tmp_path):
    own = "title: Ours\nchannels: [email]\nupload: ftp\nremoval: ftp\ncolumns: [{header: mail, field: email, identifies: true}]\n"
    (tmp_path / "ours.yaml").write_text(own)
    assert audience_profiles(tmp_path)["ours"].title == "Ours"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("columns: [{header: mail, field: emial, identifies: true}]", "emial"),
        ("columns: [{header: mail, field: email}]", "no column identifies a person"),
        ("columns: [{header: mail, field: email, form: e164, identifies: true}]", "'form' of email is one of"),
        ("columns: [{header: mail, field: email, identifies: true, when: {rules: [a]}}]", "names no answer of a setting"),
        ("columns: [{header: mail, field: email, value: x, identifies: true}]", "and not both"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(tmp_path, wrong, told):
    (tmp_path / "ours.yaml").write_text(f"title: Ours\nchannels: [email]\nupload: ftp\nremoval: ftp\n{wrong}\n")
    with pytest.raises(ConfigError, match=told):
        audience_profiles(tmp_path)


def test_the_page_of_the_documentation_is_what_the_profiles_say():
    told = "write docs/uploads.md anew: python -m segmentation_pipeline.audience_profiles.page > docs/uploads.md"
    assert (ROOT / "docs" / "uploads.md").read_text("utf-8") == page(), told
