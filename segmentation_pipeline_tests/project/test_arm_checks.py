"""Mistakes in arms, holdouts, strata, languages and days of a campaign are told with key, what is wrong and the cure."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.project.test_configuration import CATALOG, LIFECYCLE, write

CAMPAIGN = "campaigns:\n  a: {{title: A, channel: email, audience: 'true'{more}}}\n{rest}"
CONTACTS = "sources:\n  orders: {files: o.csv}\n  campaign_contacts: {files: c.csv, columns: {campaign: c, customer_id: i, contacted_at: t, arm: {from: g, values: {%s}}}}\n"
SPOKEN = Catalog({**CATALOG.columns, "language": Column("language", Type.TEXT, "Language.")}, CATALOG.unavailable)


def campaign(more: str, rest: str = "") -> str:
    return CAMPAIGN.format(more=f", {more}", rest=rest)


@pytest.mark.parametrize(
    ("more", "key", "found", "wanted"),
    [
        ("arms: {x: {share: 0.5}, y: {share: 0.4}}", "campaigns.a", "sum up to 0.9, not 1", ""),
        ("arms: {x: {share: 0.5}, y: {}}", "campaigns.a", "arm 'y' has no 'share'", ""),
        ("arms: {holdout: {}, y: {}}", "campaigns.a", "an arm cannot be called 'holdout'", ""),
        ("arms: {treatment: {}}", "campaigns.a", "which is read as 'treatment'", ""),
        ("arms: {control_group: {}}", "campaigns.a", "which is read as 'holdout'", ""),
        ("arms: {'Big One': {}}", "campaigns.a.arms", "Big One", "a name of lower-case letters"),
        ("holdout: global", "campaigns.a.holdout", "there is no global control group", "decision: {global_holdout_share: 0.05}"),
        ("holdout: global, transactional: true", "campaigns.a", "not for transactional messages", ""),
        ("holdout: none, holdout_share: 0.2", "campaigns.a", "'holdout_share' belongs to 'holdout: campaign'", ""),
        ("holdout: none, stratify_by: [main_channel]", "campaigns.a", "'stratify_by' belongs to 'holdout: campaign'", ""),
        ("holdout_share: 0, stratify_by: [main_channel]", "campaigns.a", "needs a 'holdout_share' above 0", ""),
        ("stratify_by: [main_chanel]", "campaigns.a.stratify_by[0]", "the unknown column 'main_chanel'", "main_channel"),
        ("stratify_by: [monetary]", "campaigns.a.stratify_by[0]", "the column 'monetary', which is of type money", "a text"),
        ("stratify_by: [gender]", "campaigns.a.stratify_by[0]", "privacy.yaml does not allow it", ""),
        ("languages: [de]", "campaigns.a.languages", "the unknown column 'language'", "maps 'language'"),
        ("languages: [German]", "campaigns.a.languages[0]", "German", "a language such as de"),
        ("starts: 2026-05-01, ends: 2026-04-30", "campaigns.a", "'ends' (2026-04-30) lies before 'starts'", ""),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, more: str, key: str, found: str, wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, campaigns=campaign(more)), CATALOG)
    [problem] = caught.value.problems
    assert problem.key_path.startswith(key)
    assert found in problem.found + str(problem) and wanted in str(problem)


@pytest.mark.parametrize(
    ("quiet", "decision", "found"),
    [
        ("", ", by: priority", "shared among campaigns (decision.by: priority)"),
        ("", ", caps: [{contacts: 1, days: 7}]", "contacts of other campaigns count (decision.caps)"),
        (", quiet_days: 3", "", "contacts of other campaigns count (quiet_days: 3)"),
    ],
)
def test_the_control_group_is_no_holdout_where_other_campaigns_decide_who_is_contacted(
    tmp_path: Path, quiet: str, decision: str, found: str
) -> None:
    other = "  b: {title: B, channel: email, audience: 'true'}\n"
    group = f"decision: {{global_holdout_share: 0.05{decision}}}\n"
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, campaigns=campaign(f"holdout: global{quiet}", other + group)), CATALOG)
    [problem] = caught.value.problems
    assert problem.key_path == "campaigns.a.holdout" and found in problem.found
    load_config(write(tmp_path, campaigns=campaign(f"holdout: global{quiet}", group)), CATALOG)


def test_what_is_meant_loads(tmp_path: Path) -> None:
    more = (
        "holdout_share: 0.2, stratify_by: [lifecycle, main_channel], languages: [de, en], starts: 2026-05-01, ends: 2026-05-31, "
        "arms: {plain: {content: t1}, voucher: {content: t2}, letter: {}}"
    )
    text = campaign(more, "decision: {global_holdout_share: 0.05, global_holdout_draw: '2027'}\n")
    config = load_config(write(tmp_path, campaigns=text, segmentations=LIFECYCLE_ALONE), SPOKEN)
    asked = config.campaigns["a"]
    assert asked.arm_shares == pytest.approx({"plain": 1 / 3, "voucher": 1 / 3, "letter": 1 / 3})
    assert [asked.runs_on(date(2026, 5, day)) for day in (1, 31)] == [True, True]
    assert not asked.runs_on(date(2026, 4, 30)) and not asked.runs_on(date(2026, 6, 1))
    assert (config.decision.global_holdout_share, config.decision.global_holdout_draw) == (0.05, "2027")


LIFECYCLE_ALONE = """segmentations:
  lifecycle: {kind: rules, title: Lifecycle, segments: [{name: here, when: 'true'}]}
"""


def test_a_segmentation_in_which_one_may_be_twice_makes_no_strata(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, campaigns=campaign("stratify_by: [tags]"), segmentations=LIFECYCLE), CATALOG)
    assert "in which a customer may have several segments" in str(caught.value)


def test_words_of_the_contact_log_name_arms_and_are_names(tmp_path: Path) -> None:
    config = load_config(
        write(tmp_path, sources=CONTACTS % "Mens: mens_mail, Nobody: holdout", campaigns=campaign("arms: {big: {}}"))
    )
    assert config.contract("campaign_contacts").column("arm").allowed == ("treatment", "holdout", "mens_mail", "big")
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, sources=CONTACTS % "Mens: Mens E-Mail"))
    [problem] = caught.value.problems
    assert problem.key_path == "sources.campaign_contacts.columns.arm.values.Mens" and "which is no name" in problem.found
