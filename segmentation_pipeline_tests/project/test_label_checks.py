"""Two things never share a key, and a former name is nobody's present one."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.project.test_configuration import CATALOG, write

CAMPAIGN = "{{title: T, channel: email, audience: 'true'{more}}}"


def campaigns(**more: str) -> str:
    lines = [f"  {name}: {CAMPAIGN.format(more=', ' + text if text else '')}" for name, text in more.items()]
    return "campaigns:\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        (
            campaigns(a="formerly: [b]", b=""),
            "campaigns.a.formerly[0]",
            "the former name 'b', which is still the name of a campaign",
        ),
        (campaigns(a="formerly: [7]"), "campaigns.a.formerly[0]", "7"),
        (campaigns(a="formerly: [a]"), "campaigns.a.formerly[0]", "the former name 'a', which is its name now"),
        (
            campaigns(a="formerly: [x]", b="formerly: [x]"),
            "campaigns.b.formerly[0]",
            "the former name 'x', which 'a' has as well",
        ),
        (campaigns(a="formerly: [x, x]"), "campaigns.a.formerly[1]", "the former name 'x' a second time"),
        (campaigns(a="key: k", b="key: k"), "campaigns.b.key", "the key 'k', which 'a' has as well"),
        (campaigns(a="key: b", b=""), "campaigns.a.key", "the key 'b', which is the key of the campaign 'b'"),
    ],
)
def test_names_that_cannot_both_be_are_told(tmp_path: Path, text: str, place: str, found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, campaigns=text), CATALOG)
    [problem] = caught.value.problems
    assert (problem.key_path, problem.found) == (place, found)


def test_a_segment_may_not_have_been_what_another_is(tmp_path: Path) -> None:
    segments = "[{name: a, when: 'true', formerly: [b]}, {name: b, when: 'true'}]"
    text = f"segmentations:\n  s: {{title: S, kind: rules, segments: {segments}}}\n"
    with pytest.raises(ConfigError, match="the former name 'b', which is still the name of a segment"):
        load_config(write(tmp_path, segmentations=text), CATALOG)


def test_names_may_be_exchanged_by_their_keys_and_the_first_name_is_the_key(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, campaigns=campaigns(a="key: b", b="key: a", c="formerly: [one, two]")), CATALOG)
    assert {name: config.campaign_key(name) for name in config.campaigns} == {"a": "b", "b": "a", "c": "one"}
    assert config.campaign_keys == {"a": "b", "b": "a", "one": "one", "two": "one", "c": "one"}
    assert config.stored_campaign_keys == {"two": "one", "c": "one"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("repeat: sometimes", "campaigns.a.repeat"),
        ("repeat: {after_days: 0}", "campaigns.a.repeat"),
        ("kind: standing, quiet_days: 3", "'quiet_days' belongs to 'kind: message'"),
    ],
)
def test_a_mistake_in_how_often_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, campaigns=campaigns(a=text)), CATALOG)
    assert told in str(caught.value)
