"""Thirty nights in a row of the sample's campaigns: nobody gets a message twice, and what was sent stays.

On the way a campaign, a segmentation and a segment are renamed, earlier days are run again and backfilled, and a frozen
list is made again.  The steps of a run without its checks: those are not what is proved here.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from itertools import pairwise

import pytest
import yaml

from segmentation_pipeline.campaigns.audience_log import REISSUED
from segmentation_pipeline.demo.generate import generate
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.nights import changed, files_of, run
from segmentation_pipeline_tests.end_to_end.project import ROOT, query

pytestmark = pytest.mark.wide

FIRST, NIGHTS = date(2026, 6, 1), 30
DAYS = [FIRST + timedelta(days=night) for night in range(NIGHTS)]
ADS = {
    "title": "Lookalikes",
    "kind": "standing",
    "channel": "email",
    "audience": "frequency >= 2",
    "rank_by": "recency_days",  # moves every night: who is on the list stays all the same
    "limit": 30,
    "holdout_share": 0.2,
}
SOURCES = ("orders", "customers")
SEGMENTATIONS = ("lifecycle", "value_tier")
REPEAT = {"win_back": 300, "vip_early_access": 5}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two of the sample's campaigns with what they need, one of them soon to come again, and a standing list."""
    root = tmp_path_factory.mktemp("nights")
    shutil.copytree(ROOT / "config", root / "config")
    generate(200, 3, root / "data" / "raw", sources=SOURCES)
    (root / "config" / "pipeline.yaml").write_text("business: {timezone: Europe/Berlin}\n")
    (root / "config" / "privacy.yaml").write_text("consent: not_required\nconsent_not_required_reason: not what is proved\n")

    def keep(content: dict, names: Collection[str]) -> None:
        for name in set(content) - set(names):
            del content[name]

    changed(Settings(root), "sources", lambda sources: keep(sources, SOURCES))

    def divided(segmentations: dict) -> None:
        keep(segmentations, SEGMENTATIONS)
        # Of so few customers lifetime value may not be credible on some nights, and tiers of it would be off.
        segmentations["value_tier"]["column"] = "monetary"

    changed(Settings(root), "segmentations", divided)

    campaigns_file = root / "config" / "campaigns.yaml"
    without_log = yaml.safe_load(campaigns_file.read_text())
    del without_log["experiments"]  # their contact log is not among the sources kept
    campaigns_file.write_text(yaml.safe_dump(without_log, sort_keys=False))

    def prepared(campaigns: dict) -> None:
        keep(campaigns, REPEAT)
        campaigns["vip_early_access"] |= {
            "rank_by": "monetary",
            "repeat": {"after_days": 5},
            "quiet_days": 0,
            "holdout_share": 0.3,
        }
        campaigns["ads"] = ADS

    changed(Settings(root), "campaigns", prepared)
    return Settings(root)


@pytest.fixture(scope="module")
def nights(settings: Settings) -> Settings:
    """The project after thirty nights; ``sent`` in its folder holds the hashes of each day's files when it was frozen."""
    before = os.umask(0o022)
    sent: dict[str, dict[str, str]] = {}
    try:
        for night, day in enumerate(DAYS):
            if night == 10:  # a campaign, a segmentation and a segment are renamed
                changed(
                    settings,
                    "campaigns",
                    lambda c: c.update(top_guests=c.pop("vip_early_access") | {"formerly": ["vip_early_access"]}),
                )
                changed(settings, "campaigns", lambda c: c.update(lookalikes=c.pop("ads") | {"formerly": ["ads"]}))
            if night == 12:
                changed(settings, "segmentations", rename_tiers)
                path = settings.config / "campaigns.yaml"
                path.write_text(path.read_text().replace("value_tier", "worth").replace("'platinum'", "'top'"))
            run(settings, day)
            sent[day.isoformat()] = files_of(settings, day)
            if night == 15:
                run(settings, DAYS[9])  # an earlier day again, and one that was never run
                run(settings, FIRST - timedelta(days=3), audiences=False)
            if night == 20:
                run(settings, DAYS[5], reissue=frozenset({"win_back"}))
    finally:
        os.umask(before)
    (settings.root / "sent.json").write_text(json.dumps(sent))
    return settings


def rename_tiers(segmentations: dict) -> None:
    tiers = segmentations.pop("value_tier") | {"formerly": ["value_tier"]}
    [best] = [segment for segment in tiers["segments"] if segment["name"] == "platinum"]
    best |= {"name": "top", "formerly": ["platinum"]}
    segmentations["worth"] = tiers


def lists(nights: Settings, where: str = "true") -> list[tuple]:
    return query(
        nights.root, f"SELECT as_of, campaign_key, customer_id, arm, version FROM campaign_audiences WHERE {where} ORDER BY ALL"
    )


def test_nobody_gets_a_message_twice(nights: Settings) -> None:
    got = defaultdict(list)
    for day, key, customer, _, _ in lists(nights, "kind = 'message' AND arm = 'treatment' AND version = 1"):
        got[key, customer].append(day)
    assert {key for key, _ in got} == {"win_back", "vip_early_access"}
    early = [
        (key, customer, days)
        for (key, customer), days in got.items()
        if any((second - first).days < REPEAT[key] for first, second in pairwise(days))
    ]
    assert early == []
    assert max(len(days) for (key, _), days in got.items() if key == "vip_early_access") >= 5, "it comes again when it may"
    assert {len(days) for (key, _), days in got.items() if key == "win_back"} == {1}


def test_everybody_stays_in_their_arm_whatever_the_campaign_is_called(nights: Settings) -> None:
    arms = defaultdict(set)
    for _, key, customer, arm, _ in lists(nights):
        arms[key, customer].add(arm)
    assert [drawn for drawn, seen in arms.items() if len(seen) > 1] == []
    names = query(nights.root, "SELECT DISTINCT campaign_key, campaign FROM campaign_audiences ORDER BY ALL")
    assert [name for key, name in names if key in ("ads", "vip_early_access")] == [
        "ads",
        "lookalikes",
        "top_guests",
        "vip_early_access",
    ]
    kept_out = {(key, customer) for (key, customer), seen in arms.items() if seen == {"holdout"}}
    assert kept_out
    written = query(nights.root, "SELECT DISTINCT campaign_key, customer_id FROM campaign_audiences WHERE arm = 'treatment'")
    assert kept_out.isdisjoint(written)


def test_a_standing_list_keeps_its_members(nights: Settings) -> None:
    members = defaultdict(set)
    for day, _, customer, _, _ in lists(nights, "kind = 'standing'"):
        members[day].add(customer)
    assert sorted(members) == DAYS
    assert all(len(people) == ADS["limit"] for people in members.values())
    assert set.intersection(*members.values()) == members[DAYS[0]], "nobody left the rule in these nights, so nobody leaves"


def test_what_was_sent_is_what_is_there_and_the_reissue_lies_beside_it(nights: Settings) -> None:
    sent = json.loads((nights.root / "sent.json").read_text())
    for day in DAYS:
        now = {name: digest for name, digest in files_of(nights, day).items() if ".v2/" not in name}
        assert now == sent[day.isoformat()], day
    beside = sorted(path.parent.name for path in nights.audiences.glob(f"{DAYS[5]}/*.v2/manifest.json"))
    assert beside == ["win_back.v2"]
    assert not (nights.audiences / (FIRST - timedelta(days=3)).isoformat()).exists()
    first, second = (lists(nights, f"as_of = '{DAYS[5]}' AND campaign = 'win_back' AND version = {n}") for n in (1, 2))
    assert [row[2:4] for row in first] == [row[2:4] for row in second] or second, "the version made anew has rows of its own"
    events = [json.loads(line) for line in nights.audience_log.read_text().splitlines()]
    assert [(e["as_of"], e["campaign"], e["version"]) for e in events if e["event"] == REISSUED] == [
        (str(DAYS[5]), "win_back", 2)
    ]


def test_history_goes_on_under_the_new_names(nights: Settings) -> None:
    found = query(
        nights.root, "SELECT DISTINCT segmentation, segment FROM segment_history WHERE segmentation IN ('worth', 'value_tier')"
    )
    assert {name for name, _ in found} == {"worth"}
    assert "top" in {segment for _, segment in found} and "platinum" not in {segment for _, segment in found}
    began = query(
        nights.root,
        "SELECT min(valid_from), count(*) FILTER (valid_to IS NULL) FROM segment_history WHERE segmentation = 'worth'",
    )
    assert began[0][0] == FIRST - timedelta(days=3) and began[0][1] > 0
    on_the_day = f"segmentation = 'worth' AND period = 'day' AND as_of = '{DAYS[12]}'"
    ways = query(nights.root, f"SELECT source, target, customers FROM segment_transitions WHERE {on_the_day}")
    stayed = sum(customers for source, target, customers in ways if source == target)
    assert stayed > 0.8 * sum(customers for *_, customers in ways), "a new name is no move"


def test_files_and_publication_of_the_last_night_bear_one_id_and_modes_are_as_they_should_be(nights: Settings) -> None:
    [(published,)] = query(nights.root, "SELECT DISTINCT publication_id FROM publication")
    ids = {json.loads(path.read_text())["publication_id"] for path in nights.audiences.glob(f"{DAYS[-1]}/*/manifest.json")}
    assert ids == {published}
    modes = {path: path.stat().st_mode & 0o777 for path in (nights.warehouse, nights.audience_log, nights.temp, nights.published)}
    assert list(modes.values()) == [0o600, 0o600, 0o700, 0o644]
    assert list(nights.audiences.glob("*/.*")) == [] and list(nights.temp.iterdir()) == []
